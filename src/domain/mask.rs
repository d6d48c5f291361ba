//! Personal data of customers as partners see it (PV-3): enough to recognise a sale, too little to write to anybody.

/// What stands for the letters left out.
const GAP: char = '…';

/// An address with the first letter of each side and the last label of the domain: `j…@e….com`.
#[must_use]
pub fn email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    match domain.rsplit_once('.') {
        Some((host, last)) => format!("{}@{}.{last}", first(local), first(host)),
        None => first(local),
    }
}

/// A name with the first letter of each word: `J… D…`.
#[must_use]
pub fn name(name: &str) -> String {
    name.split_whitespace().map(first).collect::<Vec<_>>().join(" ")
}

fn first(word: &str) -> String {
    word.chars().take(1).chain([GAP]).collect()
}

#[cfg(test)]
mod tests {
    use super::{email, name};

    #[test]
    fn no_more_than_the_first_letters_stay() {
        assert_eq!(email("jane.doe@example.com"), "j…@e….com");
        assert_eq!(email("j@mail.example.co.uk"), "j…@m….uk");
        assert_eq!(email("ünal@bücher.example"), "ü…@b….example");
        assert_eq!(email("no address"), "n…");
        assert_eq!(email("@"), "…");
        assert_eq!(name("Jane  van Doe"), "J… v… D…");
        assert_eq!(name(""), "");
    }
}
