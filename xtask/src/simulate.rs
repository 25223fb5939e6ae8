//! `cargo xtask simulate`: more seeds than the tests take, one seed again, or what
//! `docs/reliability.md` and `docs/scale.md` have tables of.

use crate::{artifacts::LOCAL_PROFILE, command, workspace::Workspace};
use anyhow::{Result, ensure};

/// The document with most tables.
const DOCUMENT: &str = "docs/reliability.md";

/// The document with the tables of loads.
const SCALE: &str = "docs/scale.md";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// In place of seeds, one event's path with every fault in every call; prints the table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    crash_points: bool,
    /// In place of seeds, what so many deliveries to a dead endpoint cost; prints the table. A
    /// million take minutes and some gigabytes
    #[arg(long, group = "table", value_name = "DELIVERIES", conflicts_with_all = ["seeds", "from"])]
    dead_endpoint: Option<Option<u64>>,
    /// In place of seeds, how long a user's events take while another's endpoints hang; prints the
    /// table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    isolation: bool,
    /// In place of seeds, the effect on others of messages that kill their functions, and of outages;
    /// prints the table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    poison: bool,
    /// In place of seeds, how many requests are sent twice while DynamoDB throttles; prints the table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    throttling: bool,
    /// In place of seeds, what happens when one webhook gets more than it can take; prints the table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    ceiling: bool,
    /// In place of seeds, an outage of the largest receiver; prints the table
    #[arg(long, group = "table", conflicts_with_all = ["seeds", "from"])]
    outage: bool,
    /// Write the table into its document as well, and that of the deployed functions beside the
    /// crash points
    #[arg(long, requires = "table")]
    write: bool,
}

/// Runs the simulation with its output shown.
///
/// # Errors
/// If a run breaks a promise; the output explains it.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut simulation = command::cargo();
    simulation.args(["run", "--quiet", "--profile", LOCAL_PROFILE]);
    // By the program's name: see the alias in .cargo/config.toml.
    simulation.args(["--bin", "grapnel-simulation"]);
    simulation.current_dir(workspace.root());
    if let Some(Some(deliveries)) = options.dead_endpoint {
        ensure!(!options.write, "the document tells of numbers of its own: leave out yours");
        simulation.args(["--", "--dead-endpoint", &deliveries.to_string()]);
        return command::run_shown(&mut simulation).await;
    }
    simulation.arg("--");
    if options.crash_points {
        simulation.arg("--crash-points");
    } else if options.dead_endpoint.is_some() {
        simulation.arg("--dead-endpoint");
    } else if options.isolation {
        simulation.arg("--isolation");
    } else if options.poison {
        simulation.arg("--poison");
    } else if options.throttling {
        simulation.arg("--throttling");
    } else if options.ceiling {
        simulation.arg("--ceiling");
    } else if options.outage {
        simulation.arg("--outage");
    } else {
        simulation.args(["--seeds", &options.seeds.to_string()]);
        simulation.args(["--from", &options.from.to_string()]);
    }
    if options.write {
        let document = if options.ceiling || options.outage { SCALE } else { DOCUMENT };
        simulation.arg("--write").arg(workspace.path(document));
    }
    command::run_shown(&mut simulation).await?;
    if options.write && options.crash_points {
        let mut deployed = command::cargo();
        deployed
            .args(["run", "--quiet", "--example", "crash_points"])
            .arg("--")
            .arg(workspace.path(DOCUMENT))
            .current_dir(workspace.root());
        command::run_shown(&mut deployed).await?;
    }
    Ok(())
}
