//! Comparing text: wildcards, and letters whose case does not count.

/// A text with `*` for any characters, of which there may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// What stands between the stars: one more than there are stars.
    parts: Vec<String>,
}

/// Why a text is no wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidWildcard {
    /// `**`
    #[error("must not have two `*` beside each other")]
    ConsecutiveStars,
    /// A backslash before anything but `*` and `\`.
    #[error("a backslash may only stand before `*` or another backslash")]
    Escape,
}

impl Wildcard {
    /// Reads a wildcard. `\*` is a star, `\\` a backslash.
    ///
    /// # Errors
    /// [`InvalidWildcard`], as EventBridge refuses them.
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
        Ok(Self { parts })
    }

    /// Whether the whole text matches. Takes time in proportion to the text: the first place for a
    /// part is as good as any later one, so nothing is tried twice.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// A text whose case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded(String);

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        Self(text.chars().flat_map(fold).collect())
    }

    pub(super) fn equals(&self, text: &str) -> bool {
        text.chars().flat_map(fold).eq(self.0.chars())
    }

    pub(super) fn begins(&self, text: &str) -> bool {
        let mut characters = text.chars().flat_map(fold);
        self.0.chars().all(|expected| characters.next() == Some(expected))
    }

    pub(super) fn ends(&self, text: &str) -> bool {
        let mut characters = text.chars().rev().flat_map(fold_reversed);
        self.0.chars().rev().all(|expected| characters.next() == Some(expected))
    }
}

/// Upper case first: letters with two lower-case forms (σ and ς) have one upper-case form.
fn fold(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

fn fold_reversed(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().rev().flat_map(|upper| upper.to_lowercase().rev())
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
        assert_eq!(Wildcard::parse(wildcard).expect("valid").matches(text), expected);
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
            let folded = Folded::new(one);
            assert!(folded.equals(other) && folded.begins(other) && folded.ends(other), "{one}");
        }
        assert!(Folded::new("eventb").begins("EventBridge"));
        assert!(Folded::new(".PNG").ends("a.png") && !Folded::new(".PNG").ends("png"));
        assert!(!Folded::new("ab").equals("abc") && !Folded::new("abc").begins("AB"));
    }

    /// The definition, tried at every place.
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
            prop_assert_eq!(parsed.matches(&text), matches_somehow(&wildcard, &characters));
        }
    }
}
