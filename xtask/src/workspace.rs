//! Paths in the repository.

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The checkout from which this program was built. Everything that it installs, starts or writes is
/// under its `target`.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout.
    ///
    /// # Errors
    /// If it has been moved or removed since this program was built.
    pub(crate) fn find() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here
            .parent()
            .context("this program was not built in a workspace")?
            .canonicalize()
            .with_context(|| format!("{} is not there any more", here.display()))?;
        Ok(Self { root })
    }

    /// Another folder, for tests of what is written.
    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The repository's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path relative to the repository's folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The files that the tools write while they run: logs, the description of the stack.
    pub(crate) fn local(&self, name: &str) -> PathBuf {
        self.root.join("target/local").join(name)
    }

    /// The tools' installations.
    pub(crate) fn tools(&self, name: &str) -> PathBuf {
        self.root.join("target/tools").join(name)
    }
}

/// Writes a file that only its owner may read, in place of an existing one, and its folder.
///
/// # Errors
/// The file system's error, with the path.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    private_file(path)?.write_all(content).with_context(|| format!("writing {}", path.display()))
}

/// Opens an empty file that only its owner may read, in place of an existing one, and its folder.
///
/// # Errors
/// The file system's error, with the path.
pub(crate) fn private_file(path: &Path) -> Result<File> {
    let open = || -> std::io::Result<File> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        // The mode above applies only to a new file.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    };
    open().with_context(|| format!("writing {}", path.display()))
}
