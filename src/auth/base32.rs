//! Crockford's base 32 in lower case: no letter that reads like a digit, safe in URLs and in Stripe's `client_reference_id`.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The bytes as text, five bits a character, the last one padded with zero bits.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0_u16, 0_u32);
    for byte in bytes {
        held = (held << 8) | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(digit(held << (5 - bits)));
    }
    text
}

/// Whether every character belongs to the alphabet as we write it (upper case and look-alikes do not).
pub fn is_encoded(text: &str) -> bool {
    text.bytes().all(|byte| ALPHABET.contains(&byte))
}

fn digit(value: u16) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

#[cfg(test)]
mod tests {
    use super::{encode, is_encoded};

    #[test]
    fn encodes_known_vectors() {
        for (bytes, text) in [
            (&b""[..], ""),
            (&[0x00], "00"),
            (&[0xff], "zw"),
            (b"foobar", "csqpyrk1e8"),
            (&[0xff; 5], "zzzzzzzz"),
            (&[0x08, 0x42, 0x10, 0x84, 0x21], "11111111"),
        ] {
            assert_eq!(encode(bytes), text, "{bytes:?}");
        }
        assert_eq!(encode(&[7; 32]).len(), 52);
        assert_eq!(encode(&[7; 16]).len(), 26);
    }

    #[test]
    fn knows_its_own_alphabet() {
        assert!(is_encoded("0123456789abcdefghjkmnpqrstvwxyz"));
        for odd in ["i", "l", "o", "u", "A", "-", "_", "é"] {
            assert!(!is_encoded(odd), "{odd}");
        }
    }
}
