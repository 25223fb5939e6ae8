//! Counts the calls and units of AWS that each path of a delivery costs, with the functions' own
//! code and the stand-in, and compares them with `paths.txt` beside this file.
//!
//! [`deployment`] wires the functions, over a [`connector`], and moves the clock on; [`waits`] ends what waits for a state
//! machine; [`paths`] has the paths; [`file`] writes and compares.

mod connector;
mod deployment;
mod file;
mod paths;
mod waits;

use std::path::Path;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guard/paths.txt");

async fn counted() -> String {
    let mut text = file::HEADER.to_owned();
    for path in paths::all() {
        text.push_str(&file::described(&paths::counted(&path).await));
    }
    text
}

#[tokio::test]
async fn no_path_costs_more_or_less_than_is_on_file() {
    let found = counted().await;
    let expected = std::fs::read_to_string(Path::new(FILE)).expect("the file");
    let differences = file::differences(&expected, &found);
    assert!(
        differences.is_empty(),
        "What a delivery costs has changed (- on file, + counted now):\n\n{differences}\n\
         If that is intended, write the file again, and say in the commit why:\n    \
         cargo test -p grapnel-bench --test guard -- --ignored accept\n\
         The bills of docs/cost.md follow from that file: cargo xtask cost --write\n"
    );
}

#[tokio::test]
#[ignore = "writes the file that the other test compares with"]
async fn accept() {
    std::fs::write(FILE, counted().await).expect("written");
}
