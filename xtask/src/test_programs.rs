//! The test programs of one package.
//!
//! `cargo test --package` resolves the features of dependencies for that package alone, so a run of the whole suite would
//! compile most of them again. So cargo builds for the whole workspace, as `cargo test` does, and the programs are started
//! directly.

use crate::{
    command::{self, Failed},
    terminal::Step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::{
    borrow::Cow,
    ffi::OsStr,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Which test programs of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// The unit tests of its library.
    Library,
    /// The tests in `tests/NAME` or `tests/NAME.rs`.
    Named(Cow<'static, str>),
}

/// For which packages cargo resolves features, and builds the targets of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// For a run of the whole suite: dependencies are compiled once.
    Workspace,
    /// For one test after a change: no other package's tests are compiled.
    Package(&'static str),
}

/// Test programs that are built.
#[derive(Debug)]
pub(crate) struct TestPrograms {
    /// Where cargo would start them.
    folder: PathBuf,
    programs: Vec<(Target, PathBuf)>,
}

impl TestPrograms {
    /// Builds test programs of the package in `folder`, a path from the workspace's root.
    ///
    /// # Errors
    /// When the build fails, with the compiler's messages, or the package has no such target.
    pub(crate) async fn build(
        workspace: &Workspace,
        folder: &str,
        selection: Selection,
        targets: &[Target],
    ) -> Result<Self> {
        let step = Step::begin_long("Tests", "compiling");
        let mut cargo = command::cargo();
        cargo.args(["test", "--no-run"]);
        match selection {
            Selection::Workspace => cargo.arg("--workspace"),
            Selection::Package(name) => cargo.args(["--package", name]),
        };
        cargo.args(["--message-format", "json-render-diagnostics"]);
        for target in targets {
            match target {
                Target::Library => cargo.arg("--lib"),
                Target::Named(name) => cargo.args(["--test", name.as_ref()]),
            };
        }
        cargo.current_dir(workspace.root());
        let messages = command::run(&mut cargo, &step).await?;
        step.done("built");
        let folder = workspace.path(folder);
        let programs = targets
            .iter()
            .map(|target| {
                let program = messages.lines().find_map(|line| built(line, &folder, target));
                let program = program.with_context(|| format!("cargo built no {target:?}"))?;
                Ok((target.clone(), program))
            })
            .collect::<Result<_>>()?;
        Ok(Self { folder, programs })
    }

    /// Runs the programs that `targets` names one after the other, with their output shown.
    ///
    /// # Errors
    /// When one of them fails. It does not stop the others.
    pub(crate) async fn run(
        &self,
        targets: &[Target],
        arguments: &[String],
        environment: &[(&str, &OsStr)],
    ) -> Result<()> {
        let mut failures = Vec::new();
        for (target, program) in self.programs.iter().filter(|(target, _)| targets.contains(target))
        {
            let mut tests = Command::new(program);
            tests.args(arguments).current_dir(&self.folder);
            tests.envs(environment.iter().copied());
            if let Err(error) = command::run_shown(&mut tests).await {
                failures.push(Failed::of(&format!("{target:?}"), error));
            }
        }
        Failed::all(failures)
    }
}

/// The program that a message of cargo's reports as built, if it has the tests of this target.
fn built(message: &str, folder: &Path, target: &Target) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        manifest_path: PathBuf,
        target: MessageTarget,
        profile: Profile,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct MessageTarget {
        kind: Vec<String>,
        name: String,
    }
    #[derive(Deserialize)]
    struct Profile {
        test: bool,
    }
    let message: Message = serde_json::from_str(message).ok()?;
    let kind = message.target.kind.first().map(String::as_str);
    let is_wanted = match target {
        Target::Library => kind == Some("lib"),
        Target::Named(name) => kind == Some("test") && message.target.name == *name,
    };
    let is_here = message.manifest_path.parent() == Some(folder);
    if is_wanted && is_here && message.profile.test { message.executable } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(folder: &str, kind: &str, name: &str, test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/w/{folder}/Cargo.toml",
            "target":{{"kind":["{kind}"],"name":"{name}"}},"profile":{{"test":{test}}},"executable":"/t/{name}"}}"#
        )
    }

    #[test]
    fn a_program_is_found_by_its_package_and_target() {
        let folder = Path::new("/w/tests");
        let it = &Target::Named("it".into());
        let found = |message: &str, target: &Target| built(message, folder, target);
        assert_eq!(found(&message("tests", "test", "it", true), it), Some("/t/it".into()));
        assert_eq!(found(&message("tests", "test", "ports", true), it), None);
        assert_eq!(found(&message("functions/delivery", "test", "it", true), it), None);
        assert_eq!(found(&message("tests", "lib", "it", true), it), None);
        assert_eq!(
            found(&message("tests", "lib", "grapnel_tests", true), &Target::Library),
            Some("/t/grapnel_tests".into())
        );
        let not_its_tests = message("tests", "lib", "grapnel_tests", false);
        assert_eq!(found(&not_its_tests, &Target::Library), None);
        assert_eq!(found(r#"{"reason":"build-finished","success":true}"#, it), None);
    }
}
