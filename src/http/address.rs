//! The address of who called: the peer's, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The address of the caller. `X-Forwarded-For` is read from its end, and only while who wrote an entry is a trusted proxy.
#[must_use]
pub fn of_caller(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer?.to_canonical();
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&address) {
            break;
        }
        let Some(said) = read(entry.trim()) else { break };
        address = said.to_canonical();
    }
    Some(address)
}

/// An address, which some proxies write with the port, and then IPv6 in brackets.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = || entry.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    entry.parse().ok().or_else(|| entry.parse().ok().map(|with_port: SocketAddr| with_port.ip())).or_else(bare)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
    use rstest::rstest;

    use super::of_caller;

    #[rstest]
    #[case("203.0.113.9", &["198.51.100.1"], "203.0.113.9")]
    #[case("10.0.0.1", &[], "10.0.0.1")]
    #[case("10.0.0.1", &["198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["6.6.6.6, 198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["198.51.100.1, 10.0.0.2"], "198.51.100.1")]
    #[case("10.0.0.1", &["198.51.100.1", "10.0.0.2"], "198.51.100.1")]
    #[case("10.0.0.1", &["6.6.6.6, nonsense"], "10.0.0.1")]
    #[case("10.0.0.1", &["6.6.6.6, 198.51.100.1:4711"], "198.51.100.1")]
    #[case("10.0.0.1", &["[2001:db8::1]:4711, 10.0.0.2:80"], "2001:db8::1")]
    #[case("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1")]
    #[case("10.0.0.1", &["198.51.100.1:port"], "10.0.0.1")]
    #[case("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1")]
    fn only_trusted_proxies_are_believed(#[case] peer: &str, #[case] forwarded: &[&str], #[case] expected: &str) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(line).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let found = of_caller(Some(peer.parse().unwrap()), &headers, &trusted);
        assert_eq!(found, Some(expected.parse::<IpAddr>().unwrap()));
    }
}
