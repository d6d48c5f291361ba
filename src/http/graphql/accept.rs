//! Content negotiation by the GraphQL-over-HTTP specification.

use actix_web::http::header::{self, HeaderMap};

/// A form in which an answer can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/graphql-response+json`: the status says whether the request was good.
    GraphQl,
    /// `application/json`: any answer of GraphQL has status 200.
    Json,
    /// `text/event-stream`: as GraphQL over SSE, distinct connections mode.
    Events,
    /// `text/html`: `GraphiQL`.
    Html,
}

impl Form {
    /// The media type, with its encoding.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    const fn essence(self) -> (&'static str, &'static str) {
        match self {
            Self::GraphQl => ("application", "graphql-response+json"),
            Self::Json => ("application", "json"),
            Self::Events => ("text", "event-stream"),
            Self::Html => ("text", "html"),
        }
    }
}

/// What a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The form it would rather have; `None` when it accepts none of ours.
    pub form: Option<Form>,
    /// Whether it named event streams at all: subscriptions are then answered by one.
    pub events: bool,
}

/// How well a form matches the header: quality in thousandths, then how precisely it was named.
type Match = (u16, u8);

/// Reads the `Accept` headers. Without any, and for a wildcard, it is `application/json`, as the specification asks of servers
/// for clients older than it. `page` says whether there is a page to be had at all.
#[must_use]
pub fn negotiate(headers: &HeaderMap, page: bool) -> Accepted {
    let lines: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).filter(|range| !range.is_empty()).collect();
    if ranges.is_empty() {
        return Accepted { form: Some(Form::Json), events: false };
    }
    let quality = |form: Form| -> Option<Match> {
        // The most precise range decides, whatever its quality.
        let matches = ranges.iter().filter_map(|range| rank(range, form));
        matches.max_by_key(|(_, precision)| *precision).filter(|(quality, _)| *quality > 0)
    };
    let exact = |form: Form| quality(form).filter(|(_, precision)| *precision == 3).map(|(quality, precision)| (form, quality, precision));
    // Streams and pages are for those who ask for them by name; a wildcard means JSON.
    let json = quality(Form::Json).map(|(quality, precision)| (Form::Json, quality, precision));
    let mut candidates =
        [exact(Form::GraphQl), json, exact(Form::Events), exact(Form::Html).filter(|_| page)].into_iter().flatten().collect::<Vec<_>>();
    if candidates.is_empty() {
        // Named by a wildcard that excludes plain JSON.
        candidates.extend(quality(Form::GraphQl).map(|(quality, precision)| (Form::GraphQl, quality, precision)));
    }
    // Of equals the first counts, in the order above.
    let best = candidates.into_iter().rev().max_by_key(|(_, quality, precision)| (*quality, *precision));
    Accepted { form: best.map(|(form, ..)| form), events: exact(Form::Events).is_some() }
}

/// How a media range of the header matches a form.
fn rank(range: &str, form: Form) -> Option<Match> {
    let mut parts = range.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut quality = 1000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value.trim())?,
            "charset" if !value.trim_matches('"').eq_ignore_ascii_case("utf-8") => return None,
            _ => {}
        }
    }
    let (our_kind, our_subtype) = form.essence();
    let same = |theirs: &str, ours: &str| theirs.eq_ignore_ascii_case(ours);
    match (kind, subtype) {
        ("*", "*") => Some((quality, 1)),
        (kind, "*") if same(kind, our_kind) => Some((quality, 2)),
        (kind, subtype) if same(kind, our_kind) && same(subtype, our_subtype) => Some((quality, 3)),
        _ => None,
    }
}

/// A quality as RFC 9110 writes it: `0`, `1`, or up to three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = whole.parse::<u16>().ok()?.checked_mul(1000)? + format!("{decimals:0<3}").parse::<u16>().ok()?;
    (value <= 1000).then_some(value)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};
    use rstest::rstest;

    use super::{Form, negotiate};

    #[rstest]
    #[case("", Some(Form::Json))]
    #[case("*/*", Some(Form::Json))]
    #[case("application/*", Some(Form::Json))]
    #[case("application/json", Some(Form::Json))]
    #[case("APPLICATION/JSON; charset=UTF-8", Some(Form::Json))]
    #[case("application/graphql-response+json", Some(Form::GraphQl))]
    #[case("application/graphql-response+json, application/json", Some(Form::GraphQl))]
    #[case("application/json, application/graphql-response+json", Some(Form::GraphQl))]
    #[case("application/graphql-response+json;q=0.5, application/json;q=0.9", Some(Form::Json))]
    #[case("application/graphql-response+json, application/json;q=0.9, */*;q=0.1", Some(Form::GraphQl))]
    #[case("application/json;q=0, */*", Some(Form::GraphQl))]
    #[case("text/event-stream", Some(Form::Events))]
    #[case("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", Some(Form::GraphQl))]
    #[case("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Form::Html))]
    #[case("text/*", None)]
    #[case("image/png", None)]
    #[case("application/json; charset=iso-8859-1", None)]
    #[case("application/json;q=0", None)]
    #[case("application/json;q=2", None)]
    #[case("application/json;q=0.1234", None)]
    #[case("nonsense", None)]
    fn the_form_is_chosen(#[case] accept: &'static str, #[case] expected: Option<Form>) {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        assert_eq!(negotiate(&headers, true).form, expected, "{accept}");
    }

    #[test]
    fn without_a_page_a_browser_gets_json_or_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html, */*;q=0.8"));
        assert_eq!(negotiate(&headers, false).form, Some(Form::Json));
        headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        assert_eq!(negotiate(&headers, false).form, None);
    }

    #[test]
    fn event_streams_are_known_to_be_welcome() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, HeaderValue::from_static("application/json"));
        assert!(!negotiate(&headers, true).events);
        headers.append(ACCEPT, HeaderValue::from_static("text/event-stream;q=0.1"));
        assert!(negotiate(&headers, true).events);
        assert_eq!(negotiate(&headers, true).form, Some(Form::Json));
    }
}
