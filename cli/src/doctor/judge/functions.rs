//! The functions: whether they can run, whether all come from the stack's last deployments, and what
//! they log.

use crate::{
    aws::answer::Asked,
    doctor::{
        check::{Check, Verdict},
        facts::{Facts, Function},
    },
};
use std::time::Duration;

/// The most time between Lambda's end of a change and CloudFormation's record of it. A change that is
/// later than that was made by somebody else.
const RECORDED_WITHIN: Duration = Duration::from_secs(60);

/// Characters of a package's SHA-256 that are shown.
const CODE_CHARS: usize = 8;

/// Levels at which Lambda lets Grapnel's metrics through: lines without a level, which it takes for
/// `INFO`.
const LETS_METRICS_THROUGH: [&str; 3] = ["TRACE", "DEBUG", "INFO"];

/// A check of the functions' states, and one of their log levels.
pub(super) fn all(facts: &Facts) -> [Check; 2] {
    let (states, levels) = match (&facts.resources, facts.functions.as_slice()) {
        (Err(why), _) => (Verdict::unchecked(why), Verdict::unchecked(why)),
        (Ok(_), []) => {
            let verdict = Verdict::failed(
                "the stack has no function",
                "Name the stack that was deployed from Grapnel's template.",
            );
            (verdict.clone(), verdict)
        }
        (Ok(_), functions) => match known(functions) {
            Err(verdict) => (verdict.clone(), verdict),
            Ok(functions) => (states(&functions), log_levels(&functions)),
        },
    };
    [states.of("functions"), levels.of("log level")]
}

/// All functions, or why one is not known.
fn known(functions: &[(String, Asked<Function>)]) -> Result<Vec<(&str, &Function)>, Verdict> {
    let one = |(name, function): &'_ (String, Asked<Function>)| match function {
        Ok(_) => None,
        Err(why) => Some((name.clone(), why.clone())),
    };
    if let Some((_, why)) = functions.iter().find_map(one) {
        return Err(Verdict::unchecked(&why));
    }
    let known = functions.iter().filter_map(|(name, function)| {
        function.as_ref().ok().map(|function| (name.as_str(), function))
    });
    Ok(known.collect())
}

fn states(functions: &[(&str, &Function)]) -> Verdict {
    // `Inactive` is a function that nobody called for weeks; the next call wakes it.
    let is_ready = |it: &Function| matches!(it.state.as_str(), "Active" | "Inactive");
    let reason =
        |text: &Option<String>| text.as_ref().map_or_else(String::new, |it| format!(" ({it})"));
    let unready: Vec<String> = functions
        .iter()
        .filter(|(_, it)| !is_ready(it) || it.last_update != "Successful")
        .map(|(name, it)| {
            let (state, update) = (reason(&it.state_reason), reason(&it.last_update_reason));
            format!("{name} is {}{state}, its last update {}{update}", it.state, it.last_update)
        })
        .collect();
    if !unready.is_empty() {
        return Verdict::failed(
            unready.join("; "),
            "Wait while something is Pending or InProgress; otherwise mend the reason and deploy again.",
        );
    }
    let changed: Vec<&str> =
        functions.iter().filter(|(_, it)| is_foreign(it)).map(|(name, _)| *name).collect();
    if !changed.is_empty() {
        return Verdict::failed(
            format!(
                "changed by something else than the stack's deployment: {}",
                changed.join(", ")
            ),
            "Deploy the stack again, so that all functions are of the same version.",
        );
    }
    let last = functions.iter().filter_map(|(_, it)| it.changed_at).max();
    let last = last.map_or_else(String::new, |at| format!(", last changed {at}"));
    let names: Vec<String> = functions.iter().map(|(name, it)| with_code(name, it)).collect();
    Verdict::passed(format!("{} can run, as the stack deployed them{last}", names.join(", ")))
}

/// A function's name, and the beginning of its package's SHA-256 as Lambda shows it.
fn with_code(name: &str, function: &Function) -> String {
    match &function.code {
        Some(code) => {
            format!("{name} (code {})", code.chars().take(CODE_CHARS).collect::<String>())
        }
        None => name.to_owned(),
    }
}

/// Whether a function was changed after CloudFormation was done with it.
fn is_foreign(function: &Function) -> bool {
    match (function.changed_at, function.deployed_at) {
        (Some(changed), Some(deployed)) => changed > deployed.plus(RECORDED_WITHIN),
        _ => false,
    }
}

fn log_levels(functions: &[(&str, &Function)]) -> Verdict {
    let faults: Vec<String> = functions.iter().filter_map(|(name, it)| loses(name, it)).collect();
    if !faults.is_empty() {
        return Verdict::failed(
            faults.join("; "),
            "Set LogLevel of the stack instead of the function's own logging configuration, and deploy.",
        );
    }
    let mut levels: Vec<&str> =
        functions.iter().map(|(_, it)| it.log_level.as_deref().unwrap_or("not set")).collect();
    levels.sort_unstable();
    levels.dedup();
    match levels.as_slice() {
        [level @ ("debug" | "trace")] => Verdict::passed(format!(
            "{level}: each line costs; set LogLevel back when you have seen enough"
        )),
        [level] => Verdict::passed(*level),
        _ => Verdict::failed(
            format!("the functions differ: {}", levels.join(", ")),
            "Deploy the stack again: LogLevel holds for all of them.",
        ),
    }
}

/// The lines of a function's log that are lost because of Lambda's logging settings.
fn loses(name: &str, function: &Function) -> Option<String> {
    let format = function.log_format.as_deref().unwrap_or_default();
    if format != "JSON" {
        return Some(format!("{name} logs in the form \"{format}\", not JSON"));
    }
    let level = function.lambda_log_level.as_deref().unwrap_or_default();
    let metrics = LETS_METRICS_THROUGH.contains(&level);
    let debug =
        level != "INFO" || !matches!(function.log_level.as_deref(), Some("debug" | "trace"));
    match (metrics, debug) {
        (true, true) => None,
        (false, _) => {
            Some(format!("{name} loses its metrics: Lambda drops what is below \"{level}\""))
        }
        (true, false) => {
            Some(format!("{name} loses its debug lines: Lambda drops what is below INFO"))
        }
    }
}

#[cfg(test)]
#[path = "functions_tests.rs"]
mod tests;
