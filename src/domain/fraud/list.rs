//! Domains of mail that say something by themselves: those that everybody has, and those that nobody keeps.

/// Providers whose domains people share who have nothing to do with each other.
const SHARED: [&str; 62] = [
    "126.com",
    "163.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "bk.ru",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "comcast.net",
    "cox.net",
    "daum.net",
    "duck.com",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "icloud.com",
    "inbox.ru",
    "laposte.net",
    "libero.it",
    "list.ru",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "privaterelay.appleid.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "sbcglobal.net",
    "t-online.de",
    "tuta.io",
    "tutanota.com",
    "uol.com.br",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
];

/// Providers of addresses that are thrown away.
const DISPOSABLE: [&str; 36] = [
    "10minutemail.com",
    "burnermail.io",
    "discard.email",
    "dispostable.com",
    "emailondeck.com",
    "fakeinbox.com",
    "getairmail.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.biz",
    "guerrillamail.com",
    "guerrillamail.net",
    "guerrillamail.org",
    "inboxkitten.com",
    "mail-temp.com",
    "mailcatch.com",
    "maildrop.cc",
    "mailinator.com",
    "mailnesia.com",
    "mailsac.com",
    "minuteinbox.com",
    "mintemail.com",
    "moakt.com",
    "mohmal.com",
    "mytemp.email",
    "sharklasers.com",
    "spamgourmet.com",
    "temp-mail.io",
    "temp-mail.org",
    "tempail.com",
    "tempmail.com",
    "tempr.email",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
    "yopmail.net",
];

/// Whether many people share a domain of mail, so that it says nothing of any of them. Every country's Yahoo, Outlook and GMX count.
pub(super) fn is_shared(domain: &str, more: &[String]) -> bool {
    let family = ["yahoo", "ymail", "rocketmail", "outlook", "hotmail", "live", "gmx", "yandex"];
    let of_a_family = domain.split_once('.').is_some_and(|(name, _)| family.contains(&name));
    of_a_family || SHARED.contains(&domain) || is_under(domain, more) || is_disposable(domain, &[])
}

/// Whether addresses of a domain are thrown away.
pub(super) fn is_disposable(domain: &str, more: &[String]) -> bool {
    DISPOSABLE.iter().any(|known| under(domain, known)) || is_under(domain, more)
}

/// Whether a host is one of these or lies below one of them.
pub(super) fn is_under(host: &str, those: &[String]) -> bool {
    those.iter().any(|one| under(host, one))
}

fn under(host: &str, above: &str) -> bool {
    host.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{DISPOSABLE, SHARED, is_disposable, is_shared, is_under};

    #[test]
    fn lists_hold_domains_in_their_stored_form() {
        for domain in SHARED.iter().chain(&DISPOSABLE) {
            assert!(domain.contains('.') && domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-'));
        }
    }

    #[test]
    fn fr_1_a_shared_domain_is_not_a_private_one() {
        for domain in ["gmail.com", "yahoo.com.br", "outlook.es", "live.nl", "gmx.net", "yopmail.com"] {
            assert!(is_shared(domain, &[]), "{domain}");
        }
        for domain in ["firm.example", "notgmail.com", "yahoo", "myoutlook.com"] {
            assert!(!is_shared(domain, &[]), "{domain}");
        }
        assert!(is_shared("students.uni.example", &["uni.example".to_owned()]));
    }

    #[test]
    fn fr_3_throw_away_domains_count_with_everything_below_them() {
        assert!(is_disposable("mailinator.com", &[]) && is_disposable("x.y.mailinator.com", &[]));
        assert!(!is_disposable("notmailinator.com", &[]) && !is_disposable("gmail.com", &[]));
        assert!(is_disposable("mine.example", &["mine.example".to_owned()]));
        assert!(!is_under("", &["a.example".to_owned()]));
    }
}
