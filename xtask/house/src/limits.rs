//! What the code must not exceed.

use crate::figures::{Figures, MOST_LINES};
use anyhow::{Result, ensure};

/// How many traits the ports may have.
const MOST_PORT_TRAITS: usize = 28;

/// How many files may be in circles, for each crate that has circles. These are the present numbers: lower
/// one whenever a circle goes.
const FILES_IN_CIRCLES: [(&str, usize); 5] = [
    ("shared/client", 3),
    ("shared/domain", 9),
    ("shared/testing", 3),
    ("simulation", 2),
    ("tests", 4),
];

/// Prints each limit that is exceeded.
///
/// # Errors
/// If one is.
pub(crate) fn check(figures: &Figures) -> Result<()> {
    let found = exceeded(figures, MOST_PORT_TRAITS, &FILES_IN_CIRCLES);
    found.iter().for_each(|line| println!("{line}"));
    let count = found.iter().filter(|line| !line.starts_with(' ')).count();
    ensure!(count == 0, "{count} limits are exceeded");
    Ok(())
}

/// A line for each limit that is exceeded.
fn exceeded(figures: &Figures, most_traits: usize, circles: &[(&str, usize)]) -> Vec<String> {
    let mut lines = Vec::new();
    if figures.port_traits > most_traits {
        lines.push(format!("{} port traits, {most_traits} allowed", figures.port_traits));
    }
    for (file, count) in &figures.long {
        lines.push(format!("{}: {count} lines, {MOST_LINES} allowed", file.display()));
    }
    for (name, found) in &figures.circles {
        let allowed = circles.iter().find(|(other, _)| other == name).map_or(0, |(_, most)| *most);
        let count: usize = found.iter().map(Vec::len).sum();
        if count > allowed {
            lines.push(format!("{name}: {count} files import each other, {allowed} allowed"));
            for (number, circle) in (1..).zip(found) {
                let files: Vec<String> = circle.iter().map(|it| it.display().to_string()).collect();
                lines.push(format!("  circle {number}: {}", files.join(", ")));
            }
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
            "cli: 2 files import each other, 1 allowed",
            "  circle 1: a.rs, b.rs",
        ];
        assert_eq!(exceeded(&figures(), 2, &[("cli", 1)]), expected);
        assert_eq!(exceeded(&figures(), 3, &[]).len(), 3, "a crate without a limit has none");
    }

    #[test]
    fn what_is_at_its_limit_is_allowed() {
        let figures = Figures { long: Vec::new(), ..figures() };
        assert_eq!(exceeded(&figures, 3, &[("cli", 2)]), [""; 0]);
    }
}
