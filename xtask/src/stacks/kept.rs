//! What `stacks up` left: a record of the emulators and of each stack's sources, and a lock for the
//! one program that may use them.

use crate::workspace::{Workspace, write_private};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{Read, Write},
    path::PathBuf,
};

/// The record. It is written when an emulator or a stack is ready, so it never names one that is
/// not.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The sources of the emulators.
    pub(crate) emulator_source: String,
    /// The emulators' process groups, by name.
    pub(crate) emulators: BTreeMap<String, i32>,
    /// The sources of each stack, by name.
    pub(crate) stacks: BTreeMap<String, String>,
}

impl Kept {
    /// The record of an earlier run; an empty one if it is missing or unreadable.
    pub(crate) fn read(workspace: &Workspace) -> Self {
        let note = fs::read(file(workspace)).unwrap_or_default();
        serde_json::from_slice(&note).unwrap_or_default()
    }

    /// # Errors
    /// The file system's error.
    pub(crate) fn write(&self, workspace: &Workspace) -> Result<()> {
        write_private(&file(workspace), &serde_json::to_vec_pretty(self)?)
    }

    /// Forgets everything.
    pub(crate) fn remove(workspace: &Workspace) {
        let _ = fs::remove_file(file(workspace));
    }
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.local("kept-stacks.json")
}

/// The right to use, change or end the test stacks. The operating system releases it when the
/// program ends in any way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// If another program has it, or the file can't be opened.
    pub(crate) fn take(workspace: &Workspace) -> Result<Self> {
        let path = workspace.local("stacks.lock");
        let open = || -> std::io::Result<File> {
            fs::create_dir_all(workspace.local(""))?;
            File::options().read(true).write(true).create(true).truncate(false).open(&path)
        };
        let mut file = open().with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                bail!(
                    "the test stacks of this checkout are in use by another cargo xtask (process {}): \
                     wait for it, or end it",
                    holder.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).context("locking the test stacks");
            }
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_at_a_time_has_the_stacks() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let first = Lock::take(&workspace).expect("free");
        let refused = Lock::take(&workspace).expect_err("taken").to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        Lock::take(&workspace).expect("free again");
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_a_damaged_one_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        assert_eq!(Kept::read(&workspace), Kept::default());
        let kept = Kept {
            emulator_source: "a".into(),
            emulators: [("emulator-test".to_owned(), 7)].into(),
            stacks: [("main".to_owned(), "b".to_owned())].into(),
        };
        kept.write(&workspace).expect("written");
        assert_eq!(Kept::read(&workspace), kept);
        fs::write(file(&workspace), r#"{"emulators":"#).expect("damaged");
        assert_eq!(Kept::read(&workspace), Kept::default());
    }
}
