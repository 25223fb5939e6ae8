//! What the code must not exceed.

use crate::figures::{Figures, MOST_LINES};
use anyhow::{Result, ensure};

/// How many traits the ports may have.
const MOST_PORT_TRAITS: usize = 28;

/// Prints each limit that is exceeded.
///
/// # Errors
/// If one is.
pub(crate) fn check(figures: &Figures) -> Result<()> {
    let found = exceeded(figures, MOST_PORT_TRAITS);
    found.iter().for_each(|line| println!("{line}"));
    ensure!(found.is_empty(), "{} limits are exceeded", found.len());
    Ok(())
}

/// A line for each limit that is exceeded.
fn exceeded(figures: &Figures, most_traits: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if figures.port_traits > most_traits {
        lines.push(format!("{} port traits, {most_traits} allowed", figures.port_traits));
    }
    for (file, count) in &figures.long {
        lines.push(format!("{}: {count} lines, {MOST_LINES} allowed", file.display()));
    }
    for (name, found) in &figures.circles {
        for circle in found {
            let files: Vec<String> = circle.iter().map(|it| it.display().to_string()).collect();
            lines.push(format!("{name}: files import each other: {}", files.join(", ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let circle = vec!["a.rs".into(), "b.rs".into()];
        Figures {
            port_traits: 3,
            long: vec![("long.rs".into(), 401)],
            circles: [("cli".to_owned(), vec![circle])].into(),
            ..Figures::default()
        }
    }

    #[test]
    fn what_exceeds_a_limit_is_named() {
        let expected = [
            "3 port traits, 2 allowed",
            "long.rs: 401 lines, 400 allowed",
            "cli: files import each other: a.rs, b.rs",
        ];
        assert_eq!(exceeded(&figures(), 2), expected);
    }

    #[test]
    fn what_is_at_its_limit_is_allowed() {
        let figures = Figures { long: Vec::new(), circles: [].into(), ..figures() };
        assert_eq!(exceeded(&figures, 3), [""; 0]);
    }
}
