//! Explanations for people.

use super::{Cell, Facts, View, visible, wrap::hanging};
use grapnel_client::{Explanation, ExplanationVerdict};

/// An explanation: the sentence, and what a person looks up next.
pub(crate) fn facts(explanation: &Explanation, view: &View) -> String {
    let Explanation { verdict, summary, failed_conditions, .. } = explanation;
    let mut facts = Facts::default()
        .with("verdict", Cell::plain(verdict.as_str().replace('_', " ")))
        .with_some("delivery", explanation.delivery_id.as_ref().map(Cell::id))
        .with_some("next", explanation.next_attempt_at.map(|at| Cell::plain(view.clock.full(at))))
        .with_some("changed", explanation.changed_at.map(|at| Cell::plain(view.clock.full(at))));
    let failed = match verdict {
        ExplanationVerdict::WebhookChanged => "fails now",
        _ => "failed",
    };
    for condition in failed_conditions {
        facts = facts.with(failed, Cell::plain(condition));
    }
    let summary = hanging(&visible(summary), 0, view.width);
    format!("{summary}\n\n{}", facts.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn shown(explanation: Value) -> String {
        let explanation: Explanation = serde_json::from_value(explanation).expect("one");
        console::strip_ansi_codes(&facts(&explanation, &View::for_tests(None))).into_owned()
    }

    #[rstest]
    #[case("filter_failed", "failed")]
    #[case("webhook_changed", "fails now")]
    fn the_conditions_of_a_filter_are_named(#[case] verdict: &str, #[case] name: &str) {
        let text = shown(json!({
            "verdict": verdict, "summary": "It did not match.",
            "failedConditions": ["/score", "/state\u{1b}"],
        }));
        assert!(text.starts_with("It did not match.\n\n"), "{text}");
        for condition in ["/score", "/state\\u{1b}"] {
            let line = text.lines().find(|line| line.ends_with(condition)).expect("named");
            assert!(line.starts_with(name), "{text}");
        }
    }

    #[test]
    fn a_verdict_that_is_not_known_is_shown_as_it_is() {
        let text = shown(json!({ "verdict": "some_other", "summary": "It is so." }));
        assert_eq!(text, "It is so.\n\nverdict  some other\n");
    }
}
