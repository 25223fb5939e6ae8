//! Comparison of text: wildcards, and comparison without regard to case.

/// A text in which `*` stands for any number of characters, including zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// The texts between the stars: one more than the number of stars.
    parts: Vec<String>,
    /// The total length of the parts in bytes. No shorter text matches.
    length: usize,
}

/// Steps to compare both ends of a text that is long enough.
const ENDS_STEPS: usize = 2;
/// Steps of a search, and how many bytes of it take one more step.
const SEARCH_STEPS: usize = 4;
const SEARCHED_BYTES: usize = 4;

/// Why a text is not a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidWildcard {
    /// `**`
    #[error("must not have two `*` beside each other")]
    ConsecutiveStars,
    /// A backslash before another character than `*` and `\`.
    #[error("a backslash may only stand before `*` or another backslash")]
    Escape,
}

impl Wildcard {
    /// Reads a wildcard. `\*` is a star, `\\` is a backslash.
    ///
    /// # Errors
    /// [`InvalidWildcard`], in the cases that EventBridge refuses too.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidWildcard> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' if characters.peek() == Some(&'*') => {
                    return Err(InvalidWildcard::ConsecutiveStars);
                }
                '*' => {
                    parts.push(String::new());
                    continue;
                }
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => escaped,
                    _ => return Err(InvalidWildcard::Escape),
                },
                other => other,
            };
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        let length = parts.iter().map(String::len).sum();
        Ok(Self { parts, length })
    }

    /// Whether the whole text matches; adds the steps to `steps`. The first place for a part is as
    /// good as any later one, so no part of the text is read twice.
    pub(super) fn matches(&self, text: &str, steps: &mut usize) -> bool {
        *steps += 1;
        if text.len() < self.length {
            return false;
        }
        *steps += ENDS_STEPS;
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let found = rest.find(part.as_str()).map(|at| at + part.len());
            *steps += SEARCH_STEPS + found.unwrap_or(rest.len()) / SEARCHED_BYTES;
            let Some(end) = found else { return false };
            rest = &rest[end..];
        }
        rest.ends_with(last.as_str())
    }

    /// Maximum steps for each byte of a text including quotes and a comma: for the first check,
    /// both ends and the result, for each search, and for the length of the text.
    pub(super) fn steps_per_byte(&self) -> f64 {
        let searches = self.parts.len().saturating_sub(2);
        let fixed = (2 + ENDS_STEPS + SEARCH_STEPS * searches) as f64;
        fixed / (self.length + 3) as f64 + 1.0 / SEARCHED_BYTES as f64
    }
}

/// The characters of a text without regard to case. Converts to upper case first: letters with two
/// lower-case forms (σ and ς) have one upper-case form.
fn folded(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(|character| character.to_uppercase().flat_map(char::to_lowercase))
}

/// [`folded`] as bytes.
pub(super) fn folded_bytes(text: &str) -> impl Iterator<Item = u8> {
    folded(text).flat_map(bytes)
}

/// [`folded_bytes`] from the last character to the first. Texts with the same end have the same
/// beginning here.
pub(super) fn folded_bytes_reversed(text: &str) -> impl Iterator<Item = u8> {
    folded(text).rev().flat_map(bytes)
}

fn bytes(character: char) -> impl Iterator<Item = u8> {
    let mut buffer = [0; 4];
    let length = character.encode_utf8(&mut buffer).len();
    buffer.into_iter().take(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("*", "", true)]
    #[case("*", "anything", true)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("dir/*.png", "dir/picture.png", true)]
    #[case("dir/*.png", "dir/.png", true)]
    #[case("dir/*.png", "dir/sub/a.png.jpg", false)]
    #[case("a*a", "a", false)]
    #[case("a*a", "aa", true)]
    #[case("a*b*c", "a-b-b-c", true)]
    #[case("*ab*ab*", "ab", false)]
    #[case("*ab*ab*", "abab", true)]
    #[case(r"a\*b", "a*b", true)]
    #[case(r"a\*b", "axb", false)]
    #[case(r"\\*", r"\x", true)]
    #[case("ä*ö", "ä🪝ö", true)]
    fn a_wildcard_matches(#[case] wildcard: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Wildcard::parse(wildcard).expect("valid").matches(text, &mut 0), expected);
    }

    #[rstest]
    #[case("a**b", InvalidWildcard::ConsecutiveStars)]
    #[case(r"a\x", InvalidWildcard::Escape)]
    #[case("a\\", InvalidWildcard::Escape)]
    fn what_eventbridge_refuses_is_refused(#[case] text: &str, #[case] expected: InvalidWildcard) {
        assert_eq!(Wildcard::parse(text), Err(expected));
    }

    #[test]
    fn case_does_not_count_in_any_script() {
        for (one, other) in [("STRASSE", "straße"), ("ΟΔΟΣ", "οδος"), ("École", "éCOLE"), ("", "")]
        {
            assert!(folded(one).eq(folded(other)), "{one}");
            assert!(folded_bytes_reversed(one).eq(folded_bytes_reversed(other)), "{one}");
        }
        assert!(!folded("ab").eq(folded("abc")));
    }

    /// The definition of a wildcard, tried at every place.
    fn matches_somehow(wildcard: &[char], text: &[char]) -> bool {
        match wildcard.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => {
                (0..=text.len()).any(|taken| matches_somehow(rest, &text[taken..]))
            }
            Some((literal, rest)) => text
                .split_first()
                .is_some_and(|(first, text)| first == literal && matches_somehow(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn a_wildcard_matches_as_it_is_defined(wildcard in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let Ok(parsed) = Wildcard::parse(&wildcard) else { return Ok(()) };
            let (wildcard, characters): (Vec<char>, Vec<char>) =
                (wildcard.chars().collect(), text.chars().collect());
            prop_assert_eq!(parsed.matches(&text, &mut 0), matches_somehow(&wildcard, &characters));
        }
    }
}
