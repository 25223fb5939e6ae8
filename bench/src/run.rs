//! The whole measurement.

use crate::{
    case::{Case, number, publishing, starts},
    floor, growth, heaviest, instructions,
    machine::{self, Listening},
    peers,
    process::{API, DELIVERY, Function, INGEST},
    receiver::{Connections, Transport},
    report::{self, Row, Spread, table},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Requests of a floor.
const FLOOR_REQUESTS: usize = 50_000;

/// Measurements of the floor in each round: at its beginning, in its middle and at its end.
const FLOORS: usize = 3;

/// Deliveries of the two runs in which instructions are counted.
const COUNTED: [usize; 2] = [100, 300];

/// Starts of each function.
const STARTS: usize = 40;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder with the functions' release programs
    #[arg(long, hide = true)]
    programs: PathBuf,
    /// The file for the figures
    #[arg(long, hide = true)]
    output: PathBuf,
    /// Deliveries of each run, at least
    #[arg(long, default_value_t = 4000)]
    deliveries: usize,
    /// Runs of each case; the table has the median, the lowest and the highest
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Every combination of sizes, webhooks and batches, not only those of docs/performance.md
    #[arg(long)]
    all: bool,
    /// Only the cases whose description contains this, such as "500 B, 1 webhooks", and neither memory nor growth
    #[arg(long)]
    only: Option<String>,
    /// Do not count instructions, even if valgrind is there
    #[arg(long)]
    no_instructions: bool,
    #[command(flatten)]
    peers: peers::Options,
}

/// The cases of a measurement.
fn cases(all: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = |bytes, webhooks, batch, connections| Case {
        bytes,
        webhooks,
        batch,
        transport: Transport::Plain,
        connections,
    };
    for bytes in [500, 5_000] {
        for webhooks in [1, 10, 100] {
            for batch in [1, 10, 100] {
                let is_usual = batch == 10 || (bytes == 500 && webhooks < 100);
                if all || is_usual {
                    cases.push(plain(bytes, webhooks, batch, Connections::Kept));
                }
            }
        }
    }
    let new = [(1, 1), (1, 10), (10, 10)];
    cases.extend(new.map(|(webhooks, batch)| plain(500, webhooks, batch, Connections::New)));
    for (transport, connections) in [
        (Transport::Resumed, Connections::Kept),
        (Transport::Resumed, Connections::New),
        (Transport::FullHandshake, Connections::New),
    ] {
        cases.push(Case { transport, ..plain(500, 1, 10, connections) });
    }
    cases
}

/// Whether the instructions of a case are counted: valgrind takes half a minute for one.
fn is_counted(case: Case) -> bool {
    let is_plain = case.transport == Transport::Plain && case.connections == Connections::Kept;
    case.batch == 10 && case.webhooks <= 10 && is_plain
}

