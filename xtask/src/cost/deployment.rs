//! What a bill takes from the rest of the repository: `template.yaml`, and the processor time that
//! `docs/performance.md` shows.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;

/// The row of the measured table that a bill uses: the dearest, with batches of one message.
const MEASURED: [(&str, &str); 4] =
    [("data, B", "500"), ("webhooks", "1"), ("batch", "1"), ("connections", "new")];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deployment {
    pub(super) api: Function,
    pub(super) ingest: Function,
    pub(super) delivery: Function,
    pub(super) tend_megabytes: f64,
    pub(super) alarms: f64,
    pub(super) retention_days: f64,
    pub(super) log_retention_days: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Function {
    pub(super) megabytes: f64,
    /// Milliseconds of a whole processor for each request, event or delivery.
    pub(super) processor: f64,
    /// The maximum number of instances that a queue starts.
    pub(super) most: f64,
}

impl Deployment {
    /// Reads both files.
    ///
    /// # Errors
    /// If they do not say what a bill needs.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let read = |path| fs::read_to_string(workspace.path(path)).with_context(|| path);
        Self::of(&read("template.yaml")?, &read("docs/performance.md")?)
    }

    fn of(template: &str, performance: &str) -> Result<Self> {
        let (ingest, delivery) =
            measured(performance).context("docs/performance.md has no such row")?;
        let api = of_api(performance).context("docs/performance.md has no time of the API")?;
        let memory = |id| memory(template, id).with_context(|| format!("template.yaml: {id}"));
        let default =
            |name| default(template, name).with_context(|| format!("template.yaml: {name}"));
        let ingest = Function {
            megabytes: memory("IngestFunction")?,
            processor: ingest,
            most: default("IngestMaximumConcurrency")?,
        };
        let delivery = Function {
            megabytes: memory("DeliveryFunction")?,
            processor: delivery,
            most: default("DeliveryMaximumConcurrency")?,
        };
        let api =
            Function { megabytes: memory("ApiFunction")?, processor: api, most: f64::INFINITY };
        let alarms = template.lines().filter(|line| line.trim() == "Type: AWS::CloudWatch::Alarm");
        Ok(Self {
            api,
            ingest,
            delivery,
            tend_megabytes: memory("TendFunction")?,
            alarms: alarms.count() as f64,
            retention_days: default("RetentionDays")?,
            log_retention_days: default("LogRetentionDays")?,
        })
    }
}

/// The lines below a key of two blanks or none, until the next such key.
fn block<'a>(template: &'a str, key: &str) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
    let mut lines = template.lines();
    let begin = lines.by_ref().find(|line| line.trim_end().strip_suffix(':') == Some(key))?;
    let depth = begin.len() - begin.trim_start().len();
    let is_inside =
        move |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > depth;
    Some(lines.take_while(is_inside))
}

fn value<'a>(mut lines: impl Iterator<Item = &'a str>, key: &str) -> Option<&'a str> {
    lines.find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "))
}

/// The default of a parameter.
fn default(template: &str, name: &str) -> Option<f64> {
    value(block(template, &format!("  {name}"))?, "Default")?.parse().ok()
}

/// A function's memory: its own, or that of all; a number, or a parameter's default.
fn memory(template: &str, id: &str) -> Option<f64> {
    let own = value(block(template, &format!("  {id}"))?, "MemorySize");
    let size = match own {
        Some(size) => size,
        None => value(block(template, "Globals")?, "MemorySize")?,
    };
    match size.strip_prefix("!Ref ") {
        Some(parameter) => default(template, parameter),
        None => size.parse().ok(),
    }
}

/// The cells of a line of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The first number of a cell: the median.
fn median(cell: &str) -> Option<f64> {
    cell.split_whitespace().next()?.parse().ok()
}

/// Milliseconds of ingest and of delivery.
fn measured(performance: &str) -> Option<(f64, f64)> {
    let mut lines = performance.lines().skip_while(|line| !line.starts_with("| data, B |"));
    let titles = cells(lines.next()?);
    let column = |title: &str| titles.iter().position(|known| *known == title);
    let row = lines.map(cells).find(|row| {
        let is = |(title, value): &(&str, &str)| {
            column(title).and_then(|column| row.get(column)) == Some(value)
        };
        MEASURED.iter().all(is)
    })?;
    let cell = |title| row.get(column(title)?).copied().and_then(median);
    Some((cell("ingest ms")?, cell("delivery ms")?))
}

fn of_api(performance: &str) -> Option<f64> {
    let line = performance.lines().find(|line| line.starts_with("| the API function, an event"))?;
    median(cells(line).get(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Parameters:
  Size:
    Type: Number
    Default: 256
  RetentionDays:
    Default: 30
  LogRetentionDays:
    Default: 7
  IngestMaximumConcurrency:
    Type: Number
    # A comment.
    Default: 10
  DeliveryMaximumConcurrency:
    Default: 200
Globals:
  Function:
    MemorySize: 512
Resources:
  ApiFunction:
    Type: AWS::Serverless::Function
  IngestFunction:
    Properties:
      MemorySize: !Ref Size
  DeliveryFunction:
    Properties:
      MemorySize: 128

  TendFunction:
    Properties:
      MemorySize: 1024
  AnAlarm:
    Type: AWS::CloudWatch::Alarm
";

    const PERFORMANCE: &str = "\
| data, B | webhooks | batch | to receivers | connections | ingest ms | delivery ms |
|---|---|---|---|---|---|---|
| 500 | 1 | 10 | plain | new | 0.3 | 0.4 |
| 500 | 1 | 1 | plain | kept | 0.3 | 0.4 |
| 500 | 1 | 1 | plain | new | 0.846 [0.641..0.868] | 0.791 [0.745..0.840] |

| the API function, an event by `POST /api/events` | 0.399 ms [0.376..0.422] |
";

    #[test]
    fn memory_limits_and_measured_times_are_found() {
        let deployment = Deployment::of(TEMPLATE, PERFORMANCE).expect("read");
        let api = Function { megabytes: 512.0, processor: 0.399, most: f64::INFINITY };
        assert_eq!(deployment.api, api);
        let ingest = Function { megabytes: 256.0, processor: 0.846, most: 10.0 };
        assert_eq!(deployment.ingest, ingest);
        let delivery = Function { megabytes: 128.0, processor: 0.791, most: 200.0 };
        assert_eq!(deployment.delivery, delivery);
        let Deployment { tend_megabytes, alarms, log_retention_days, .. } = deployment;
        assert_eq!((tend_megabytes, alarms, log_retention_days), (1024.0, 1.0, 7.0));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Deployment::of(&TEMPLATE.replace("TendFunction", "Other"), PERFORMANCE);
        assert!(format!("{:#}", error.expect_err("missing")).contains("TendFunction"));
        let error = Deployment::of(TEMPLATE, &PERFORMANCE.replace("ingest ms", "ms"));
        assert!(format!("{:#}", error.expect_err("missing")).contains("performance.md"));
    }

    #[test]
    fn the_repositorys_files_are_read() {
        let workspace = Workspace::find().expect("the repository");
        Deployment::read(&workspace).expect("read");
    }
}
