//! Runs the README's code that verifies signatures.

use grapnel_domain::signature::Secret;
use std::process::Command;

/// The README's code is a part of this program, so that it is compiled and run.
#[path = "../examples/verify.rs"]
#[expect(dead_code, reason = "the example is a program, and its `main` is not run here")]
mod example;
#[path = "support/node.rs"]
mod node;

const BODY: &str = r#"{"id":"evt_1","data":{"name":"Zoë"}}"#;

fn readme() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    std::fs::read_to_string(path).expect("the README is readable")
}

/// The code of the only fence in this language that defines `verify`.
fn snippet(language: &str) -> String {
    let readme = readme();
    let fence = format!("```{language}\n");
    let found: Vec<&str> = readme
        .split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|code| code.contains("verify"))
        .collect();
    assert_eq!(found.len(), 1, "one snippet in {language}");
    found[0].to_owned()
}

/// Runs `program` with an additional line of code that prints whether each signature verifies.
fn verdicts(program: &str, flag: &[&str], code: &str) -> String {
    let run = Command::new(program).args(flag).arg(code).output();
    let output = run.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_lowercase()
}

#[test]
fn the_python_snippet_tells_right_from_wrong() {
    let secret = Secret::from_random([3; 32]);
    let (key, right) = (secret.reveal(), secret.sign_body(BODY.as_bytes()));
    let code = format!(
        "{}\nbody = r'''{BODY}'''.encode()\nprint(verify('{key}', body, '{right}'), verify('{key}', body + b' ', '{right}'), verify('{key}', body, 'é'))",
        snippet("python")
    );
    assert_eq!(verdicts("python3", &["-c"], &code), "true false false");
}

#[test]
fn the_rust_snippet_is_compiled_and_tells_right_from_wrong() {
    let example = include_str!("../examples/verify.rs");
    let snippet = snippet("rust");
    let (imports, function) = snippet.split_once("\n\n").expect("imports, then the function");
    assert!(example.contains(imports) && example.contains(function.trim()), "the README differs");

    let secret = Secret::from_random([3; 32]);
    let right = secret.sign_body(BODY.as_bytes());
    for (body, signature, expected) in
        [(BODY, &*right, true), ("{}", &*right, false), (BODY, "é", false)]
    {
        let arguments = [secret.reveal(), body, signature].map(str::to_owned);
        assert_eq!(example::run(arguments), expected, "{body} {signature}");
    }
}

#[test]
fn the_javascript_snippet_tells_right_from_wrong() {
    let Some(node) = node::program() else { return };
    let secret = Secret::from_random([3; 32]);
    let (key, right) = (secret.reveal(), secret.sign_body(BODY.as_bytes()));
    let code = format!(
        "{}\nconst body = Buffer.from(String.raw`{BODY}`);\nconsole.log(verify('{key}', body, '{right}'), verify('{key}', Buffer.concat([body, body]), '{right}'), verify('{key}', body, 'é'));",
        snippet("js")
    );
    let flags = ["--input-type=module", "--eval"];
    assert_eq!(verdicts(&node, &flags, &code), "true false false");
}
