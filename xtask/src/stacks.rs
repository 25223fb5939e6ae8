//! `cargo xtask stacks up|down`: the local AWS and the stacks of the black-box tests, kept between
//! runs.
//!
//! [`wanted`] lists the stacks. A [`Fleet`] deploys them, for one run or until `down`; the tests
//! request them through a [`Door`]. A kept stack is replaced if its functions or its template have
//! changed, so that no test uses old code.

mod fleet;
mod kept;
mod requests;
mod wanted;

use crate::{
    artifacts::{self, LOCAL_PROFILE},
    running::{self, Purpose},
    workspace::Workspace,
};
use anyhow::Result;
pub(crate) use fleet::Fleet;
use kept::{Kept, Lock};
pub(crate) use requests::Door;
use std::fs;
use wanted::{Reuse, STACKS};

/// What to do with the stacks of the black-box tests.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub(crate) enum Action {
    /// Bring them up, or up to date, and leave them running
    Up,
    /// Stop what `stacks up` left running
    Down,
}

/// # Errors
/// If another program uses the stacks, or they can't be built or deployed.
pub(crate) async fn run(workspace: &Workspace, action: Action) -> Result<()> {
    match action {
        Action::Up => up(workspace).await,
        Action::Down => down(workspace),
    }
}

async fn up(workspace: &Workspace) -> Result<()> {
    let artifacts = artifacts::build_for_host(workspace.root(), LOCAL_PROFILE).await?;
    let mut fleet = Fleet::find(workspace, &artifacts, true).await?;
    fleet.ensure_all(|stack| stack.reuse == Reuse::Kept).await?;
    let ready: Vec<&str> = fleet.ready().collect();
    println!("Up: {}.", ready.join(", "));
    let others = STACKS.iter().filter(|stack| stack.reuse == Reuse::EachRun);
    let others: Vec<&str> = others.map(|stack| stack.name).collect();
    println!("Deployed again for each run that asks for them: {}.", others.join(", "));
    println!("They stay up. Run tests on them with: cargo xtask test --only black-box -- NAME");
    println!("Stop them with: cargo xtask stacks down");
    fleet.release().await
}

fn down(workspace: &Workspace) -> Result<()> {
    let _lock = Lock::take(workspace)?;
    let ended = running::end_all(workspace, |purpose| purpose == Purpose::Stacks)?;
    Kept::remove(workspace);
    let _ = fs::remove_file(workspace.local("test-stacks.json"));
    if ended.is_empty() {
        println!("No stacks were up.");
    }
    for record in ended {
        println!("Stopped the {} of the test stacks (process {}).", record.name, record.group);
    }
    Ok(())
}
