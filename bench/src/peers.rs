//! svix-server with its Postgres and Redis, measured in the same run, where paths to them are given:
//! what a delivery takes in each of the three programs.
//!
//! Each run has a new database and new processes. Fifty clients publish at once, as fast as
//! svix-server answers. Its settings are its own, but for plain HTTP to this machine, which it refuses
//! by default.

use crate::{
    case::number,
    receiver::{Connections, Receiver, Transport},
    report::{Spread, table},
    rest::Client,
    traffic::data,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    task::{JoinSet, LocalSet},
    time::sleep,
};

/// How long a program may take to start, and deliveries to arrive.
const PATIENCE: Duration = Duration::from_secs(120);

/// Clients that publish at once.
const CLIENTS: usize = 50;

/// Messages before the measurement begins.
const WARM_UP: usize = 200;

/// Of a second, in which the system counts processor time.
const TICK_MS: f64 = 10.0;

#[derive(Debug, clap::Args)]
#[group(id = "peers")]
pub(crate) struct Options {
    /// A release program of svix-server, to measure beside
    #[arg(long, requires = "postgres", requires = "redis_server")]
    svix_server: Option<PathBuf>,
    /// The folder with Postgres's programs initdb and postgres
    #[arg(long, requires = "svix_server")]
    postgres: Option<PathBuf>,
    /// The program redis-server
    #[arg(long, requires = "svix_server")]
    redis_server: Option<PathBuf>,
}

/// Milliseconds of processor time for a delivery.
#[derive(Debug, Clone, Copy)]
struct Run {
    svix: f64,
    postgres: f64,
    redis: f64,
    per_second: f64,
}

/// The runs by the number of endpoints.
#[derive(Debug)]
pub(crate) struct Peers(Vec<(usize, Vec<Run>)>);

impl Peers {
    pub(crate) fn text(&self) -> String {
        if self.0.is_empty() {
            return "svix-server was not measured: its path was not given.".to_owned();
        }
        let row = |(endpoints, runs): &(usize, Vec<Run>)| {
            let of = |of: fn(&Run) -> f64, digits| Spread::of(runs.iter().map(of)).text(digits);
            vec![
                endpoints.to_string(),
                of(|run| run.svix, 3),
                of(|run| run.postgres, 3),
                of(|run| run.redis, 3),
                of(|run| run.svix + run.postgres + run.redis, 3),
                of(|run| run.per_second, 0),
            ]
        };
        let columns = ["endpoints", "svix-server ms", "Postgres ms", "Redis ms", "all ms", "/s"];
        table(&columns, &self.0.iter().map(row).collect::<Vec<_>>())
    }

    pub(crate) fn json(&self) -> Value {
        let run = |run: &Run| {
            json!({
                "svixMilliseconds": run.svix, "postgresMilliseconds": run.postgres,
                "redisMilliseconds": run.redis, "perSecond": run.per_second,
            })
        };
        let of = |(endpoints, runs): &(usize, Vec<Run>)| json!({ "endpoints": endpoints, "runs": runs.iter().map(run).collect::<Vec<_>>() });
        self.0.iter().map(of).collect()
    }
}

/// Measures svix-server if its path is given.
pub(crate) async fn measure(
    options: &Options,
    folder: &Path,
    deliveries: usize,
    runs: usize,
) -> Result<Peers> {
    let Options { svix_server: Some(svix), postgres: Some(postgres), redis_server: Some(redis) } =
        options
    else {
        return Ok(Peers(Vec::new()));
    };
    let mut measured = Vec::new();
    for endpoints in [1, 10] {
        let mut of = Vec::new();
        for round in 1..=runs {
            println!("svix-server, round {round} of {runs}: 500 B, {endpoints} endpoints");
            let data = folder.join(format!("svix-{endpoints}-{round}"));
            fs::create_dir(&data)?;
            let programs = start(svix, postgres, redis, &data).await?;
            of.push(LocalSet::new().run_until(run(&programs, &data, endpoints, deliveries)).await?);
        }
        measured.push((endpoints, of));
    }
    Ok(Peers(measured))
}

