//! The figures as text.

use crate::figures::{Circles, Counts, Figures, MOST_LINES};
use std::{collections::BTreeSet, fmt::Write};

const COLUMNS: [&str; 7] =
    ["product", "of it macros", "tests", "scaffold", "tooling", "comments", "files"];

/// The figures of one checkout. `circles` has the number of files in each circle; `between` counts no
/// imports from modules above.
pub(crate) fn of(figures: &Figures) -> String {
    let sizes = |circles: &Circles, name: &str| {
        let circles = circles.get(name).into_iter().flatten();
        let sizes: Vec<String> = circles.map(|circle| circle.len().to_string()).collect();
        sizes.join("+")
    };
    let row = |name: &str, counts: &Counts| {
        let cells = counts.all().map(|count| count.to_string());
        let circles = [&figures.circles, &figures.circles_between].map(|it| sizes(it, name));
        [name.to_owned()].into_iter().chain(cells).chain(circles).collect()
    };
    let mut rows: Vec<Vec<String>> = vec![header(&["circles", "between"])];
    rows.extend(figures.crates.iter().map(|(name, counts)| row(name, counts)));
    rows.push(row("all", &figures.total));
    let mut text = aligned(&rows);
    let _ = writeln!(text, "\n{}", summary(figures));
    for (name, circles) in &figures.circles {
        for circle in circles {
            let _ = writeln!(text, "\ncircle of {} files in {name}:", circle.len());
            for file in circle {
                let _ = writeln!(text, "  {}", file.display());
            }
        }
    }
    for (file, lines) in &figures.long {
        let _ = writeln!(text, "\nlong: {} has {lines} lines", file.display());
    }
    text
}

/// What changed between two checkouts.
pub(crate) fn difference(before: &Figures, after: &Figures) -> String {
    let none = Counts::default();
    let names: BTreeSet<&String> = before.crates.keys().chain(after.crates.keys()).collect();
    let row = |name: &str, before: &Counts, after: &Counts| {
        let pairs = before.all().into_iter().zip(after.all());
        let cells = pairs.map(|(before, after)| match after.checked_sub(before) {
            Some(0) => "0".to_owned(),
            Some(more) => format!("+{more}"),
            None => format!("-{}", before - after),
        });
        [name.to_owned()].into_iter().chain(cells).collect::<Vec<_>>()
    };
    let mut rows = vec![header(&[])];
    rows.extend(names.into_iter().map(|name| {
        let counts = |figures: &Figures| figures.crates.get(name).copied().unwrap_or(none);
        row(name, &counts(before), &counts(after))
    }));
    rows.push(row("all", &before.total, &after.total));
    format!("{}\nbefore: {}\nafter:  {}\n", aligned(&rows), summary(before), summary(after))
}

fn header(more: &[&str]) -> Vec<String> {
    ["crate"].iter().chain(&COLUMNS).chain(more).map(|title| (*title).to_owned()).collect()
}

fn summary(figures: &Figures) -> String {
    let count = |circles: &Circles| {
        let circles: Vec<_> = circles.values().flatten().collect();
        format!(
            "{} files in {} circles",
            circles.iter().map(|it| it.len()).sum::<usize>(),
            circles.len()
        )
    };
    format!(
        "{} port traits; {}, {} without imports from modules above; {} files over {MOST_LINES} lines",
        figures.port_traits,
        count(&figures.circles),
        count(&figures.circles_between),
        figures.long.len(),
    )
}

/// Rows in columns: the first to the left, the others to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 => format!("{cell:<0$}", width(0)),
            _ => format!("{cell:>0$}", width(column)),
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
