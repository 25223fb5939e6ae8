//! One check: its name, its result, and what to do about it.

use crate::{
    aws::answer::Unchecked,
    failure::Failure,
    output::Output,
    render::{hanging, visible},
};
use console::style;
use serde::Serialize;

/// The width of the column with the names. The longest is `DeliveryIsolationQueue`.
const NAME_WIDTH: usize = 22;

/// The column at which the details begin: behind mark, name and blanks.
const DETAIL: usize = 2 + NAME_WIDTH + 2;

/// The column at which what to do begins, behind an arrow.
const WHAT_TO_DO: usize = 4;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// It was not checked.
    Skipped,
}

/// The outcome of a check and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    /// What was found, or why nothing was looked for.
    pub(crate) detail: String,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) what_to_do: Option<String>,
}

/// A check that was made, as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    #[serde(rename = "check")]
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
}

impl Verdict {
    /// It is as it should be.
    pub(crate) fn passed(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Passed, detail: detail.into(), what_to_do: None }
    }

    /// It is not as it should be.
    pub(crate) fn failed(detail: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let what_to_do = Some(what_to_do.into());
        Self { outcome: Outcome::Failed, detail: detail.into(), what_to_do }
    }

    /// It was not checked, for this reason.
    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skipped, detail: reason.into(), what_to_do: None }
    }

    /// The API refused, or did not answer.
    pub(crate) fn refused(failure: Failure) -> Self {
        let (detail, advice) = failure.into_parts();
        let advice = advice.unwrap_or_else(|| {
            "Look at the log of the API function: docs/operate.md, \"Logs\".".to_owned()
        });
        Self::failed(detail, advice)
    }

    /// AWS did not answer.
    pub(crate) fn unchecked(why: &Unchecked) -> Self {
        match why.is_fault {
            true => Self::failed(
                why.reason.clone(),
                "Is the name right, and the region? Deploy the stack again if something of it was deleted.",
            ),
            false => Self::skipped(format!("could not be checked: {}", why.reason)),
        }
    }

    /// A stack that is named could not be read.
    pub(crate) fn unread(why: &Unchecked) -> Self {
        if why.is_fault {
            return Self::unchecked(why);
        }
        Self::failed(
            format!("it could not be read: {}", why.reason),
            "The doctor finds credentials and region as the AWS CLI does, and needs the rights in \
             docs/operate.md, \"Check a deployment\". Without --stack, it checks the API alone.",
        )
    }

    /// With a name, as a check.
    pub(crate) fn of(self, name: impl Into<String>) -> Check {
        Check { name: name.into(), verdict: self }
    }
}

impl Check {
    /// The check as people read it: what was found, and for a failure what to do. Each is one line, or as
    /// many lines of `width` columns as it takes.
    fn text(&self, width: Option<usize>) -> String {
        let mark = match self.verdict.outcome {
            Outcome::Passed => style("✓").green(),
            Outcome::Failed => style("✗").red().bold(),
            Outcome::Skipped => style("–").dim(),
        };
        let detail = hanging(&one_line(&self.verdict.detail), DETAIL, width);
        let mut text = format!("{mark} {:<NAME_WIDTH$}  {detail}", self.name);
        if let Some(what_to_do) = &self.verdict.what_to_do {
            let what_to_do = hanging(&one_line(what_to_do), WHAT_TO_DO, width);
            text.push_str(&format!("\n  → {what_to_do}"));
        }
        text
    }
}

/// A text of several lines in one.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    visible(&lines.join("; ")).into_owned()
}

/// Prints the checks as they are made, and counts them.
pub(crate) struct Report<'a> {
    output: &'a mut Output,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl<'a> Report<'a> {
    /// Nothing is checked yet.
    pub(crate) fn new(output: &'a mut Output) -> Self {
        Self { output, passed: 0, failed: 0, skipped: 0 }
    }

    /// Where it prints.
    pub(crate) fn output(&mut self) -> &mut Output {
        self.output
    }

    /// Prints a check.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn add(&mut self, check: &Check) -> Result<(), Failure> {
        match check.verdict.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Skipped => self.skipped += 1,
        }
        match self.output.is_json() {
            true => self.output.json(check),
            false => {
                let width = self.output.view().width;
                self.output.line(check.text(width))
            }
        }
    }

    /// Whether no check failed.
    pub(crate) fn is_well(&self) -> bool {
        self.failed == 0
    }

    /// How many checks came out how.
    pub(crate) fn summary(&self) -> String {
        let Self { passed, failed, skipped, .. } = self;
        format!("{passed} passed, {failed} failed, {skipped} not checked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_check_is_one_line_and_a_failure_says_what_to_do() {
        let passed = Verdict::passed("0.1.0 answers").of("health").text(None);
        assert_eq!(console::strip_ansi_codes(&passed), "✓ health                  0.1.0 answers");
        let failed =
            Verdict::failed("refused\n\n  because\x1b[2J", "Do this.").of("key").text(None);
        assert_eq!(
            console::strip_ansi_codes(&failed),
            "✗ key                     refused; because\\u{1b}[2J\n  → Do this."
        );
    }

    #[test]
    fn a_check_fits_the_terminal_and_its_name_touches_nothing() {
        let detail = "0 waiting, 0 in work, 0 delayed; the oldest is 3h old, more than 15m";
        let what_to_do = "Look at the function's log for \"message comes again\", and at its throttles: \
                          docs/operate.md, \"Alarms\".";
        let check = Verdict::failed(detail, what_to_do).of("DeliveryIsolationQueue");
        assert_eq!(
            console::strip_ansi_codes(&check.text(Some(80))),
            "✗ DeliveryIsolationQueue  0 waiting, 0 in work, 0 delayed; the oldest is 3h old,\n\
             \x20                         more than 15m\n\
             \x20 → Look at the function's log for \"message comes again\", and at its throttles:\n\
             \x20   docs/operate.md, \"Alarms\"."
        );
        for width in 46..200 {
            let text = check.text(Some(width));
            let fits = |line: &str| console::measure_text_width(line) <= width;
            assert!(text.lines().all(fits), "{width}:\n{text}");
        }
    }

    #[test]
    fn json_has_the_same_words() {
        let check = Verdict::failed("refused", "Do this.").of("key");
        let expected = json!({
            "check": "key", "outcome": "failed", "detail": "refused", "whatToDo": "Do this."
        });
        assert_eq!(serde_json::to_value(check).expect("JSON"), expected);
        let skipped = serde_json::to_value(Verdict::skipped("no key").of("key")).expect("JSON");
        assert_eq!(skipped["outcome"], "skipped");
        assert!(skipped.get("whatToDo").is_none());
    }
}
