//! `cargo xtask package`: makes the package for AWS, without `sam build`.

use crate::{
    artifacts::{Artifact, FUNCTIONS, Function, pack},
    command, template,
    terminal::{self, Step},
    tools::{self, PythonTools},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{fs, path::Path};
use tokio::process::Command;

/// What to do with the package.
const NEXT: &str = "Deploy it with `aws cloudformation package` and `aws cloudformation deploy`:\n\
                    README.md, \"Deploy to AWS\", has both commands with their options.";

/// What to package for.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build for arm64, the template's default
    #[arg(long, conflicts_with = "x86_64")]
    arm64: bool,
    /// Build for x86_64; deploy with Architecture=x86_64 then
    #[arg(long = "x86-64")]
    x86_64: bool,
}

/// Builds the functions for Lambda and writes `target/package`: the zips, and a template for `aws
/// cloudformation package`.
///
/// # Errors
/// If a tool can't be installed or the build fails.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let architecture = if options.x86_64 { "x86_64" } else { "arm64" };
    let programs = tools::python(workspace, PythonTools::Package).await?;
    let folder = workspace.path("target/package");
    let built = workspace.path("target/lambda");

    let step = Step::begin_long(
        format!("Functions for {architecture}"),
        "compiling; the first time takes many minutes",
    );
    let mut build = Command::new(programs.join("cargo-lambda"));
    // Started directly, it still expects to be called as cargo's subcommand.
    build.args(["lambda", "build", "--release", "--output-format", "binary", "--lambda-dir"]);
    build.arg(&built).arg(format!("--{}", architecture.replace('_', "-")));
    for function in FUNCTIONS {
        build.args(["--package", function.program]);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        std::iter::once(programs.clone()).chain(std::env::split_paths(&path)),
    )?;
    build.current_dir(workspace.root()).env("PATH", path);
    command::run(&mut build, &step).await?;
    step.done("built");

    let mut artifacts = Vec::new();
    let mut sizes = Vec::new();
    for function in FUNCTIONS {
        let program = built.join(function.program).join("bootstrap");
        let artifact = Artifact { function, zip: pack(&program, 9)? };
        sizes.push(vec![
            file_name(function),
            megabytes(fs::metadata(&program)?.len()),
            megabytes(artifact.zip.len() as u64),
        ]);
        artifacts.push(artifact);
    }
    write(workspace, &folder, &artifacts)?;

    terminal::heading("In target/package");
    terminal::table(&["file", "program", "zip"], &sizes);
    println!("  template.yaml");
    println!("\n{NEXT}");
    Ok(())
}

/// Writes the zips, the state machine and a template that refers to them.
///
/// # Errors
/// If a file can't be read or written.
pub(crate) fn write(workspace: &Workspace, folder: &Path, artifacts: &[Artifact]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut places = Vec::new();
    for artifact in artifacts {
        let name = file_name(artifact.function);
        fs::write(folder.join(&name), &artifact.zip)?;
        places.push((artifact.function.code_uri, name));
    }
    let (path, name) = template::MACHINE;
    fs::copy(workspace.path(path), folder.join(name))?;
    places.push((path, name.to_owned()));
    let text =
        fs::read_to_string(workspace.path("template.yaml")).context("reading template.yaml")?;
    Ok(fs::write(folder.join("template.yaml"), template::point_at(&text, &places)?)?)
}

fn file_name(function: Function) -> String {
    format!("{}.zip", function.program)
}

fn megabytes(bytes: u64) -> String {
    // Sizes of programs are so small that a float is exact enough.
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let megabytes = bytes as f64 / 1_000_000.0;
    format!("{megabytes:.2} MB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_commands_that_the_end_recommends() {
        let readme = include_str!("../../README.md");
        let (_, section) = readme.split_once("\n## Deploy to AWS\n").expect("the section");
        let commands: Vec<&str> = NEXT.split('`').skip(1).step_by(2).collect();
        assert_eq!(commands.len(), 2);
        for command in commands {
            assert!(section.contains(&format!("{command} --template-file")), "{command}");
        }
    }
}
