//! Python tools, each set in a separate virtual environment, pinned with hashes.

use super::stamp::ToolFolder;
use crate::{command, terminal::Step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

/// A set of Python programs with its pins in `infra/<name>/requirements.txt`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PythonTools {
    /// Checks dependencies.
    Cargo,
    /// The AWS CLI, which the README's commands call.
    AwsCli,
    /// The local AWS.
    Emulator,
    /// Checks the template.
    Lint,
    /// Another local AWS, for a second opinion on tables and queues.
    Moto,
    /// Builds for Lambda's processors.
    Package,
    /// Compares the API with its description.
    Schemathesis,
    /// Generates clients from the API's description, with the Java and the Node that run it.
    Clients,
}

impl PythonTools {
    const fn name(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::AwsCli => "awscli",
            Self::Emulator => "emulator",
            Self::Lint => "lint",
            Self::Moto => "moto",
            Self::Package => "package",
            Self::Schemathesis => "schemathesis",
            Self::Clients => "clients",
        }
    }

    /// A short name.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Cargo => "dependency checks",
            Self::AwsCli => "AWS CLI",
            Self::Emulator => "local AWS",
            Self::Lint => "template checks",
            Self::Moto => "moto",
            Self::Package => "cargo-lambda",
            Self::Schemathesis => "Schemathesis",
            Self::Clients => "client generators",
        }
    }

    /// The oldest Python for its packages.
    const fn oldest_python(self) -> (u8, u8) {
        match self {
            Self::Clients => (3, 11),
            _ => (3, 10),
        }
    }

    /// Installs the set unless it exists. Returns the folder of its programs, and what was done.
    pub(super) async fn install(
        self,
        workspace: &Workspace,
        step: &Step,
    ) -> Result<(PathBuf, &'static str)> {
        let folder = workspace.tools(self.name());
        let requirements = workspace.path(&format!("infra/{}/requirements.txt", self.name()));
        let pins = fs::read_to_string(&requirements)
            .with_context(|| format!("reading {}", requirements.display()))?;
        let programs = folder.join("bin");
        let tool = ToolFolder::take(&folder).await?;
        if tool.is_installed(&pins) && runs(&programs.join("python")).await {
            return Ok((programs, "installed"));
        }
        let python = find_python(self.oldest_python()).await?;
        tool.clear()?;
        step.say("making a virtual environment");
        let mut venv = Command::new(&python);
        venv.args(["-m", "venv"]).arg(&folder);
        command::run(&mut venv, step).await.with_context(|| {
            format!(
                "{python} can't make virtual environments; \
                 on Debian and Ubuntu: apt-get install python3-venv"
            )
        })?;
        step.say("downloading and installing");
        let mut pip = Command::new(programs.join("python"));
        // Every dependency is pinned with a hash, so none has to be resolved.
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
            .args(["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement"])
            .arg(&requirements);
        command::run(&mut pip, step).await.context("installing Python packages")?;
        tool.mark_installed(&pins)?;
        Ok((programs, "installed now"))
    }
}

/// Whether a program starts at all: a virtual environment breaks when its Python is removed.
async fn runs(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

/// The first Python on the path that is new enough.
async fn find_python((major, minor): (u8, u8)) -> Result<String> {
    let newest_first =
        ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
    for name in newest_first {
        let mut command = Command::new(name);
        command
            .args(["-c", &format!("import sys; sys.exit(sys.version_info < ({major}, {minor}))")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if command.status().await.is_ok_and(|status| status.success()) {
            return Ok(name.to_owned());
        }
    }
    bail!(
        "no Python {major}.{minor} or newer was found as python3; install one (on Debian and Ubuntu: \
         apt-get install python3 python3-venv; on macOS: brew install python) and run this again"
    )
}
