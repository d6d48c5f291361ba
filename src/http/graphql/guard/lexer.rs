//! Counts the tokens of a document before anything parses it, so that a flood of them costs one pass over the text.

use super::Refusal;

/// The most tokens of a document.
pub const MAX_TOKENS: usize = 2000;
/// The deepest nesting of brackets of any kind: the parser walks it by recursion.
pub const MAX_NESTING: usize = 64;
/// The longest name, in bytes. Messages of validation repeat names as often as something is wrong with them; the longest of the schema has half of it.
pub const MAX_NAME: usize = 100;
/// The byte order mark, which separates like white space.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Refuses a document of too many tokens, too deeply nested brackets, too long names, or with a string that does not end. Other texts that are no GraphQL
/// pass: the parser refuses them.
pub fn scan(text: &str) -> Result<(), Refusal> {
    count(text).map(|_| ())
}

/// How many tokens a text has.
fn count(text: &str) -> Result<usize, Refusal> {
    let (mut tokens, mut nesting) = (0_usize, 0_usize);
    let mut rest = text.as_bytes();
    while let Some(&first) = rest.first() {
        let length = match first {
            b' ' | b'\t' | b',' | b'\r' | b'\n' => {
                rest = &rest[1..];
                continue;
            }
            _ if rest.starts_with(MARK) => {
                rest = &rest[MARK.len()..];
                continue;
            }
            b'#' => {
                rest = &rest[rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len())..];
                continue;
            }
            b'{' | b'(' | b'[' => {
                nesting += 1;
                1
            }
            b'}' | b')' | b']' => {
                nesting = nesting.saturating_sub(1);
                1
            }
            b'"' => string(rest).ok_or(Refusal::Unclosed)?,
            b'.' => 3.min(rest.len()),
            b'-' | b'0'..=b'9' => number(rest),
            _ => word(rest).max(1),
        };
        if length > MAX_NAME && (first == b'_' || first.is_ascii_alphabetic()) {
            return Err(Refusal::Name);
        }
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(Refusal::Tokens);
        }
        if nesting > MAX_NESTING {
            return Err(Refusal::Nesting);
        }
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// The length of the name at the start; 0 when there is none.
fn word(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(text.len())
}

/// The length of the number at the start, no more than the grammar takes: what follows directly is a token of its own.
fn number(text: &[u8]) -> usize {
    let digits = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let first = usize::from(text[0] == b'-');
    // A leading zero is the whole integer: the parser reads 00 as two numbers.
    let mut end = if text.get(first) == Some(&b'0') { first + 1 } else { digits(first) };
    if text.get(end) == Some(&b'.') && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if text.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// The length of the string at the start, block strings too; `None` when it does not end, which the parser would read as an empty string and something
/// else, and look for the end of again at each of the quotes that follow.
fn string(text: &[u8]) -> Option<usize> {
    let block = text.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    while let Some(&byte) = text.get(at) {
        let here = &text[at..];
        match byte {
            b'\\' if block && here.starts_with(b"\\\"\"\"") => at += 4,
            b'\\' if !block => at += 2,
            b'"' if !block => return Some(at + 1),
            b'"' if here.starts_with(b"\"\"\"") => return Some(at + 3),
            b'\r' | b'\n' if !block => return None,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{MAX_NAME, MAX_NESTING, MAX_TOKENS, count, scan};
    use crate::http::graphql::guard::Refusal;

    #[rstest]
    #[case("", 0)]
    #[case("\u{feff}{ a, b }", 4)]
    #[case("# { a b c }\n{ a }", 3)]
    #[case("{ a(b: -1.5e+3, c: \"} # x\\\" \") }", 11)]
    #[case("{ a(b: \"\"\"x \\\"\"\" } \" y\"\"\") }", 8)]
    #[case("query($a:[ID!]!=[1]){...f@include(if:$a)}", 27)]
    #[case("1a1a", 2)]
    #[case("007", 3)]
    #[case("-00.5e1", 2)]
    #[case("0.50", 1)]
    #[case("\"\" \"\"\"\"\"\"", 2)]
    #[case(".", 1)]
    #[case("-", 1)]
    fn tokens_are_counted(#[case] text: &str, #[case] expected: usize) {
        assert_eq!(count(text), Ok(expected), "{text}");
    }

    #[rstest]
    #[case("{ a(b: \"never closed")]
    #[case("\"tail\\")]
    #[case("\"over\nlines\"")]
    #[case("\"\"\"block \\\"\"\"")]
    #[case("\"\"\" \"\"")]
    fn strings_that_do_not_end_are_refused(#[case] text: &str) {
        assert_eq!(count(text), Err(Refusal::Unclosed), "{text}");
    }

    #[test]
    fn long_names_are_refused() {
        assert_eq!(scan(&"a".repeat(MAX_NAME)), Ok(()));
        assert_eq!(scan(&"a".repeat(MAX_NAME + 1)), Err(Refusal::Name));
        assert_eq!(scan(&format!("\"{}\"", "a".repeat(MAX_NAME + 1))), Ok(()));
    }

    #[test]
    fn floods_are_refused() {
        assert_eq!(scan(&"a ".repeat(MAX_TOKENS)), Ok(()));
        assert_eq!(scan(&"a ".repeat(MAX_TOKENS + 1)), Err(Refusal::Tokens));
        assert_eq!(scan(&"{".repeat(MAX_NESTING)), Ok(()));
        assert_eq!(scan(&"[".repeat(MAX_NESTING + 1)), Err(Refusal::Nesting));
        assert_eq!(scan(&"{}".repeat(MAX_TOKENS / 2)), Ok(()));
        assert_eq!(scan(&"é".repeat(MAX_TOKENS)), Err(Refusal::Tokens));
    }
}
