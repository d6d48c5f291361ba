//! E-mail addresses in the one form in which they are stored and compared (ID-3).

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use url::Host;

/// The longest address, as RFC 5321 has it.
const MAX_BYTES: usize = 254;
/// The longest part before the `@`.
const MAX_LOCAL_BYTES: usize = 64;

/// A normalised address: trimmed, NFC, lower case, the domain in ASCII. Dots and plus tags stay: that two addresses differ in
/// them alone is a signal of fraud and not an identity (ID-3, FR-1).
///
/// Its `Debug` shows nothing of it, so that it cannot slip into a log line.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing but white space.
    #[error("the e-mail address is empty")]
    Empty,
    /// More than 254 bytes, or more than 64 before the `@`.
    #[error("the e-mail address is too long; at most {MAX_LOCAL_BYTES} bytes before the @ and {MAX_BYTES} in all")]
    TooLong,
    /// No `@` with something on both sides.
    #[error("an e-mail address has the form name@example.com")]
    Form,
    /// White space, a control character, a quote, a bracket or a second `@` before the last one.
    #[error("the part before the @ holds a character that is not allowed there")]
    Local,
    /// Not a domain name, or one without a dot.
    #[error("the part after the @ is not a domain name such as example.com")]
    Domain,
}

impl Email {
    /// Normalises an address as a person, a browser or Stripe wrote it.
    ///
    /// # Errors
    /// [`EmailError`] when it is not an address.
    pub fn normalise(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        // Before any work on it: normalising a text of a megabyte costs, and no form of it can come under the limit.
        if text.len() > 4 * MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailError::Form);
        }
        // Normalised after lowering too: lowering can leave a letter apart from its mark.
        let local = local.nfc().collect::<String>().to_lowercase().nfc().collect::<String>();
        if local.chars().any(|c| c.is_whitespace() || c.is_control() || "@\"(),:;<>[\\]".contains(c)) {
            return Err(EmailError::Local);
        }
        let domain = ascii_domain(domain)?;
        if local.len() > MAX_LOCAL_BYTES || local.len() + 1 + domain.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The normalised address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The normalised address, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain in ASCII, lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([REDACTED])")
    }
}

fn ascii_domain(text: &str) -> Result<String, EmailError> {
    // `Host` takes percent escapes and address literals; a domain of mail has neither.
    if text.contains(['%', '[', ':']) {
        return Err(EmailError::Domain);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    match Host::parse(text) {
        Ok(Host::Domain(domain)) if is_domain_name(&domain) => Ok(domain),
        _ => Err(EmailError::Domain),
    }
}

/// Two labels at least, each of 1 to 63 letters, digits and inner hyphens.
fn is_domain_name(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Email, EmailError};

    #[rstest]
    #[case("ann@example.com", "ann@example.com")]
    #[case("  Ann.Lee+Shop@Example.COM \n", "ann.lee+shop@example.com")]
    #[case("ann@münchen.example", "ann@xn--mnchen-3ya.example")]
    #[case("ann@XN--MNCHEN-3YA.example", "ann@xn--mnchen-3ya.example")]
    #[case("ann@mu\u{308}nchen.example", "ann@xn--mnchen-3ya.example")]
    #[case("Jose\u{301}@example.com", "jos\u{e9}@example.com")]
    #[case("JOS\u{c9}@example.com", "jos\u{e9}@example.com")]
    #[case("o'brien@example.com", "o'brien@example.com")]
    #[case("ann..lee.@docomo.example", "ann..lee.@docomo.example")]
    #[case("ann@example.com.", "ann@example.com")]
    #[case("ann@mail。example。com", "ann@mail.example.com")]
    #[case("ΟΔΟΣ@example.com", "οδος@example.com")]
    fn id_3_one_form_for_each_address_with_its_dots_and_tags(#[case] text: &str, #[case] expected: &str) {
        let email = Email::normalise(text).unwrap();
        assert_eq!(email.as_str(), expected);
        assert_eq!(Email::normalise(email.as_str()).unwrap(), email, "normalising twice changes nothing");
    }

    #[rstest]
    #[case("", EmailError::Empty)]
    #[case(" \t ", EmailError::Empty)]
    #[case("ann", EmailError::Form)]
    #[case("@example.com", EmailError::Form)]
    #[case("ann@", EmailError::Form)]
    #[case("ann@lee@example.com", EmailError::Local)]
    #[case("ann lee@example.com", EmailError::Local)]
    #[case("ann\0@example.com", EmailError::Local)]
    #[case("Ann <ann@example.com>", EmailError::Local)]
    #[case("\"ann\"@example.com", EmailError::Local)]
    #[case("ann,bob@example.com", EmailError::Local)]
    #[case("ann@example", EmailError::Domain)]
    #[case("ann@example..com", EmailError::Domain)]
    #[case("ann@.example.com", EmailError::Domain)]
    #[case("ann@exa mple.com", EmailError::Domain)]
    #[case("ann@ex%61mple.com", EmailError::Domain)]
    #[case("ann@[127.0.0.1]", EmailError::Domain)]
    #[case("ann@127.0.0.1", EmailError::Domain)]
    #[case("ann@-example.com", EmailError::Domain)]
    #[case("ann@exam_ple.com", EmailError::Domain)]
    #[case("ann@example.com>", EmailError::Domain)]
    fn other_texts_are_refused(#[case] text: &str, #[case] expected: EmailError) {
        assert_eq!(Email::normalise(text), Err(expected));
    }

    #[test]
    fn length_is_bounded() {
        let domain = "example.com";
        assert!(Email::normalise(&format!("{}@{domain}", "a".repeat(64))).is_ok());
        assert_eq!(Email::normalise(&format!("{}@{domain}", "a".repeat(65))), Err(EmailError::TooLong));
        let long = format!("{0}.{0}.{0}.example", "d".repeat(62));
        assert_eq!(Email::normalise(&format!("{}@{long}", "a".repeat(64))), Err(EmailError::TooLong));
        assert_eq!(Email::normalise(&"a".repeat(1_000_000)), Err(EmailError::TooLong));
    }

    #[test]
    fn parts_and_debug() {
        let email = Email::normalise("Ann@Example.com").unwrap();
        assert_eq!((email.local(), email.domain()), ("ann", "example.com"));
        assert_eq!(format!("{email:?}"), "Email([REDACTED])");
    }
}
