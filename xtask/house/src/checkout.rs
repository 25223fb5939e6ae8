//! The crates of a checkout, and the files of each.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Folders without crates of the workspace.
const SKIPPED: [&str; 4] = ["target", "infra", "docs", "src"];

/// Crates that only tests use, and the black-box tests' own harness.
const SCAFFOLD: [&str; 6] = [
    "shared/testing",
    "shared/port-suite",
    "shared/receiver",
    "shared/hostile",
    "simulation",
    "tests",
];

/// Crates for contributors.
const TOOLING: [&str; 3] = ["bench", "xtask", "xtask/house"];

/// What code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Users run it.
    Product,
    /// It tests.
    Tests,
    /// Tests use it.
    Scaffold,
    /// Contributors run it.
    Tooling,
}

/// A package.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its folder, relative to the checkout.
    pub(crate) name: String,
    /// The files below `src`.
    pub(crate) sources: Vec<PathBuf>,
    /// The files of its integration tests and benchmarks.
    pub(crate) tests: Vec<PathBuf>,
    /// The files of its examples.
    pub(crate) examples: Vec<PathBuf>,
}

impl Package {
    /// What the code below `src` is for, tests excepted.
    pub(crate) fn purpose(&self) -> Purpose {
        let name = self.name.as_str();
        if SCAFFOLD.contains(&name) {
            Purpose::Scaffold
        } else if TOOLING.contains(&name) {
            Purpose::Tooling
        } else {
            Purpose::Product
        }
    }
}

/// All packages below a folder, in the order of their names.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let mut folders = Vec::new();
    find(root, &mut folders)?;
    folders.sort();
    let package = |folder: PathBuf| {
        let mut tests = rust_files(&folder.join("tests"))?;
        tests.extend(rust_files(&folder.join("benches"))?);
        Ok(Package {
            name: folder.strip_prefix(root)?.display().to_string(),
            sources: rust_files(&folder.join("src"))?,
            tests,
            examples: rust_files(&folder.join("examples"))?,
        })
    };
    folders.into_iter().map(package).collect()
}

/// Looks for folders that have both a `Cargo.toml` and a `src`.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !path.is_dir() || name.starts_with('.') || SKIPPED.contains(&&*name) {
            continue;
        }
        if path.join("Cargo.toml").is_file() && path.join("src").is_dir() {
            found.push(path.clone());
        }
        find(&path, found)?;
    }
    Ok(())
}

/// The files of a folder and of all below it; none if there is no such folder.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|it| Ok(it?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The sources of a commit in a temporary folder.
#[derive(Debug)]
pub(crate) struct Commit {
    folder: TempDir,
}

impl Commit {
    /// Takes them out of the repository.
    ///
    /// # Errors
    /// If there is no such commit, and if git or tar can't be run.
    pub(crate) fn unpack(root: &Path, commit: &str) -> Result<Self> {
        ensure!(!commit.starts_with('-'), "{commit} is not a commit");
        let folder = tempfile::tempdir()?;
        let mut archive = Command::new("git")
            .current_dir(root)
            .args(["archive", "--format=tar", commit])
            .stdout(Stdio::piped())
            .spawn()
            .context("running git")?;
        let tar = archive.stdout.take().context("git has no output")?;
        let unpacked = Command::new("tar")
            .args(["-x", "-C"])
            .arg(folder.path())
            .stdin(tar)
            .status()
            .context("running tar")?;
        ensure!(archive.wait()?.success(), "git archive {commit} failed");
        ensure!(unpacked.success(), "tar failed");
        Ok(Self { folder })
    }

    /// The folder, which goes with this value.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}
