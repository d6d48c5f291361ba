//! Checks of what people type, gathered so that all faults of an input are told at once.

use url::{Host, Url};

use super::{Refusal, RefusalCode, ServiceError};
use crate::auth::email::Email;

/// The longest name.
pub const NAME_LENGTH: usize = 200;
/// The longest address.
pub const URL_LENGTH: usize = 2000;

/// The faults of an input so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Refusal>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, field: &str, code: RefusalCode, message: impl Into<String>) {
        self.0.push(Refusal::new(field, code, message));
    }

    /// Adds those of a part of the input, which stands under `field`.
    pub fn under(&mut self, field: &str, refusals: Vec<Refusal>) {
        self.0.extend(refusals.into_iter().map(|refusal| refusal.under(field)));
    }

    /// A name: trimmed, not empty, not too long, on one line.
    pub fn name(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(field, RefusalCode::Required, "must not be empty");
        } else if text.chars().count() > NAME_LENGTH {
            self.add(field, RefusalCode::OutOfRange, format!("must have at most {NAME_LENGTH} characters"));
        } else if text.chars().any(char::is_control) {
            self.add(field, RefusalCode::Invalid, "must stand on one line, without control characters");
        }
        text.to_owned()
    }

    /// An e-mail address in the form in which it is stored; empty when it is none.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        match Email::normalise(text) {
            Ok(email) => email.into_string(),
            Err(error) => {
                self.add(field, RefusalCode::Invalid, error.to_string());
                String::new()
            }
        }
    }

    /// Passes a value, or notes why not and passes `None`.
    pub fn take<T>(&mut self, field: &str, outcome: Result<T, (RefusalCode, String)>) -> Option<T> {
        outcome.map_err(|(code, message)| self.add(field, code, message)).ok()
    }

    /// All faults as one refusal, if there are any.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when there are.
    pub fn done(self) -> Result<(), ServiceError> {
        if self.0.is_empty() { Ok(()) } else { Err(ServiceError::Refused(self.0)) }
    }
}

/// A host name as it is stored and compared: ASCII, lower case, no port.
///
/// # Errors
/// What is wrong with it.
pub fn host(text: &str) -> Result<String, (RefusalCode, String)> {
    let wrong = || (RefusalCode::Invalid, "must be a host name such as shop.example, without https:// and without a path".to_owned());
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() || text.len() > 253 || text.contains(['/', '@', ':', '*', '%', '?', '#', '\\', '[']) {
        return Err(wrong());
    }
    match Host::parse(text) {
        Ok(Host::Domain(domain)) => Ok(domain),
        Ok(Host::Ipv4(address)) => Ok(address.to_string()),
        _ => Err(wrong()),
    }
}

/// Where a link may lead: an absolute http(s) address without user on one of the program's own hosts. Parsed once, and given back as parsed,
/// so that what was checked is what is stored and followed.
///
/// # Errors
/// What is wrong with it.
pub fn destination(text: &str, hosts: &[String]) -> Result<String, (RefusalCode, String)> {
    let url = address(text)?;
    let on = |host: &str| hosts.iter().any(|allowed| allowed == host);
    match url.host_str().map(|host| host.trim_end_matches('.')) {
        Some(host) if on(host) => Ok(url.into()),
        _ => Err((RefusalCode::NotAllowed, "must be on one of the program's allowed hosts".to_owned())),
    }
}

/// An absolute http(s) address without user.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Url, (RefusalCode, String)> {
    let wrong = |message: &str| Err((RefusalCode::Invalid, message.to_owned()));
    if text.len() > URL_LENGTH {
        return Err((RefusalCode::OutOfRange, format!("must have at most {URL_LENGTH} characters")));
    }
    // Parsers of addresses forgive these, each in its own way; browsers and servers then disagree on where an address leads.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return wrong("must hold no white space, control characters or backslashes");
    }
    let scheme_is_spelled_out =
        ["http://", "https://"].iter().any(|scheme| text.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)));
    match Url::parse(text) {
        Ok(url) if scheme_is_spelled_out && url.host_str().is_some() => {
            // Asked of the text, as the parser forgets an empty user.
            let authority = text.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
            if authority.is_none_or(|authority| authority.contains('@')) {
                return wrong("must hold no user name or password");
            }
            Ok(url)
        }
        _ => wrong("must be a whole address such as https://shop.example/welcome"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, RefusalCode, destination, host};

    #[test]
    fn links_lead_to_own_hosts_and_nowhere_else() {
        let hosts = vec!["shop.example".to_owned(), "xn--bcher-kva.example".to_owned()];
        for good in ["https://shop.example", "http://SHOP.example:8080/a?b=c#d", "https://bücher.example/", "https://shop.example./x"] {
            assert!(destination(good, &hosts).is_ok(), "{good}");
        }
        for bad in [
            "",
            "shop.example",
            "//shop.example",
            "https:shop.example",
            "https:/shop.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://evil.example",
            "https://shop.example.evil.example",
            "https://shop.example@evil.example/",
            "https://evil.example\\@shop.example",
            "\\\\shop.example",
            "https://user@shop.example/",
            "https://:@shop.example/",
            "https://@shop.example/",
            "https://shop.example\r\nX: y",
            "https://sub.shop.example/",
            "ftp://shop.example/",
            " https://shop.example",
            "https://shop.examp\tle/",
            "https://ѕhop.example/",
            "https://shop.example%2eevil.example",
            "file:///etc/passwd",
            "https://[::1]/",
            "https://127.1/",
            "blob:https://shop.example/x",
        ] {
            assert!(destination(bad, &hosts).is_err(), "{bad}");
        }
        assert_eq!(destination("https://SHOP.example/a", &hosts), Ok("https://shop.example/a".to_owned()));
    }

    #[test]
    fn hosts_are_kept_in_one_form() {
        assert_eq!(host(" Bücher.Example. "), Ok("xn--bcher-kva.example".to_owned()));
        assert_eq!(host("localhost"), Ok("localhost".to_owned()));
        for bad in ["", "https://a.example", "a.example/x", "a.example:80", "*.a.example", "a b", "[::1]"] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut faults = Faults::default();
        faults.name("name", "  ");
        faults.name("other", "a\nb");
        faults.email("contact.email", "nobody");
        let refused = match faults.done() {
            Err(super::ServiceError::Refused(refusals)) => refusals,
            _ => Vec::new(),
        };
        let told: Vec<_> = refused.iter().map(|refusal| (refusal.field.join("."), refusal.code)).collect();
        let expected = [("name", RefusalCode::Required), ("other", RefusalCode::Invalid), ("contact.email", RefusalCode::Invalid)];
        assert_eq!(told, expected.map(|(field, code)| (field.to_owned(), code)));
    }
}
