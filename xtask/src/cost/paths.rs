//! Reads `bench/tests/guard/paths.txt`: the calls and units of AWS that a test of `grapnel-bench`
//! counts for each path of a delivery.

use anyhow::{Context, Result, ensure};

/// The file, which that test writes and compares.
pub(super) const FILE: &str = "bench/tests/guard/paths.txt";

/// The name of the line with what one delivery costs.
const EACH: &str = "a delivery";

/// The columns of a line.
const COLUMNS: usize = 6;

/// What was counted for one path, in all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    name: String,
    pub(super) deliveries: f64,
    pub(super) rows: Vec<Row>,
    pub(super) executions: Option<Executions>,
}

/// The calls of one operation by one function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) function: String,
    /// The operation and the resource, such as `PutItem EventsTable`.
    pub(super) call: String,
    pub(super) count: Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Count {
    pub(super) calls: f64,
    pub(super) reads: f64,
    pub(super) writes: f64,
    pub(super) index_writes: f64,
    pub(super) requests: f64,
    pub(super) messages: f64,
}

/// Executions of a state machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Executions {
    pub(super) number: f64,
    /// Calls of the tend function.
    pub(super) visits: f64,
    pub(super) transitions: f64,
}

/// Finds a path by its name.
///
/// # Errors
/// If the file has no such path.
pub(super) fn named<'a>(paths: &'a [Path], name: &str) -> Result<&'a Path> {
    let path = paths.iter().find(|path| path.name == name);
    path.with_context(|| format!("{FILE} has no path [{name}]"))
}

/// Reads all paths, and checks that the lines of each add up to what the file says of a delivery.
///
/// # Errors
/// If the text is not as the test writes it.
pub(super) fn parse(text: &str) -> Result<Vec<Path>> {
    let mut paths: Vec<Path> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(heading) = line.strip_prefix('[') {
            paths.push(path(heading).with_context(|| format!("a heading of {FILE}: {line}"))?);
            continue;
        }
        let path = paths.last_mut().with_context(|| format!("no path before: {line}"))?;
        read(path, line.trim_start()).with_context(|| format!("a line of {FILE}: {line}"))?;
    }
    Ok(paths)
}

/// `NAME] NUMBER deliveries`
fn path(heading: &str) -> Result<Path> {
    let (name, rest) = heading.split_once(']').context("no name in brackets")?;
    let deliveries = rest.split_whitespace().next().context("no number of deliveries")?.parse()?;
    Ok(Path { name: name.to_owned(), deliveries, rows: Vec::new(), executions: None })
}

fn read(path: &mut Path, line: &str) -> Result<()> {
    if let Some(rest) = line.strip_prefix("executions: ") {
        path.executions = Some(executions(rest)?);
        return Ok(());
    }
    // The titles of the columns; batches, whose size a bill assumes.
    if line.starts_with("calls ") || line.starts_with("batches: ") {
        return Ok(());
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    ensure!(words.len() > COLUMNS, "not a name and {COLUMNS} columns");
    let (name, cells) = words.split_at(words.len() - COLUMNS);
    let cells: Result<Vec<f64>> = cells.iter().map(|cell| number(cell)).collect();
    let count = Count::of(&cells?);
    let name = name.join(" ");
    if name == EACH {
        return adds_up(path, count);
    }
    let (function, call) = name.split_once(": ").context("no function")?;
    let (function, call) = (function.to_owned(), call.to_owned());
    path.rows.push(Row { function, call, count });
    Ok(())
}

fn number(cell: &str) -> Result<f64> {
    if cell == "-" { Ok(0.0) } else { Ok(cell.parse()?) }
}

/// `3, with 6 visits and 21 state transitions, 2.1 a delivery`
fn executions(text: &str) -> Result<Executions> {
    let words = text.split_whitespace().map(|word| word.trim_end_matches(','));
    let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
    let [number, visits, transitions, _] = numbers[..] else {
        anyhow::bail!("not executions, visits, transitions and transitions of a delivery");
    };
    Ok(Executions { number, visits, transitions })
}

/// The file rounds to three digits.
fn adds_up(path: &Path, each: Count) -> Result<()> {
    let mut total = Count::default();
    path.rows.iter().for_each(|row| total.add(row.count));
    for (total, each) in total.cells().into_iter().zip(each.cells()) {
        let found = total / path.deliveries;
        ensure!((found - each).abs() < 0.001, "the lines above add up to {found}, not {each}");
    }
    Ok(())
}

impl Count {
    fn of(cells: &[f64]) -> Self {
        let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
        Self {
            calls: cell(0),
            reads: cell(1),
            writes: cell(2),
            index_writes: cell(3),
            requests: cell(4),
            messages: cell(5),
        }
    }

    fn cells(self) -> [f64; COLUMNS] {
        let Self { calls, reads, writes, index_writes, requests, messages } = self;
        [calls, reads, writes, index_writes, requests, messages]
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.reads += other.reads;
        self.writes += other.writes;
        self.index_writes += other.index_writes;
        self.requests += other.requests;
        self.messages += other.messages;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# A comment.

[a path, alone] 2 deliveries
                                  calls  read units  write units  index writes  SQS requests  messages
  ingest: PutItem EventsTable         2           -            2             2             -         -
  tend: Query DeliveriesTable/due     3         1.5            -             -             -         -
  a delivery                        2.5        0.75            1             1             -         -
  batches: 1 of ingest, 1 of delivery
  executions: 3, with 6 visits and 21 state transitions, 10.5 a delivery
";

    #[test]
    fn a_path_is_read_with_its_lines_and_executions() {
        let paths = parse(TEXT).expect("read");
        let path = named(&paths, "a path, alone").expect("there");
        assert_eq!(path.deliveries, 2.0);
        let count = Count { calls: 3.0, reads: 1.5, ..Count::default() };
        let row = Row { function: "tend".into(), call: "Query DeliveriesTable/due".into(), count };
        assert_eq!(path.rows[1..], [row]);
        let executions = Executions { number: 3.0, visits: 6.0, transitions: 21.0 };
        assert_eq!(path.executions, Some(executions));
        let error = named(&paths, "another").expect_err("not there");
        assert!(error.to_string().contains("[another]"), "{error}");
    }

    #[test]
    fn what_the_test_does_not_write_is_refused() {
        let changed = [
            ("2           -            2", "7           -            2"),
            ("  tend: Query", "  Query"),
            ("tend: Query DeliveriesTable/due     3", "tend: Query DeliveriesTable/due   x 3 4 5"),
            ("3, with 6 visits", "3, with visits"),
            ("[a path, alone] 2", "[a path, alone] two"),
            ("1.5 ", "1,5 "),
        ];
        for (old, new) in changed {
            let text = TEXT.replacen(old, new, 1);
            assert_ne!(text, TEXT, "{old}");
            assert!(parse(&text).is_err(), "{new}");
        }
    }
}
