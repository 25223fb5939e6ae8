//! Which dead letters a command is about.

use super::letter::Letter;
use grapnel_domain::time::Timestamp;

/// Fewest characters of a message's id that select it.
const ID_CHARS: usize = 8;

/// The dead letters that are wanted: those that everything here applies to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Beginnings of ids; any message if there are none.
    pub(crate) messages: Vec<String>,
    /// A part of the reason.
    pub(crate) reason: Option<String>,
    /// Sent at this time or later.
    pub(crate) since: Option<Timestamp>,
    /// Sent before this time.
    pub(crate) until: Option<Timestamp>,
}

impl Selection {
    /// Whether a message is wanted.
    pub(crate) fn has(&self, letter: &Letter) -> bool {
        let of_reason = |part: &String| {
            letter.reason.as_ref().is_some_and(|reason| reason.contains(part.as_str()))
        };
        self.is_named(letter)
            && self.reason.as_ref().is_none_or(of_reason)
            && self.since.is_none_or(|since| letter.sent_at.is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| letter.sent_at.is_some_and(|at| at < until))
    }

    fn is_named(&self, letter: &Letter) -> bool {
        let begins = |id: &String| letter.message_id.starts_with(id.as_str());
        self.messages.is_empty() || self.messages.iter().any(begins)
    }

    /// Whether it names messages with a reason: by their ids or by that reason.
    pub(crate) fn names_reasons(&self) -> bool {
        !self.messages.is_empty() || self.reason.is_some()
    }
}

/// Reads the id of a message, or its beginning.
///
/// # Errors
/// When it is too short to tell a message from others.
pub(crate) fn parse_id(text: &str) -> Result<String, String> {
    match text.chars().count() < ID_CHARS {
        true => Err(format!("expected a message's id, or its first {ID_CHARS} characters or more")),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letters::{letter::Subject, source::Source};
    use rstest::rstest;

    const NOON: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const LATER: Timestamp = Timestamp::from_millis(1_800_000_060_000);

    fn letter(reason: Option<&str>, sent_at: Option<Timestamp>) -> Letter {
        Letter {
            message_id: "0193a7c2-5b1e".to_owned(),
            queue: Source::Events,
            sent_at,
            reason: reason.map(str::to_owned),
            subject: Subject::default(),
            body: String::new(),
            receipt: String::new(),
            group: None,
        }
    }

    #[rstest]
    #[case::all(Selection::default(), true)]
    #[case::its_id(Selection { messages: vec!["0193a7c2-5b1e".into()], ..Selection::default() }, true)]
    #[case::one_of_two(Selection { messages: vec!["ffffffff".into(), "0193a7c2".into()], ..Selection::default() }, true)]
    #[case::another_id(Selection { messages: vec!["0193a7c3".into()], ..Selection::default() }, false)]
    #[case::its_reason(Selection { reason: Some("userId".into()), ..Selection::default() }, true)]
    #[case::another_reason(Selection { reason: Some("JSON".into()), ..Selection::default() }, false)]
    #[case::from_then_on(Selection { since: Some(NOON), ..Selection::default() }, true)]
    #[case::only_later(Selection { since: Some(LATER), ..Selection::default() }, false)]
    #[case::before(Selection { until: Some(LATER), ..Selection::default() }, true)]
    #[case::only_earlier(Selection { until: Some(NOON), ..Selection::default() }, false)]
    #[case::one_of_them_is_not(Selection { until: Some(LATER), reason: Some("JSON".into()), ..Selection::default() }, false)]
    fn everything_that_is_asked_for_must_apply(#[case] selection: Selection, #[case] has: bool) {
        assert_eq!(selection.has(&letter(Some("detail.userId is missing"), Some(NOON))), has);
    }

    #[test]
    fn what_is_not_known_of_a_message_does_not_select_it() {
        let reason = Selection { reason: Some(String::new()), ..Selection::default() };
        assert!(!reason.has(&letter(None, Some(NOON))));
        let until = Selection { until: Some(LATER), ..Selection::default() };
        assert!(!until.has(&letter(None, None)));
    }

    #[test]
    fn an_id_must_be_long_enough() {
        assert!(parse_id("0193a7c").is_err());
        assert_eq!(parse_id("0193a7c2"), Ok("0193a7c2".to_owned()));
    }
}
