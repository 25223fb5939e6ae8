//! The memory of the functions' processes, from Linux's `/proc`.

use anyhow::Context;
use std::{collections::BTreeMap, fs, path::Path};

/// The memory of one function.
#[derive(Debug, Default)]
pub(crate) struct FunctionMemory {
    /// The name in the template, without `Function`.
    pub(crate) name: String,
    /// The number of its processes.
    pub(crate) processes: usize,
    /// The present memory of its largest process.
    pub(crate) resident_mb: f64,
    /// The peak memory of its largest process.
    pub(crate) peak_mb: f64,
}

/// The functions of a stack, found by the program that an emulator starts for each and by the name
/// that Lambda sets in its environment.
pub(crate) fn of_functions(stack: &str) -> anyhow::Result<Vec<FunctionMemory>> {
    let mut functions: BTreeMap<String, FunctionMemory> = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("memory is read on Linux only")? {
        let folder = entry?.path();
        let Some(name) = function_of(&folder, stack) else { continue };
        // A process may end between two reads.
        let Ok(status) = fs::read_to_string(folder.join("status")) else { continue };
        let function = functions.entry(name.clone()).or_default();
        function.name = name;
        function.processes += 1;
        function.resident_mb = function.resident_mb.max(megabytes(&status, "VmRSS:"));
        function.peak_mb = function.peak_mb.max(megabytes(&status, "VmHWM:"));
    }
    Ok(functions.into_values().collect())
}

/// `main-DeliveryFunction-26106AF7B7B97` is the function `delivery` of the stack `main`.
fn function_of(process: &Path, stack: &str) -> Option<String> {
    let program = fs::read_link(process.join("exe")).ok()?;
    if program.file_name()? != "bootstrap" {
        return None;
    }
    let environment = fs::read(process.join("environ")).ok()?;
    let environment = String::from_utf8_lossy(&environment);
    let full = environment
        .split('\0')
        .find_map(|variable| variable.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="))?;
    let name = full.strip_prefix(stack)?.strip_prefix('-')?;
    Some(name.split_once("Function")?.0.to_lowercase())
}

fn megabytes(status: &str, field: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
