//! What a visit tells of itself: whether a person made it, and what of its addresses is kept.

use url::Url;

use crate::service::check;

/// The most characters kept of a browser's name for itself.
const USER_AGENT_KEPT: usize = 300;
/// The most bytes kept of an address.
const URL_KEPT: usize = 1000;

/// Words in the names of machines. Browsers of people hold none of them.
const MACHINES: [&str; 26] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "headless",
    "phantomjs",
    "lighthouse",
    "curl",
    "wget",
    "python",
    "java/",
    "go-http-client",
    "okhttp",
    "axios",
    "node-fetch",
    "undici",
    "libwww",
    "httpclient",
    "facebookexternalhit",
    "embedly",
    "whatsapp",
    "pingdom",
    "uptime",
    "monitor",
    "scan",
];

/// Query parameters that are kept of an address: campaigns, and the signs of paid advertising (FR-2). Others may name people.
const KEPT_PARAMETERS: [&str; 9] = ["gclid", "gad_source", "fbclid", "twclid", "msclkid", "li_fat_id", "rdclid", "ttclid", "utm_"];

/// Whether a caller calls itself a machine, or nothing at all as no browser does.
#[must_use]
pub fn is_machine(user_agent: Option<&str>) -> bool {
    let Some(name) = user_agent.map(str::trim).filter(|name| !name.is_empty()) else {
        return true;
    };
    let name = name.to_ascii_lowercase();
    MACHINES.iter().any(|machine| name.contains(machine))
}

/// A browser's name for itself, as it is kept.
#[must_use]
pub fn kept_user_agent(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_KEPT).collect()
}

/// An address as it is kept: without user, fragment and all parameters that could name a person.
#[must_use]
pub fn kept_url(text: &str) -> Option<String> {
    let mut url = check::address(text).ok()?;
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    url.set_fragment(None);
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Some(url.into()).filter(|text: &String| text.len() <= URL_KEPT)
}

fn is_kept(name: &str) -> bool {
    KEPT_PARAMETERS.iter().any(|kept| if kept.ends_with('_') { name.starts_with(kept) } else { name == *kept })
}

/// Where a short link leads: `destination` with the click's token and the visitor, if it is on one of the program's own `hosts`. It was
/// when it was stored, but hosts can be taken away since.
#[must_use]
pub fn landing(destination: &str, hosts: &[String], handed: Option<(&str, &str)>) -> Option<String> {
    let mut url = Url::parse(&check::destination(destination, hosts).ok()?).ok()?;
    if let Some((token, visitor)) = handed {
        url.query_pairs_mut().append_pair("tb_token", token).append_pair("tb_visitor", visitor);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{is_machine, kept_url, kept_user_agent, landing};

    #[rstest]
    #[case("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", false)]
    #[case("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1", false)]
    #[case("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true)]
    #[case("Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36", true)]
    #[case("facebookexternalhit/1.1", true)]
    #[case("curl/8.5.0", true)]
    #[case(" ", true)]
    fn machines_are_told_from_browsers(#[case] name: &str, #[case] machine: bool) {
        assert_eq!(is_machine(Some(name)), machine, "{name}");
        assert!(is_machine(None));
    }

    #[rstest]
    #[case("https://shop.example/p?utm_source=x&email=ann@example.com&gclid=1#top", Some("https://shop.example/p?utm_source=x&gclid=1"))]
    #[case("https://shop.example", Some("https://shop.example/"))]
    #[case("https://shop.example/?token=secret", Some("https://shop.example/"))]
    #[case("https://ann:pw@shop.example/", None)]
    #[case("javascript:alert(1)", None)]
    #[case("about:client", None)]
    #[case("", None)]
    fn addresses_are_kept_without_people(#[case] given: &str, #[case] kept: Option<&str>) {
        assert_eq!(kept_url(given).as_deref(), kept);
    }

    #[test]
    fn long_texts_are_cut_or_dropped() {
        assert_eq!(kept_user_agent(&"é".repeat(1000)).chars().count(), 300);
        assert_eq!(kept_user_agent("a\0b"), "ab");
        assert_eq!(kept_url(&format!("https://shop.example/{}", "a".repeat(2000))), None);
    }

    #[rstest]
    #[case("https://shop.example/p?plan=pro#x", "https://shop.example/p?plan=pro&tb_token=t&tb_visitor=v#x")]
    #[case("https://Shop.Example", "https://shop.example/?tb_token=t&tb_visitor=v")]
    #[case("https://www.shop.example/", "https://www.shop.example/?tb_token=t&tb_visitor=v")]
    #[case("http://localhost:3000/", "http://localhost:3000/?tb_token=t&tb_visitor=v")]
    fn a_link_leads_to_its_program_s_hosts(#[case] destination: &str, #[case] expected: &str) {
        let hosts = ["shop.example", "www.shop.example", "localhost"].map(str::to_owned);
        assert_eq!(landing(destination, &hosts, Some(("t", "v"))).as_deref(), Some(expected));
    }

    #[rstest]
    #[case("https://evil.example/")]
    #[case("//shop.example/")]
    #[case("https:shop.example")]
    #[case("https:/shop.example")]
    #[case("\\\\shop.example")]
    #[case("https://shop.example\\@evil.example/")]
    #[case("https://evil.example/\\shop.example")]
    #[case("https://shop.example@evil.example/")]
    #[case("https://ann@shop.example/")]
    #[case("https://shop.example.evil.example/")]
    #[case("https://evilshop.example/")]
    #[case("https://shop.example:8443.evil.example/")]
    #[case("https://ѕhop.example/")]
    #[case("https://shop.example/\r\nset-cookie: a=b")]
    #[case(" https://shop.example/")]
    #[case("javascript:alert(1)//shop.example")]
    #[case("data:text/html,shop.example")]
    #[case("ftp://shop.example/")]
    #[case("/shop.example")]
    #[case("")]
    fn and_nowhere_else(#[case] destination: &str) {
        assert_eq!(landing(destination, &["shop.example".to_owned()], None), None);
    }
}
