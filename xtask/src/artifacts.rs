//! The functions in Lambda's format: one zip each, with the program as `bootstrap`.

use crate::{command, terminal::Step};
use anyhow::{Context, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A Lambda function of this repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    /// The name of its package and its program.
    pub(crate) program: &'static str,
    /// Its folder, as in `CodeUri` of the template.
    pub(crate) code_uri: &'static str,
}

pub(crate) const FUNCTIONS: [Function; 4] = [
    Function { program: "grapnel-api", code_uri: "functions/api" },
    Function { program: "grapnel-ingest", code_uri: "functions/ingest" },
    Function { program: "grapnel-delivery", code_uri: "functions/delivery" },
    Function { program: "grapnel-tend", code_uri: "functions/tend" },
];

/// The build profile of programs that run on this machine: the same as for tests, so nothing is
/// compiled twice.
pub(crate) const LOCAL_PROFILE: &str = "dev";

/// The build profile of packages for AWS, and of measurements.
pub(crate) const RELEASE_PROFILE: &str = "release";

#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    pub(crate) function: Function,
    pub(crate) zip: Vec<u8>,
}

impl Artifact {
    /// A name that changes only with the content.
    pub(crate) fn key(&self) -> String {
        let hash = hex::encode(Sha256::digest(&self.zip));
        format!("{}-{}.zip", self.function.program, &hash[..16])
    }
}

/// Builds the functions for this machine, for the emulator.
///
/// # Errors
/// If the build fails, with the compiler's messages.
pub(crate) async fn build_for_host(root: &Path, profile: &str) -> Result<Vec<Artifact>> {
    let step = compiling();
    let programs = build_functions(root, &step, profile).await?;
    step.say("packing");
    let artifacts: Result<Vec<Artifact>> = FUNCTIONS
        .into_iter()
        .zip(programs)
        .map(|(function, program)| Ok(Artifact { function, zip: pack(&program, 1)? }))
        .collect();
    let artifacts = artifacts?;
    step.done(format!("{} built", artifacts.len()));
    Ok(artifacts)
}

/// Builds the functions for this machine, and returns the folder with their programs.
///
/// # Errors
/// If the build fails, with the compiler's messages.
pub(crate) async fn programs_for_host(root: &Path, profile: &str) -> Result<PathBuf> {
    let step = compiling();
    let programs = build_functions(root, &step, profile).await?;
    let folder = programs.first().and_then(|program| program.parent()).map(Path::to_owned);
    step.done(format!("{} built", programs.len()));
    folder.context("cargo built no programs")
}

fn compiling() -> Step {
    let hint = format!("compiling {}; the first time takes some minutes", FUNCTIONS.len());
    Step::begin_long("Functions", &hint)
}

/// The programs, in the order of [`FUNCTIONS`].
async fn build_functions(root: &Path, step: &Step, profile: &str) -> Result<Vec<PathBuf>> {
    // Measurements use the features of dependencies that are shipped. Programs that only run here
    // share compiled dependencies with everything else: see the alias in .cargo/config.toml.
    let selection = if profile == LOCAL_PROFILE { "--bin" } else { "--package" };
    let mut arguments = vec!["--profile", profile];
    for function in FUNCTIONS {
        arguments.extend([selection, function.program]);
    }
    let mut programs = build(root, step, &arguments).await?;
    let mut program = |function: Function| {
        let program = programs.remove(function.program);
        program.with_context(|| format!("cargo built no program {}", function.program))
    };
    FUNCTIONS.into_iter().map(&mut program).collect()
}

/// Builds the command line for this machine, and returns its path. Unoptimised: it is for trying,
/// not for measurements.
///
/// # Errors
/// If the build fails, with the compiler's messages.
pub(crate) async fn build_cli(root: &Path) -> Result<PathBuf> {
    let step = Step::begin_long("Command line", "compiling");
    let mut programs = build(root, &step, &["--bin", "grapnel"]).await?;
    let program = programs.remove("grapnel").context("cargo built no program grapnel")?;
    step.done("built");
    Ok(program)
}

/// Builds, and returns the programs by their names.
async fn build(root: &Path, step: &Step, arguments: &[&str]) -> Result<HashMap<String, PathBuf>> {
    let mut cargo = command::cargo();
    cargo
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(arguments)
        .current_dir(root);
    let messages = command::run(&mut cargo, step).await?;
    Ok(messages.lines().filter_map(executable).collect())
}

/// Zips a program as `bootstrap`. The same program makes the same zip.
///
/// # Errors
/// If the program can't be read.
pub(crate) fn pack(program: &Path, level: i64) -> Result<Vec<u8>> {
    let content = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", options)?;
    zip.write_all(&content)?;
    Ok(zip.finish()?.into_inner())
}

/// The name and the path of the program in a message of cargo about a finished build.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    #[derive(Deserialize)]
    struct Message {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let message: Message = serde_json::from_str(message).ok()?;
    Some((message.target.name, message.executable?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_same_program_makes_the_same_executable() {
        let folder = std::env::temp_dir().join(format!("grapnel-pack-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let program = folder.join("program");
        fs::write(&program, "#!/bin/sh\n").expect("a file");
        let zip = pack(&program, 9).expect("a zip");
        // Its time and its permissions do not matter.
        fs::write(&program, "#!/bin/sh\n").expect("a file");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o600)).expect("permissions");
        assert_eq!(zip, pack(&program, 9).expect("a zip"));
        fs::remove_dir_all(&folder).expect("removed");
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("readable");
        let entry = archive.by_name("bootstrap").expect("there");
        assert_eq!(entry.unix_mode().expect("a mode") & 0o777, 0o755);
    }

    #[test]
    fn programs_are_found_among_cargos_messages() {
        let built = r#"{"reason":"compiler-artifact","target":{"name":"grapnel-api"},"executable":"/t/grapnel-api"}"#;
        assert_eq!(executable(built), Some(("grapnel-api".into(), "/t/grapnel-api".into())));
        let library =
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
