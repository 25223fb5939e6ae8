//! Remembers which installations are complete, and lets one program at a time install a tool.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

/// The file that marks a complete installation.
const STAMP: &str = "installed";

/// How often a program looks whether another one has installed the tool.
const LOOK: Duration = Duration::from_millis(200);

/// The folder of one tool. While this exists, no other program installs into it.
pub(super) struct ToolFolder<'a> {
    folder: &'a Path,
    _lock: File,
}

impl<'a> ToolFolder<'a> {
    /// Waits until no other program installs into the folder.
    pub(super) async fn take(folder: &'a Path) -> Result<Self> {
        Ok(Self { folder, _lock: lock(folder).await? })
    }

    /// Whether its installation is complete and has these pins.
    pub(super) fn is_installed(&self, pins: &str) -> bool {
        fs::read_to_string(self.folder.join(STAMP)).is_ok_and(|stamp| stamp == hash(pins))
    }

    /// Removes what an earlier installation left.
    pub(super) fn clear(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(self.folder)?;
        }
        Ok(())
    }

    /// Marks its installation as complete.
    pub(super) fn mark_installed(&self, pins: &str) -> Result<()> {
        Ok(fs::write(self.folder.join(STAMP), hash(pins))?)
    }
}

async fn lock(folder: &Path) -> Result<File> {
    let path = folder.with_extension("lock");
    let open = || -> std::io::Result<File> {
        fs::create_dir_all(folder.parent().unwrap_or(folder))?;
        File::options().write(true).create(true).truncate(false).open(&path)
    };
    let file = open().with_context(|| format!("opening {}", path.display()))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
    }
}

fn hash(pins: &str) -> String {
    hex::encode(Sha256::digest(pins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_program_at_a_time_installs_a_tool() {
        let folder = tempfile::tempdir().expect("a folder");
        let (tool, other) = (folder.path().join("tools/a"), folder.path().join("tools/b"));
        let first = lock(&tool).await.expect("free");
        lock(&other).await.expect("another tool");
        assert!(tokio::time::timeout(LOOK * 2, lock(&tool)).await.is_err(), "taken");
        drop(first);
        lock(&tool).await.expect("free again");
    }
}
