use super::*;
use std::fs;

/// A checkout in a temporary folder.
fn checkout(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

#[test]
fn lines_are_counted_by_crate_and_by_what_they_are_for() {
    let long = "// line\n".repeat(401);
    let checkout = checkout(&[
        ("Cargo.toml", ""),
        ("cli/Cargo.toml", ""),
        ("cli/src/main.rs", "mod a;\n#[cfg(test)]\nmod tests;\n"),
        ("cli/src/a.rs", "use super::b::B;\npub struct A;\n"),
        ("cli/src/tests.rs", "fn one() {}\nfn two() {}\n"),
        ("cli/tests/it.rs", "fn three() {}\n"),
        ("cli/examples/show.rs", "fn main() {}\n"),
        ("simulation/Cargo.toml", ""),
        ("simulation/src/lib.rs", &long),
        ("shared/domain/Cargo.toml", ""),
        ("shared/domain/src/lib.rs", "mod ports;\npub trait NoPort {}\n"),
        ("shared/domain/src/ports.rs", "mod a;\npub trait Clock {}\ntrait Inner {}\n"),
        ("shared/domain/src/ports/a.rs", "pub trait Keys {}\n"),
        ("xtask/Cargo.toml", ""),
        ("xtask/src/main.rs", "fn main() {}\n"),
        ("target/debug/Cargo.toml", ""),
        ("target/debug/src/lib.rs", "not Rust"),
    ]);
    let figures = Figures::of(checkout.path()).expect("figures");
    let names: Vec<&str> = figures.crates.keys().map(String::as_str).collect();
    assert_eq!(names, ["cli", "shared/domain", "simulation", "xtask"]);
    assert_eq!(figures.crates["cli"].all(), [3, 0, 5, 0, 1, 0, 5]);
    assert_eq!(figures.crates["xtask"].all(), [0, 0, 0, 0, 1, 0, 1]);
    assert_eq!(figures.total.all(), [9, 0, 5, 0, 2, 401, 10]);
    assert_eq!(figures.port_traits, 2);
    assert_eq!(figures.long, [("simulation/src/lib.rs".into(), 401)]);
    assert!(figures.circles.is_empty());
}
