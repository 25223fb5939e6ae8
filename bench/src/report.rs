//! The table and the file with the figures.

use crate::{
    case::{Case, Run, Taken},
    instructions::Instructions,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A median with the lowest and the highest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = values.get(middle).copied().unwrap_or(f64::NAN);
        let median = match values.len() % 2 {
            0 if middle > 0 => f64::midpoint(values[middle - 1], upper),
            _ => upper,
        };
        let lowest = values.first().copied().unwrap_or(f64::NAN);
        let highest = values.last().copied().unwrap_or(f64::NAN);
        Self { median, lowest, highest }
    }

    pub(crate) fn text(self, digits: usize) -> String {
        let Self { median, lowest, highest } = self;
        if (highest - lowest).abs() < f64::EPSILON {
            return format!("{median:.digits$}");
        }
        format!("{median:.digits$} [{lowest:.digits$}..{highest:.digits$}]")
    }

    pub(crate) fn json(self) -> Value {
        json!({ "median": self.median, "lowest": self.lowest, "highest": self.highest })
    }
}

/// The runs of a case, and its instructions if they were counted.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) runs: Vec<Run>,
    pub(crate) instructions: Option<Instructions>,
}

const COLUMNS: [&str; 13] = [
    "data, B",
    "webhooks",
    "batch",
    "to receivers",
    "connections",
    "ingest ms",
    "delivery ms",
    "together ms",
    "/s",
    "calls",
    "RRU",
    "WRU + index",
    "MiB",
];

impl Row {
    fn spread(&self, of: impl Fn(&Run) -> f64) -> Spread {
        Spread::of(self.runs.iter().map(of))
    }

    fn cells(&self) -> Vec<String> {
        let Case { bytes, webhooks, batch, transport, connections } = self.case;
        let both = |of: &dyn Fn(&Taken) -> f64, digits: usize| {
            let ingest = self.spread(|run| of(&run.ingest)).median;
            let delivery = self.spread(|run| of(&run.delivery)).median;
            format!("{ingest:.digits$} + {delivery:.digits$}")
        };
        let sum = |of: &dyn Fn(&Taken) -> f64| {
            self.spread(|run| of(&run.ingest) + of(&run.delivery)).median
        };
        vec![
            bytes.to_string(),
            webhooks.to_string(),
            batch.to_string(),
            transport.name().to_owned(),
            connections.name().to_owned(),
            self.spread(|run| run.ingest.cpu_ms()).text(3),
            self.spread(|run| run.delivery.cpu_ms()).text(3),
            self.spread(|run| run.ingest.cpu_ms() + run.delivery.cpu_ms()).text(3),
            format!("{:.0}", self.spread(per_second).median),
            both(&|taken| taken.each(|count| count.calls), 2),
            both(&|taken| taken.each(|count| count.half_reads) / 2.0, 2),
            format!(
                "{:.2} + {:.2}",
                sum(&|taken| taken.each(|count| count.writes)),
                sum(&|taken| taken.each(|count| count.index_writes))
            ),
            both(&|taken| taken.peak_mib, 0),
        ]
    }

    pub(crate) fn json(&self) -> Value {
        let Case { bytes, webhooks, batch, transport, connections } = self.case;
        let run = |run: &Run| {
            json!({
                "ingest": run.ingest.json(),
                "delivery": run.delivery.json(),
                "connectionsPerDelivery": run.connections,
            })
        };
        json!({
            "bytes": bytes,
            "webhooks": webhooks,
            "batch": batch,
            "transport": transport.name(),
            "connections": connections.name(),
            "cpuMilliseconds": {
                "ingest": self.spread(|run| run.ingest.cpu_ms()).json(),
                "delivery": self.spread(|run| run.delivery.cpu_ms()).json(),
                "together":
                    self.spread(|run| run.ingest.cpu_ms() + run.delivery.cpu_ms()).json(),
            },
            "instructions": self.instructions.map(|count| {
                json!({ "ingest": count.ingest, "delivery": count.delivery })
            }),
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
        })
    }
}

fn per_second(run: &Run) -> f64 {
    crate::case::number(run.delivery.count) / run.delivery.wall.as_secs_f64()
}

/// A table in Markdown.
pub(crate) fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.to_vec());
    text.push_str(&line(vec!["---"; columns.len()]));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// The table of all cases.
pub(crate) fn cases(rows: &BTreeMap<Case, Row>) -> String {
    let cells: Vec<Vec<String>> = rows.values().map(Row::cells).collect();
    table(&COLUMNS, &cells)
}

/// The instructions of the cases in which they were counted. Empty if no case was counted.
pub(crate) fn instructions(rows: &BTreeMap<Case, Row>) -> String {
    let counted = rows.values().filter_map(|row| Some((row.case, row.instructions?)));
    let cells = |(case, count): (Case, Instructions)| {
        let [ingest, delivery] = count.thousands();
        vec![case.bytes.to_string(), case.webhooks.to_string(), ingest, delivery]
    };
    let rows: Vec<_> = counted.map(cells).collect();
    if rows.is_empty() {
        return String::new();
    }
    table(&["data, B", "webhooks", "ingest, thousand instructions", "delivery"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_between_the_ends() {
        let spread = Spread::of([3.0, 1.0, 2.0]);
        assert_eq!(spread, Spread { median: 2.0, lowest: 1.0, highest: 3.0 });
        assert_eq!(Spread::of([1.0, 2.0]).text(1), "1.5 [1.0..2.0]");
        assert_eq!(Spread::of([1.0]).text(2), "1.00");
    }

    #[test]
    fn a_table_is_markdown() {
        assert_eq!(
            table(&["a", "b"], &[vec!["1".into(), "2".into()]]),
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
        );
    }
}