/// Measures, prints the table and writes the file.
///
/// # Errors
/// If a program cannot be run, or a measurement is void.
pub(crate) async fn run(options: &Options) -> Result<()> {
    ensure!(options.runs > 0 && options.deliveries > 0, "nothing is to be measured");
    let folder = tempfile::tempdir()?;
    let (programs, folder) = (options.programs.as_path(), folder.path());
    let began = jiff::Timestamp::now();
    let listening = Listening::begin()?;
    println!("{}\n{began}", machine::description());

    let wanted =
        |case: &Case| options.only.as_ref().is_none_or(|only| case.name().contains(only.as_str()));
    let cases: Vec<Case> = cases(options.all).into_iter().filter(wanted).collect();
    ensure!(!cases.is_empty(), "no case has this in its description");
    let mut rows: BTreeMap<Case, Row> = cases
        .iter()
        .map(|case| (*case, Row { case: *case, runs: Vec::new(), instructions: None }))
        .collect();
    let (mut floors, mut published, mut noises) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=options.runs {
        let listening = Listening::begin()?;
        for (place, case) in cases.iter().enumerate() {
            if place % cases.len().div_ceil(FLOORS) == 0 {
                floors.push(floor::measure(folder, FLOOR_REQUESTS, 500).await?);
            }
            println!("round {round} of {}: {}", options.runs, case.name());
            let run = case.run(programs, folder, options.deliveries).await;
            let run = run.with_context(|| case.name())?;
            if let Some(row) = rows.get_mut(case) {
                row.runs.push(run);
            }
        }
        published.push(publishing(programs, folder, 500, options.deliveries).await?);
        noises.push(listening.end()?);
    }

    // Only times depend on what else the machine does, and they have been taken.
    let noise = listening.end()?;

    let why_not = count_instructions(options, &mut rows, programs, folder).await?;
    let mut first_next = BTreeMap::new();
    for function in [API, INGEST, DELIVERY] {
        let found = starts(programs, folder, function, STARTS).await?;
        first_next.insert(function.program, Spread::of(found));
    }
    let (mut heaviest, mut growth) = (heaviest::Heaviest::default(), growth::Growth::default());
    if options.only.is_none() {
        heaviest = heaviest::measure(programs, folder).await?;
        if why_not.is_none() {
            growth = growth::measure(programs, folder).await?;
        }
    }
    let peers = peers::measure(&options.peers, folder, options.deliveries, options.runs).await?;

    let floor = Spread::of(floors);
    let api = Spread::of(published.iter().map(|taken| taken.cpu_ms()));
    let commit = commit(programs).await;
    let mut beside = vec![
        vec!["the floor, in the same run".to_owned(), format!("{} ms", floor.text(4))],
        vec![
            "the API function, an event by `POST /api/events`".to_owned(),
            format!("{} ms", api.text(3)),
        ],
    ];
    beside.extend(starts_rows(&first_next, programs)?);
    let run = format!(
        "Measured on {} with the release programs of {} on {}, with `{}`. Other work kept {:.2} cores busy, {:.1} s were \
         stolen, and the load average was {:.1}.",
        began.strftime("%-d %B %Y"),
        commit
            .as_deref()
            .map_or_else(|| "an unknown commit".to_owned(), |it| format!("commit {it}")),
        machine::description(),
        command_line(options),
        noise.others,
        noise.stolen,
        noise.load
    );
    let tables = [
        ("the run", run),
        ("figures", report::cases(&rows)),
        ("beside the figures", table(&["", ""], &beside)),
        ("instructions", report::instructions(&rows)),
        ("the heaviest batches", heaviest.text()),
        ("growth", growth.text()),
        ("peers", peers.text()),
    ];
    for (name, text) in &tables {
        println!("\n{name}:\n\n{}", text.trim());
    }
    if let Some(why) = &why_not {
        println!("Instructions are left out: {why}.");
    }

    let figures = json!({
        "tables": tables.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect::<serde_json::Map<_, _>>(),
        "machine": machine::description(),
        "began": began.to_string(),
        "commit": commit,
        "deliveries": options.deliveries,
        "floorMilliseconds": floor.json(),
        "cases": rows.values().map(Row::json).collect::<Vec<_>>(),
        "publishing": published.iter().map(|taken| taken.json()).collect::<Vec<_>>(),
        "firstNextMilliseconds": first_next
            .iter()
            .map(|(name, spread)| ((*name).to_owned(), spread.json()))
            .collect::<serde_json::Map<_, _>>(),
        "heaviestBatch": heaviest.json(),
        "growth": growth.json(),
        "instructionsLeftOut": why_not,
        "peers": peers.json(),
        "noise": noise.json(),
        "noiseOfRounds": noises.iter().map(|noise| noise.json()).collect::<Vec<Value>>(),
    });
    fs::write(&options.output, serde_json::to_vec_pretty(&figures)?)?;
    println!("All figures are in {}.", options.output.display());
    Ok(())
}

/// Counts instructions where that is possible. Returns why it is not.
async fn count_instructions(
    options: &Options,
    rows: &mut BTreeMap<Case, Row>,
    programs: &Path,
    folder: &Path,
) -> Result<Option<String>> {
    if options.no_instructions {
        return Ok(Some("as wished".to_owned()));
    }
    if let Err(why) = instructions::available().await {
        return Ok(Some(why));
    }
    for (case, row) in rows.iter_mut().filter(|(case, _)| is_counted(**case)) {
        println!("instructions: {}", case.name());
        row.instructions = Some(instructions::count(*case, COUNTED, programs, folder).await?);
    }
    Ok(None)
}

/// The starts and the sizes of the functions.
fn starts_rows(found: &BTreeMap<&str, Spread>, programs: &Path) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for Function { program, .. } in [API, INGEST, DELIVERY] {
        let start = found.get(program).map_or_else(String::new, |spread| spread.text(1));
        rows.push(vec![format!("`{program}`, exec to the first `next`"), format!("{start} ms")]);
    }
    for Function { program, .. } in [API, INGEST, DELIVERY] {
        let bytes = usize::try_from(fs::metadata(programs.join(program))?.len())?;
        let size = format!("{:.2} MB", number(bytes) / 1e6);
        rows.push(vec![format!("`{program}`, size of the program"), size]);
    }
    Ok(rows)
}

/// The command that measures this again.
fn command_line(options: &Options) -> String {
    let Options { deliveries, runs, all, only, no_instructions, .. } = options;
    let mut text = format!("cargo xtask bench --deliveries {deliveries} --runs {runs}");
    if *all {
        text.push_str(" --all");
    }
    if let Some(only) = only {
        text.push_str(&format!(" --only {only:?}"));
    }
    if *no_instructions {
        text.push_str(" --no-instructions");
    }
    text
}

/// The commit that was built, as far as git knows it.
async fn commit(programs: &Path) -> Option<String> {
    let mut git = tokio::process::Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=12"]).current_dir(programs);
    let output = git.output().await.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
