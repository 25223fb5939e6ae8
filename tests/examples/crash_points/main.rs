//! Writes the table of calls at which deployed functions are killed into a document: `crash_points
//! FILE`.

use anyhow::Context;
use grapnel_tests::crash;
use std::{env, fs};

fn main() -> anyhow::Result<()> {
    let path = env::args().nth(1).context("usage: crash_points FILE")?;
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    let text = crash::written_into(&text).context("it has no place for the table")?;
    Ok(fs::write(&path, text)?)
}
