//! Replaces paths in the template by built artifacts.
//!
//! There is one template. Every deployment, on AWS and on the emulator, uses that file with the
//! paths into the repository replaced by the artifacts' places; nothing else changes.

pub(crate) mod partitions;

use anyhow::{Result, ensure};

/// The state machine's definition, as in `DefinitionUri` of the template, and its name in the package.
pub(crate) const MACHINE: (&str, &str) = ("infra/wait.asl.json", "wait.asl.json");

/// The template with each path (`CodeUri`, `DefinitionUri`) replaced by a place.
///
/// # Errors
/// If a path is not in the template exactly once: the template and this program differ.
pub(crate) fn point_at(template: &str, places: &[(&str, String)]) -> Result<String> {
    let mut lines: Vec<String> = template.lines().map(str::to_owned).collect();
    for (path, place) in places {
        let mut found = 0;
        for line in &mut lines {
            let Some((key, value)) = line.split_once(": ") else { continue };
            let is_uri = matches!(key.trim_start(), "CodeUri" | "DefinitionUri");
            if is_uri && value.trim_end() == *path {
                *line = format!("{key}: {place}");
                found += 1;
            }
        }
        ensure!(found == 1, "template.yaml names {path} {found} times, not once");
    }
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{artifacts::FUNCTIONS, workspace::Workspace};

    #[test]
    fn every_artifact_of_the_template_is_replaced_and_nothing_else() {
        let workspace = Workspace::find().expect("the repository");
        let path = workspace.path("template.yaml");
        let template = std::fs::read_to_string(path).expect("the template");
        let mut places: Vec<(&str, String)> = FUNCTIONS
            .iter()
            .map(|function| (function.code_uri, format!("{}.zip", function.program)))
            .collect();
        places.push((MACHINE.0, MACHINE.1.to_owned()));
        let pointed = point_at(&template, &places).expect("all are there");
        let changed = template.lines().zip(pointed.lines()).filter(|(old, new)| old != new);
        let changed: Vec<_> = changed.map(|(_, new)| new.trim()).collect();
        assert_eq!(
            changed,
            [
                "CodeUri: grapnel-api.zip",
                "CodeUri: grapnel-ingest.zip",
                "CodeUri: grapnel-delivery.zip",
                "CodeUri: grapnel-tend.zip",
                "DefinitionUri: wait.asl.json"
            ]
        );
        let uris = pointed.lines().filter(|line| line.contains("Uri: "));
        // The integration's URI is an ARN, not a file.
        assert_eq!(uris.filter(|line| !line.contains("IntegrationUri")).count(), changed.len());
    }

    #[test]
    fn a_path_that_is_not_there_is_refused() {
        let error = point_at("CodeUri: a\n", &[("b", "c".to_owned())]).expect_err("refused");
        assert_eq!(error.to_string(), "template.yaml names b 0 times, not once");
    }
}
