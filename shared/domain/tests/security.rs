//! `docs/security.md` names the tests that show what it says. They exist.

use std::{fs, path::Path};

const SECURITY: &str = include_str!("../../../docs/security.md");

/// Every file that is named, with the names that follow it up to the next file.
fn named() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    // What stands between backticks is every second piece.
    for quoted in SECURITY.split('`').skip(1).step_by(2) {
        let is_test = quoted.matches('_').count() >= 3
            && quoted
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
        if quoted.ends_with(".rs") {
            files.push((quoted, Vec::new()));
        } else if is_test {
            files.last_mut().expect("a file before its tests").1.push(quoted);
        }
    }
    files
}

#[test]
fn every_test_that_is_named_exists_in_its_file() {
    let files = named();
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
            assert!(text.contains(&format!("fn {test}(")), "{file} has no test {test}");
        }
    }
}
