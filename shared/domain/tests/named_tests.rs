//! `docs/security.md` and `docs/testing.md` name the tests that prove their statements. They exist.

use std::{fs, path::Path};

const SECURITY: &str = include_str!("../../../docs/security.md");
const TESTING: &str = include_str!("../../../docs/testing.md");

/// Every file that a document names, with the names that follow it up to the next file.
fn named(document: &str) -> Vec<(&str, Vec<&str>)> {
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    // Every second piece is between backticks.
    for quoted in document.split('`').skip(1).step_by(2) {
        let is_test = quoted.matches('_').count() >= 3
            && quoted
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
        // A browser's test is named by a sentence.
        let of_browser = quoted.contains(' ')
            && files.last().is_some_and(|(file, _)| file.ends_with(".test.js"));
        if quoted.ends_with(".rs") || quoted.ends_with(".test.js") {
            files.push((quoted, Vec::new()));
        } else if is_test || of_browser {
            files.last_mut().expect("a file before its tests").1.push(quoted);
        }
    }
    files
}

fn exist(document: &str) {
    let files = named(document);
    let tests: usize = files.iter().map(|(_, tests)| tests.len()).sum();
    assert!(
        files.len() >= 20 && tests >= 30,
        "{} files, {tests} tests: is this read?",
        files.len()
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, tests) in files {
        let text =
            fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        for test in tests {
            let begins = match file.ends_with(".js") {
                true => format!("test(\"{test}\","),
                false => format!("fn {test}("),
            };
            assert!(text.contains(&begins), "{file} has no test {test}");
        }
    }
}

#[test]
fn every_test_that_the_security_document_names_exists_in_its_file() {
    exist(SECURITY);
}

#[test]
fn every_test_that_the_testing_document_names_exists_in_its_file() {
    exist(TESTING);
}

#[test]
fn each_promise_of_reliability_has_its_row_in_testing() {
    let reliability = include_str!("../../../docs/reliability.md");
    let (_, section) = reliability.split_once("\n## Promises\n").expect("the promises");
    let (section, _) = section.split_once("\n#").expect("their end");
    let title = |line: &str| {
        let (number, rest) = line.split_once(". **")?;
        let number: u32 = number.parse().ok()?;
        Some(format!("| {number}. {} |", rest.split_once("**")?.0.trim_end_matches('.')))
    };
    let promises: Vec<String> = section.lines().filter_map(title).collect();
    assert!(promises.len() >= 7, "{promises:?}");
    for promise in promises {
        assert!(TESTING.contains(&promise), "docs/testing.md has no row `{promise}`");
    }
}
