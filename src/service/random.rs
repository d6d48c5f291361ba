//! Random words for addresses.

/// Digits and lower-case letters without those that read like another: what people copy from paper still works.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A random word of so many characters, five bits each.
#[must_use]
pub fn word(length: usize) -> String {
    let mut bytes = vec![0_u8; length];
    rand::fill(bytes.as_mut_slice());
    bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_differ_and_have_their_length() {
        assert_eq!(word(26).len(), 26);
        assert_ne!(word(26), word(26));
    }
}
