//! What is said to a person beside the answers, on standard error; and how wide a terminal is.

use crate::render::prose;
use std::io::{self, Write};

/// Says something to a person who may be gone, with their terminal: `eprintln!` would panic. Sentences
/// are fitted to the terminal.
pub(crate) fn say(text: &str) {
    let text = prose(text, width_of(&console::Term::stderr()));
    let _ = writeln!(io::stderr(), "{text}");
}

/// The width of what is printed to a terminal, or to a file in its place.
pub(crate) fn width_of(terminal: &console::Term) -> Option<usize> {
    let of_terminal = terminal.size_checked().map(|(_, columns)| usize::from(columns));
    let of_terminal = of_terminal.filter(|_| terminal.is_term());
    width(std::env::var("COLUMNS").ok().as_deref(), of_terminal)
}

/// Widths that COLUMNS may set. Narrower lines show nothing; a wider one is a mistake.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=10_000;

/// The width of lines: what COLUMNS says, else that of the terminal. `None`, without both, cuts
/// nothing. A shell sets COLUMNS for itself and does not hand it to programs, so where it is set,
/// somebody wants it.
fn width(columns: Option<&str>, of_terminal: Option<usize>) -> Option<usize> {
    let wanted = columns.and_then(|text| text.trim().parse().ok());
    wanted.filter(|width| WIDTHS.contains(width)).or(of_terminal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_terminal(None, Some(80), Some(80))]
    #[case::a_pipe(None, None, None)]
    #[case::columns_in_place_of_a_terminal(Some("120"), Some(80), Some(120))]
    #[case::columns_and_a_pipe(Some("120"), None, Some(120))]
    #[case::the_narrowest(Some("20"), None, Some(20))]
    #[case::too_narrow(Some("19"), Some(80), Some(80))]
    #[case::zero_as_some_environments_have_it(Some("0"), Some(80), Some(80))]
    #[case::the_widest(Some("10000"), Some(80), Some(10_000))]
    #[case::too_wide(Some("10001"), Some(80), Some(80))]
    #[case::empty(Some(""), Some(80), Some(80))]
    #[case::no_number(Some("wide"), None, None)]
    #[case::negative(Some("-80"), None, None)]
    fn the_width_is_that_of_columns_or_of_the_terminal(
        #[case] columns: Option<&str>,
        #[case] of_terminal: Option<usize>,
        #[case] expected: Option<usize>,
    ) {
        assert_eq!(width(columns, of_terminal), expected);
    }
}
