//! Node.js, which runs the JavaScript in the documents.

use std::process::Command;

/// Node.js: the one that `cargo xtask test` installs and names in `GRAPNEL_NODE`, or that of the
/// machine. `None` if the machine has none, because `cargo test` alone must not require it.
#[expect(clippy::disallowed_methods, reason = "a tool of the tests, not a setting of a function")]
pub(crate) fn program() -> Option<String> {
    if let Ok(node) = std::env::var("GRAPNEL_NODE") {
        return Some(node);
    }
    match Command::new("node").arg("--version").output() {
        Ok(_) => Some("node".to_owned()),
        Err(_) => {
            eprintln!("Node.js is not installed; `cargo xtask test --only unit` brings it along");
            None
        }
    }
}