/// The running programs.
struct Programs {
    svix: Child,
    postgres: Child,
    redis: Child,
    address: SocketAddr,
    token: String,
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn program(path: &Path, log: &Path) -> Result<Command> {
    let mut command = Command::new(path);
    let log = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    Ok(command)
}

async fn listening(address: SocketAddr, what: &str, log: &Path) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        let said = || fs::read_to_string(log).unwrap_or_default();
        ensure!(began.elapsed() < PATIENCE, "{what} did not start: {}", said());
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn start(svix: &Path, postgres: &Path, redis: &Path, data: &Path) -> Result<Programs> {
    let log = |name: &str| data.join(format!("{name}.log"));
    let database = data.join("postgres");
    let made = Command::new(postgres.join("initdb"))
        .args(["--username", "svix", "--auth", "trust", "--pgdata"])
        .arg(&database)
        .output()
        .await?;
    ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let (sql, cache, address) = (free_address()?, free_address()?, free_address()?);
    let mut command = program(&postgres.join("postgres"), &log("postgres"))?;
    command.arg("-D").arg(&database).arg("-k").arg(&database);
    command.args(["-h", "127.0.0.1", "-p", &sql.port().to_string(), "-N", "200"]);
    let postgres = command.spawn().context("starting postgres")?;
    listening(sql, "postgres", &log("postgres")).await?;
    let mut command = program(redis, &log("redis"))?;
    command.args(["--bind", "127.0.0.1", "--port", &cache.port().to_string()]);
    command.args(["--save", "", "--appendonly", "no"]).current_dir(data);
    let redis = command.spawn().context("starting redis-server")?;
    listening(cache, "redis-server", &log("redis")).await?;

    let environment = [
        ("SVIX_DB_DSN", format!("postgresql://svix@{sql}/postgres")),
        ("SVIX_REDIS_DSN", format!("redis://{cache}")),
        ("SVIX_QUEUE_TYPE", "redis".to_owned()),
        ("SVIX_JWT_SECRET", "a-secret-of-a-measurement".to_owned()),
        ("SVIX_LISTEN_ADDRESS", address.to_string()),
        ("SVIX_ENDPOINT_HTTPS_ONLY", "false".to_owned()),
        ("SVIX_WHITELIST_SUBNETS", "[\"127.0.0.0/8\"]".to_owned()),
        ("SVIX_LOG_LEVEL", "error".to_owned()),
    ];
    let made = Command::new(svix)
        .args(["jwt", "generate"])
        .envs(environment.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))))
        .output()
        .await?;
    let token = String::from_utf8_lossy(&made.stdout).split_whitespace().last().map(str::to_owned);
    let token = token.context("svix-server made no token")?;
    let mut command = program(svix, &log("svix"))?;
    command.arg("--run-migrations").envs(environment);
    let svix = command.spawn().context("starting svix-server")?;
    listening(address, "svix-server", &log("svix")).await?;
    Ok(Programs { svix, postgres, redis, address, token })
}

async fn run(programs: &Programs, data: &Path, endpoints: usize, deliveries: usize) -> Result<Run> {
    let receiver =
        Receiver::start(Transport::Plain, Connections::Kept, &data.join("unused.pem")).await?;
    let mut client = Client::connect(programs.address, &programs.token).await?;
    let app = client.post("/api/v1/app/", &json!({ "name": "bench" })).await?;
    let app = app["id"].as_str().context("the application has no id")?.to_owned();
    for number in 0..endpoints {
        let url = format!("{}/{number}", receiver.url());
        client.post(&format!("/api/v1/app/{app}/endpoint/"), &json!({ "url": url })).await?;
    }
    publish(programs, &app, WARM_UP).await?;
    arrived(&receiver, WARM_UP * endpoints).await?;

    let messages = deliveries.div_ceil(endpoints).max(CLIENTS);
    let cpu = |child: &Child| tree_ms(child.id().context("a program has ended")?);
    let of_all =
        || anyhow::Ok([cpu(&programs.svix)?, cpu(&programs.postgres)?, cpu(&programs.redis)?]);
    let (before, began) = (of_all()?, Instant::now());
    publish(programs, &app, messages).await?;
    arrived(&receiver, (WARM_UP + messages) * endpoints).await?;
    let wall = began.elapsed();
    let after = of_all()?;
    let count = number(messages * endpoints);
    let each = |place: usize| (after[place] - before[place]) / count;
    Ok(Run {
        svix: each(0),
        postgres: each(1),
        redis: each(2),
        per_second: count / wall.as_secs_f64(),
    })
}

async fn publish(programs: &Programs, app: &str, messages: usize) -> Result<()> {
    let path: Rc<str> = format!("/api/v1/app/{app}/msg/").into();
    let next = Rc::new(std::cell::Cell::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut client = Client::connect(programs.address, &programs.token).await?;
        let (path, next) = (Rc::clone(&path), Rc::clone(&next));
        clients.spawn_local(async move {
            while next.get() < messages {
                let number = next.replace(next.get() + 1);
                let payload: Value = serde_json::from_str(&data(number, 500))?;
                let body = json!({ "eventType": "order.created", "payload": payload });
                client.post(&path, &body).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    Ok(())
}

async fn arrived(receiver: &Receiver, requests: usize) -> Result<()> {
    let began = Instant::now();
    while receiver.requests() < requests as u64 {
        let (seen, waited) = (receiver.requests(), began.elapsed());
        ensure!(waited < PATIENCE, "{seen} of {requests} requests arrived");
        sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// The processor time of a process and all that it started, in milliseconds.
fn tree_ms(root: u32) -> Result<f64> {
    let mut parents = Vec::new();
    let mut ticks = 0.0;
    for entry in fs::read_dir("/proc")? {
        let Ok(stat) = fs::read_to_string(entry?.path().join("stat")) else { continue };
        let Some((head, fields)) = stat.rsplit_once(") ") else { continue };
        let id = head.split_once(' ').and_then(|(id, _)| id.parse::<u32>().ok());
        let fields: Vec<f64> =
            fields.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // The parent is the fourth field, and the times the fourteenth to the seventeenth.
        if let (Some(id), Some(parent), Some(times)) = (id, fields.first(), fields.get(10..14)) {
            parents.push((id, *parent as u32, times.iter().sum::<f64>()));
        }
    }
    let mut wanted = vec![root];
    while let Some(id) = wanted.pop() {
        for (other, parent, time) in &parents {
            if *other == id {
                ticks += time;
            }
            if *parent == id {
                wanted.push(*other);
            }
        }
    }
    Ok(ticks * TICK_MS)
}
