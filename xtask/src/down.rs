//! `cargo xtask down`: ends what `up` started, in this or another terminal.

use crate::{
    process,
    running::{self, Purpose, Record},
    workspace::Workspace,
};
use anyhow::Result;
use std::{collections::BTreeSet, fs};

/// Ends the Grapnel that is up, and prints what was ended.
///
/// # Errors
/// If the process list can't be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let foreground = foreground(&running::survey(workspace)?);
    for owner in &foreground {
        process::end_program(*owner);
        println!("Stopped `cargo xtask up` (process {owner}).");
    }
    let ended = running::end_all(workspace, Purpose::is_up)?;
    let _ = fs::remove_file(workspace.local("stack.json"));
    if foreground.is_empty() && ended.is_empty() {
        println!("Nothing was running.");
    }
    for record in ended {
        println!("Stopped the {} (process {}).", record.name, record.group);
    }
    Ok(())
}

/// The `up` that run in a terminal. They end their services themselves, in order: one that finds a
/// service ended by somebody else takes that for a failure.
fn foreground(running: &[Record]) -> BTreeSet<u32> {
    running.iter().filter(|it| it.purpose == Purpose::Up).map(|it| it.owner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_up_in_a_terminal_is_ended_as_a_whole() {
        let record = |purpose, owner| Record {
            name: "receiver".to_owned(),
            purpose,
            group: 7,
            owner,
            port: 0,
        };
        let running = [
            record(Purpose::Up, 3),
            record(Purpose::Up, 3),
            record(Purpose::Detached, 4),
            record(Purpose::Test, 5),
            record(Purpose::Stacks, 6),
        ];
        assert_eq!(foreground(&running), BTreeSet::from([3]));
    }
}
