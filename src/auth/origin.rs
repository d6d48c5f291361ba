//! The origins from which a publishable key may be used (SN-4): exact ones, and all hosts under a domain.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

/// An allowed origin: `https://shop.example`, `http://localhost:3000`, or `https://*.shop.example` for one label or more
/// in place of the star, which does not cover `https://shop.example` itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    /// `http` or `https`.
    scheme: String,
    /// Without the star, in ASCII and lower case.
    host: String,
    /// `None` is the scheme's own port.
    port: Option<u16>,
    any_subdomain: bool,
}

/// Why a text is not an allowed origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OriginError {
    /// Not `http://` or `https://` with a host.
    #[error("an origin has the form https://shop.example, with http or https and a port only where it is not the usual one")]
    Form,
    /// Has a path, a query, a fragment or a user.
    #[error("an origin ends after the host and port; leave out the path and everything after it")]
    TooMuch,
    /// A star anywhere but in place of the first labels, or with fewer than two labels after it.
    #[error("a star may only stand for the first labels of a domain of your own, as in https://*.shop.example")]
    Wildcard,
}

impl FromStr for AllowedOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::Form)?;
        let any_subdomain = rest.starts_with("*.");
        let rest = rest.strip_prefix("*.").unwrap_or(rest);
        if rest.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| OriginError::Form)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OriginError::Form);
        }
        let ends = !rest.trim_end_matches('/').contains(['/', '\\', '?', '#', '@']);
        if !ends || url.path() != "/" {
            return Err(OriginError::TooMuch);
        }
        let host = match url.host() {
            Some(Host::Domain(domain)) if any_subdomain && !is_under_own_domain(domain) => return Err(OriginError::Wildcard),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) if any_subdomain => return Err(OriginError::Wildcard),
            Some(host) => host.to_string(),
            None => return Err(OriginError::Form),
        };
        Ok(Self { scheme: url.scheme().to_owned(), host, port: url.port(), any_subdomain })
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.any_subdomain { "*." } else { "" };
        write!(f, "{}://{star}{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl AllowedOrigin {
    /// Whether an `Origin` header is covered. `null`, and anything a browser would not have written, is not.
    #[must_use]
    pub fn covers(&self, origin: &str) -> bool {
        let Ok(url) = Url::parse(origin) else {
            return false;
        };
        // Browsers send an origin in its one serialised form; a header in another form was not made by one.
        if url.origin().ascii_serialization() != origin || url.scheme() != self.scheme || url.port() != self.port {
            return false;
        }
        let Some(host) = url.host_str() else {
            return false;
        };
        if !self.any_subdomain {
            return host == self.host;
        }
        let labels = host.strip_suffix(&self.host).and_then(|labels| labels.strip_suffix('.'));
        labels.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
    }
}

/// Whether any of the allowed origins covers an `Origin` header. An empty list allows nothing.
#[must_use]
pub fn any_covers(allowed: &[AllowedOrigin], origin: &str) -> bool {
    allowed.iter().any(|one| one.covers(origin))
}

fn is_under_own_domain(domain: &str) -> bool {
    domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{AllowedOrigin, OriginError, any_covers};

    fn covers(allowed: &str, origin: &str) -> bool {
        allowed.parse::<AllowedOrigin>().unwrap().covers(origin)
    }

    #[rstest]
    #[case("https://shop.example", "https://shop.example")]
    #[case("https://Shop.Example/", "https://shop.example")]
    #[case("https://shop.example:443", "https://shop.example")]
    #[case("http://localhost:3000", "http://localhost:3000")]
    #[case("http://[::1]:3000", "http://[::1]:3000")]
    #[case("https://münchen.example", "https://xn--mnchen-3ya.example")]
    #[case("https://*.shop.example", "https://www.shop.example")]
    #[case("https://*.shop.example", "https://a.b.shop.example")]
    #[case("https://*.shop.example:8443", "https://www.shop.example:8443")]
    fn covered(#[case] allowed: &str, #[case] origin: &str) {
        assert!(covers(allowed, origin));
    }

    #[rstest]
    #[case("https://shop.example", "null")]
    #[case("https://shop.example", "")]
    #[case("https://shop.example", "http://shop.example")]
    #[case("https://shop.example", "https://shop.example:8443")]
    #[case("https://shop.example", "https://shop.example:443")]
    #[case("https://shop.example", "https://shop.example/")]
    #[case("https://shop.example", "https://SHOP.example")]
    #[case("https://shop.example", "https://www.shop.example")]
    #[case("https://shop.example", "https://shop.example.evil.example")]
    #[case("https://shop.example", "https://evilshop.example")]
    #[case("https://shop.example", "https://shop.example@evil.example")]
    #[case("https://shop.example", "https://shop.example.")]
    #[case("https://shop.example", "https:shop.example")]
    #[case("https://shop.example", "https://shop.example https://evil.example")]
    #[case("https://*.shop.example", "https://shop.example")]
    #[case("https://*.shop.example", "https://evilshop.example")]
    #[case("https://*.shop.example", "https://.shop.example")]
    #[case("https://*.shop.example", "https://a..shop.example")]
    #[case("https://*.shop.example", "http://www.shop.example")]
    #[case("https://*.shop.example", "https://www.shop.example:8443")]
    #[case("https://*.shop.example", "https://www.shop.example.evil.example")]
    #[case("https://*.shop.example", "null")]
    fn not_covered(#[case] allowed: &str, #[case] origin: &str) {
        assert!(!covers(allowed, origin));
    }

    #[rstest]
    #[case("", OriginError::Form)]
    #[case("null", OriginError::Form)]
    #[case("shop.example", OriginError::Form)]
    #[case("ftp://shop.example", OriginError::Form)]
    #[case("javascript://shop.example", OriginError::Form)]
    #[case("https://", OriginError::Form)]
    #[case("https://shop.example/path", OriginError::TooMuch)]
    #[case("https://shop.example?x", OriginError::TooMuch)]
    #[case("https://shop.example#x", OriginError::TooMuch)]
    #[case("https://ann@shop.example", OriginError::TooMuch)]
    #[case("https://*", OriginError::Wildcard)]
    #[case("https://*.com", OriginError::Wildcard)]
    #[case("https://*.*.shop.example", OriginError::Wildcard)]
    #[case("https://www.*.example", OriginError::Wildcard)]
    #[case("https://w*.shop.example", OriginError::Wildcard)]
    #[case("http://*.127.0.0.1", OriginError::Wildcard)]
    fn refused_settings(#[case] text: &str, #[case] expected: OriginError) {
        assert_eq!(text.parse::<AllowedOrigin>(), Err(expected));
    }

    #[test]
    fn an_empty_list_allows_nothing_and_any_entry_may_cover() {
        assert!(!any_covers(&[], "https://shop.example"));
        let list = ["https://a.example", "https://b.example"].map(|text| text.parse().unwrap());
        assert!(any_covers(&list, "https://b.example"));
        assert!(!any_covers(&list, "https://c.example"));
    }

    #[rstest]
    #[case("https://Shop.Example:443/", "https://shop.example")]
    #[case("https://*.shop.example:8443", "https://*.shop.example:8443")]
    fn is_shown_as_it_is_compared(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(text.parse::<AllowedOrigin>().unwrap().to_string(), shown);
    }
}
