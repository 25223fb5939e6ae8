//! Checks that no partition is written out in what is deployed.
//!
//! AWS in China, GovCloud and the European Sovereign Cloud are separate partitions. A state machine
//! that calls `arn:aws:states:::…` can be deployed there, but each execution ends with
//! `States.Runtime`, which `States.ALL` does not catch.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// The beginning of an ARN in AWS's first partition.
const WRITTEN_OUT: &str = "arn:aws:";

/// The places in `template.yaml` and below `infra/` where a partition is written out.
///
/// # Errors
/// If a file can't be read.
pub(crate) fn written_out(workspace: &Workspace) -> Result<Vec<String>> {
    let mut found = Vec::new();
    look_in(&workspace.path("template.yaml"), &mut found)?;
    look_below(&workspace.path("infra"), &mut found)?;
    Ok(found)
}

fn look_below(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let is_deployed = path.extension().is_some_and(|extension| {
            ["json", "yaml", "yml"].iter().any(|deployed| extension == *deployed)
        });
        if path.is_dir() {
            look_below(&path, found)?;
        } else if is_deployed {
            look_in(&path, found)?;
        }
    }
    Ok(())
}

fn look_in(path: &Path, found: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    found.extend(lines(&text).map(|line| format!("{}:{line}", path.display())));
    Ok(())
}

/// The numbers of the lines with a partition.
fn lines(text: &str) -> impl Iterator<Item = usize> {
    let lines = text.lines().zip(1..);
    lines.filter(|(line, _)| line.contains(WRITTEN_OUT)).map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_writes_a_partition_out_is_named() {
        let text = "{\n  \"Resource\": \"arn:aws:states:::sqs:sendMessage\",\n  \"Other\": \"arn:${Partition}:states:::x\"\n}\n";
        assert_eq!(lines(text).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn nothing_that_is_deployed_writes_a_partition_out() {
        let workspace = Workspace::find().expect("the repository");
        assert_eq!(written_out(&workspace).expect("read"), Vec::<String>::new());
    }
}
