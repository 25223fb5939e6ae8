//! Remembers which installations are complete.

use anyhow::Result;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// The file that marks a complete installation.
const STAMP: &str = "installed";

/// Whether the installation in `folder` is complete and has these pins.
pub(super) fn is_installed(folder: &Path, pins: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == hash(pins))
}

/// Marks the installation in `folder` as complete.
pub(super) fn mark_installed(folder: &Path, pins: &str) -> Result<()> {
    Ok(fs::write(folder.join(STAMP), hash(pins))?)
}

fn hash(pins: &str) -> String {
    hex::encode(Sha256::digest(pins))
}
