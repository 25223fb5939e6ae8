//! The file with the counts: a part for each path, a line for each kind of call.

use crate::{deployment::Work, paths::Counted};
use grapnel_bench::counts::{Count, Counts};

pub(crate) const HEADER: &str = "\
# What each path of a delivery costs in calls and units of AWS: totals, and below each path what one of its
# deliveries costs. Written by:
#     cargo test -p grapnel-bench --test guard -- --ignored accept
# `batches` are what Lambda hands over: each is a receive and a delete on the queue, two requests more.
";

const COLUMNS: &str = "calls  read units  write units  index writes  SQS requests  messages";

fn row(name: &str, count: Count, each: f64) -> String {
    let cell = |value: u64, width: usize| {
        let value = value as f64 / each;
        let text = if value == 0.0 { "-".to_owned() } else { short(value) };
        format!("{text:>width$}")
    };
    let reads = count.half_reads as f64 / 2.0 / each;
    let reads = if reads == 0.0 { "-".to_owned() } else { short(reads) };
    let line = format!(
        "  {name:<46}{}  {reads:>10}  {}  {}  {}  {}",
        cell(count.calls, 5),
        cell(count.writes, 11),
        cell(count.index_writes, 12),
        cell(count.queue_requests, 12),
        cell(count.messages, 8),
    );
    format!("{}\n", line.trim_end())
}

/// A number with up to three digits after the point.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn described(counted: &Counted) -> String {
    let Counted { name, deliveries, work } = counted;
    let Work { ingest, delivery, tend, batches, visits, executions, transitions } = work;
    let mut text = format!("\n[{name}] {deliveries} deliveries\n  {:<46}{COLUMNS}\n", "");
    let mut all = Counts::default();
    for (function, counts) in [("ingest", ingest), ("delivery", delivery), ("tend", tend)] {
        for (line, count) in counts.lines() {
            text.push_str(&row(&format!("{function}: {line}"), count, 1.0));
        }
        all.add_all(counts);
    }
    let each = *deliveries as f64;
    text.push_str(&row("a delivery", all.total(), each));
    text.push_str(&format!("  batches: {} of ingest, {} of delivery\n", batches[0], batches[1]));
    if *executions > 0 {
        let each = short(*transitions as f64 / each);
        text.push_str(&format!(
            "  executions: {executions}, with {visits} visits and {transitions} state transitions, \
             {each} a delivery\n"
        ));
    }
    text
}

/// The lines that differ, with the heading of their path.
pub(crate) fn differences(expected: &str, found: &str) -> String {
    let (expected, found) = (parts(expected), parts(found));
    let mut text = String::new();
    let mut names: Vec<&str> = expected.iter().chain(&found).map(|(name, _)| *name).collect();
    names.dedup();
    let mut seen = std::collections::HashSet::new();
    for name in names.into_iter().filter(|name| seen.insert(*name)) {
        let lines = |parts: &[(&str, Vec<&str>)]| -> Vec<String> {
            let part = parts.iter().find(|(known, _)| *known == name);
            part.map_or_else(Vec::new, |(_, lines)| lines.iter().map(|l| (*l).to_owned()).collect())
        };
        let (before, after) = (lines(&expected), lines(&found));
        let gone =
            before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{line}\n"));
        let new =
            after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{line}\n"));
        let changed: String = gone.chain(new).collect();
        if !changed.is_empty() {
            text.push_str(&format!("{name}\n{changed}"));
        }
    }
    text
}

/// The headings with their lines.
fn parts(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut parts: Vec<(&str, Vec<&str>)> = vec![("the head of the file", Vec::new())];
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            parts.push((line, Vec::new()));
        } else if let Some((_, lines)) = parts.last_mut() {
            lines.push(line);
        }
    }
    parts
}

#[test]
fn a_difference_names_its_path_and_both_lines() {
    let expected = "# head\n\n[a] 1\n  x 1\n  y 2\n\n[b] 1\n  x 1\n";
    let found = "# head\n\n[a] 1\n  x 1\n  y 3\n\n[b] 1\n  x 1\n";
    assert_eq!(differences(expected, found), "[a] 1\n-  y 2\n+  y 3\n");
    assert_eq!(differences(expected, expected), "");
}
