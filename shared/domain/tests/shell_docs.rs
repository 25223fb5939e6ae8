//! What the documents tell people to paste into a shell: one set of names, and nothing that is used
//! before it is set.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// The variables of all documents. `cargo xtask env` sets the first four; the command line reads them.
const NAMES: &[&str] = &[
    "GRAPNEL_URL",
    "GRAPNEL_KEY",
    "GRAPNEL_ADMIN_KEY",
    "GRAPNEL_RECEIVER",
    "GRAPNEL_USER",
    "GRAPNEL_SECRET",
];

/// What stands for the ids and tokens of earlier answers, outside of the README.
const FROM_ANSWERS: &[&str] = &["WEBHOOK", "DELIVERY", "EVENT", "KEY_ID", "TOKEN", "LINK_TOKEN"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A document's name and text.
fn documents() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(root().join("docs")).expect("the folder");
    let mut paths: Vec<PathBuf> = docs.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "md"));
    for document in ["README.md", "RELEASING.md", "examples/README.md"] {
        paths.push(root().join(document));
    }
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root()).expect("below it").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("readable"))
    };
    paths.iter().map(read).collect()
}

/// The shell code of a document.
fn fences(text: &str) -> Vec<&str> {
    text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// The variables that a line uses: `$NAME`, `${NAME}`. Awk's and jq's own are in lower case.
fn used(line: &str) -> Vec<&str> {
    let after = line.match_indices('$').map(|(at, _)| line[at + 1..].trim_start_matches('{'));
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase());
    after.map(name_at).filter(is_name).collect()
}

/// The variables that a line sets: `NAME=…`, `export NAME=…`, `read NAME`, and those of `xtask env`.
fn set(line: &str) -> Vec<&str> {
    if line.contains("cargo xtask env") {
        return NAMES[..4].to_vec();
    }
    let words = line.split([' ', '(', ';', '&']).filter(|word| word.contains('='));
    let mut names: Vec<&str> = words
        .filter_map(|word| {
            let name = name_at(word);
            (!name.is_empty() && word[name.len()..].starts_with('=')).then_some(name)
        })
        .collect();
    for word in ["read ", "read -r ", "for "] {
        names.extend(line.trim_start().strip_prefix(word).map(name_at));
    }
    names
}

#[test]
fn all_documents_use_one_set_of_names() {
    for (document, text) in documents() {
        let mut known: BTreeSet<&str> = NAMES.iter().copied().collect();
        if document != "README.md" {
            known.extend(FROM_ANSWERS);
        }
        for line in fences(&text).iter().flat_map(|code| code.lines()) {
            known.extend(set(line));
            for name in used(line) {
                let is_ours = !name.starts_with("GRAPNEL_") || NAMES.contains(&name);
                assert!(is_ours && known.contains(name), "{document}: ${name} in `{line}`");
            }
        }
    }
}

#[test]
fn the_readme_uses_no_variable_before_it_is_set() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("readable");
    let mut known = BTreeSet::new();
    for code in fences(&text) {
        for line in code.lines() {
            for name in used(line) {
                let sets_it = set(line).contains(&name);
                assert!(sets_it || known.contains(name), "${name} is not set before `{line}`");
            }
            known.extend(set(line));
        }
    }
    assert!(known.contains("HASH") && known.contains("BUCKET"), "{known:?}");
}

/// Otherwise the AWS CLI fails, or asks another region than that of the stack.
#[test]
fn the_region_is_set_before_aws_is_called() {
    for document in ["README.md", "docs/operate.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("readable");
        let mut lines = fences(&text).into_iter().flat_map(str::lines);
        let is_set = |line: &&str| line.contains("AWS_REGION=") || line.contains("xtask env --aws");
        let before: Vec<&str> = lines.by_ref().take_while(|line| !is_set(line)).collect();
        let calls = |line: &&str| line.starts_with("aws ") || line.contains("$(aws ");
        assert!(!before.iter().any(calls), "{document}: {before:?}");
        assert!(lines.any(|line| calls(&line)), "{document} calls AWS");
    }
}

/// zsh takes a comment in a pasted line for arguments, and a quote in it for the beginning of a text.
#[test]
fn comments_do_not_spoil_what_is_pasted() {
    for (document, text) in documents() {
        let lines = fences(&text).into_iter().flat_map(str::lines);
        let comments = lines.filter_map(|line| {
            let behind = line.split_once(" # ").map(|(_, comment)| comment);
            behind.or_else(|| line.strip_prefix("# "))
        });
        for comment in comments {
            assert!(!comment.contains(['\'', '"', '`']), "{document}: # {comment}");
            assert_ne!(document, "README.md", "# {comment}");
        }
    }
}

/// Without the first, curl shows a progress meter in a pipe; without the second, the prompt stands behind
/// the answer.
#[test]
fn curl_is_quiet_and_ends_its_answer_with_a_line_break() {
    let mut commands = 0;
    for (document, text) in documents() {
        for code in fences(&text) {
            for command in format!("\n{code}").split("\ncurl ").skip(1) {
                assert!(command.starts_with("-s "), "{document}: curl {command}");
                let is_ended =
                    ["-w '\\n'", "-o ", "-X DELETE"].iter().any(|it| command.contains(it));
                assert!(is_ended, "{document}: curl {command}");
                commands += 1;
            }
        }
    }
    assert!(commands > 20, "{commands}");
}

#[test]
fn what_is_to_be_pasted_is_a_shells_language() {
    for (document, text) in documents() {
        for code in fences(&text) {
            let checked = Command::new("sh").args(["-n", "-c", code]).output().expect("a shell");
            let said = String::from_utf8_lossy(&checked.stderr);
            assert!(checked.status.success(), "{document}: {said}\n{code}");
        }
    }
}
