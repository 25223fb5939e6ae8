//! The services of earlier runs.
//!
//! Each service has a record in `target/local/running` while it runs. A record counts only if its
//! process group still has a program of this checkout: process ids are reused, and other people's
//! programs must not be ended.

use crate::{
    process::{self, Group},
    workspace::{Workspace, write_private},
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The purpose of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// `up`; ends with it.
    Up,
    /// `up --detach`; ends with `down`.
    Detached,
    /// `stacks up`; ends with `stacks down`.
    Stacks,
    /// `test`; ends with it.
    Test,
}

impl Purpose {
    /// Whether it is part of a Grapnel that `up` started.
    pub(crate) const fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::Detached)
    }

    /// Whether a service stays when the program that started it ends.
    pub(crate) const fn stays(self) -> bool {
        matches!(self, Self::Detached | Self::Stacks)
    }
}

/// A started service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// A short name.
    pub(crate) name: String,
    pub(crate) purpose: Purpose,
    /// Its process group.
    pub(crate) group: i32,
    /// The program that started it.
    pub(crate) owner: u32,
    /// The port that it listens on.
    pub(crate) port: u16,
}

/// A running service with its record. Both go when this is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    group: Group,
    record: RecordFile,
    purpose: Purpose,
}

/// A record on disk, removed with its service.
#[derive(Debug)]
struct RecordFile {
    path: PathBuf,
    stays: bool,
}

impl Drop for RecordFile {
    fn drop(&mut self) {
        if !self.stays {
            // One that can't be removed is no harm: it names no program of ours any more.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Service {
    /// Records a group that has just been started.
    ///
    /// # Errors
    /// When the record can't be written; the group is ended then.
    pub(crate) fn record(
        workspace: &Workspace,
        group: Group,
        name: &str,
        purpose: Purpose,
        port: u16,
    ) -> Result<Self> {
        let record = Record {
            name: name.to_owned(),
            purpose,
            group: group.id(),
            owner: std::process::id(),
            port,
        };
        let file = file(workspace, group.id());
        write_private(&file, &serde_json::to_vec_pretty(&record)?)?;
        Ok(Self { group, record: RecordFile { path: file, stays: false }, purpose })
    }

    /// The process group.
    pub(crate) fn group(&mut self) -> &mut Group {
        &mut self.group
    }

    /// Leaves a service that was started to stay; ends any other.
    pub(crate) async fn release(mut self) {
        if self.purpose.stays() {
            self.record.stays = true;
            self.group.detach();
        } else {
            self.group.stop().await;
        }
    }
}

/// The services that run, after ending those whose owner is gone.
///
/// # Errors
/// When the process list can't be read.
pub(crate) fn survey(workspace: &Workspace) -> Result<Vec<Record>> {
    // The records first: a service that starts meanwhile has no record here, rather than no process.
    let records = records(workspace);
    let processes = Process::all()?;
    let mut running = Vec::new();
    for (file, record) in records {
        let ours = processes
            .iter()
            .any(|process| process.group == record.group && process.is_from(workspace.root()));
        let owned = processes
            .iter()
            .any(|process| process.id == record.owner && process.command.contains("xtask"));
        if ours && (owned || record.purpose.stays()) {
            running.push(record);
            continue;
        }
        if ours {
            process::end_group(record.group);
        }
        let _ = fs::remove_file(file);
    }
    Ok(running)
}

/// Ends what runs for these purposes, and what any run left behind. Returns what was ended.
///
/// # Errors
/// When the process list can't be read.
pub(crate) fn end_all(
    workspace: &Workspace,
    purposes: impl Fn(Purpose) -> bool,
) -> Result<Vec<Record>> {
    let mut running = survey(workspace)?;
    running.retain(|record| purposes(record.purpose));
    for record in &running {
        end(workspace, record);
    }
    Ok(running)
}

/// Ends one that a [`survey`] found.
pub(crate) fn end(workspace: &Workspace, record: &Record) {
    process::end_group(record.group);
    let _ = fs::remove_file(file(workspace, record.group));
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.local("running")
}

fn file(workspace: &Workspace, group: i32) -> PathBuf {
    folder(workspace).join(format!("{group}.json"))
}

fn records(workspace: &Workspace) -> Vec<(PathBuf, Record)> {
    let entries = fs::read_dir(folder(workspace)).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let record = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
            Some((entry.path(), record))
        })
        .collect()
}

/// A line of the process list.
#[derive(Debug)]
struct Process {
    id: u32,
    group: i32,
    command: String,
}

impl Process {
    /// Whether its command line names something in the checkout: the emulator's own Python, a
    /// function unpacked under `target/local`, this program.
    fn is_from(&self, root: &Path) -> bool {
        self.command.contains(&format!("{}/", root.display()))
    }

    /// All processes, from `/proc` where there is one, else from `ps`, which small Linux images lack.
    fn all() -> Result<Vec<Self>> {
        if Path::new("/proc/self/stat").exists() {
            let entries = fs::read_dir("/proc").context("reading the process list")?;
            return Ok(entries
                .flatten()
                .filter_map(|entry| Self::from_proc(&entry.path()))
                .collect());
        }
        let listing = Command::new("ps")
            .args(["-axo", "pid=,pgid=,command="])
            .output()
            .context("listing processes with ps")?;
        let listing = String::from_utf8_lossy(&listing.stdout);
        Ok(listing.lines().filter_map(Self::from_ps).collect())
    }

    fn from_proc(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        // The name before the last bracket may hold blanks and brackets of its own.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let group = fields.nth(2)?.parse().ok()?;
        let command = fs::read(folder.join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        Some(Self { id, group, command })
    }

    fn from_ps(line: &str) -> Option<Self> {
        let (id, rest) = line.trim_start().split_once(char::is_whitespace)?;
        let (group, command) = rest.trim_start().split_once(char::is_whitespace)?;
        Some(Self { id: id.parse().ok()?, group: group.parse().ok()?, command: command.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_list_holds_this_program_under_its_group() {
        let all = Process::all().expect("a process list");
        let this = all.iter().find(|process| process.id == std::process::id());
        let this = this.expect("this process");
        assert_eq!(this.group, rustix::process::getpgrp().as_raw_nonzero().get());
        assert!(this.command.contains("xtask"), "{}", this.command);
    }

    #[test]
    fn a_line_of_ps_is_read() {
        let line = "  4242   4200 /repo/target/tools/emulator/bin/python start.py --with 7";
        let process = Process::from_ps(line).expect("a process");
        assert_eq!((process.id, process.group), (4242, 4200));
        assert!(process.is_from(Path::new("/repo")));
        assert!(!process.is_from(Path::new("/rep")));
    }
}
