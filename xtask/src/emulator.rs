//! The local AWS: MiniStack, which runs a function's program as a plain process.
//!
//! It runs with IAM enforced, so that each function has exactly the rights of its role; with a
//! separate environment, because it passes its environment on to the functions; and with its
//! temporary files under `target/local`, where it unpacks the functions.

use crate::{
    http_client::HttpClient,
    process::Group,
    running::{Purpose, Service},
    tools::{self, PythonTools},
    workspace::{Workspace, private_file},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::process::Command;

/// The region that it simulates.
pub(crate) const REGION: &str = "us-east-1";

/// The access key and secret of the account's owner.
pub(crate) const CREDENTIALS: (&str, &str) = ("test", "test");

/// The name of its record.
pub(crate) const NAME: &str = "local AWS";

/// Time limit of its start. It takes less than a second if its files are in memory.
const START: Duration = Duration::from_secs(60);

/// How many lines of the log are shown if it does not start.
const LINES_OF_A_FAILURE: usize = 20;

/// The settings of an emulator.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    /// The folder of its Python.
    pub(crate) programs: &'a Path,
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
    /// Its purpose.
    pub(crate) purpose: Purpose,
    /// The factor for the seconds of a Step Functions wait.
    pub(crate) wait_scale: f64,
    /// The name of its log and its files. Two emulators at the same time need different names.
    pub(crate) name: &'a str,
}

/// A running emulator. It ends, functions included, when this is dropped.
#[derive(Debug)]
pub(crate) struct Emulator {
    service: Service,
    port: u16,
    log: PathBuf,
}

impl Emulator {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// If the port is taken or it does not start; with the end of its log.
    pub(crate) async fn start(workspace: &Workspace, settings: &Settings<'_>) -> Result<Self> {
        let Settings { programs, port, purpose, wait_scale, name } = *settings;
        ensure_free(port)?;
        let log = log(workspace, name);
        // The files of an earlier one are not needed.
        let temporary = workspace.local(&format!("{name}-files"));
        let _ = fs::remove_dir_all(&temporary);
        fs::create_dir_all(&temporary)?;
        let output = private_file(&log)?;

        let mut command = Command::new(programs.join("python"));
        command.arg("-u").arg(workspace.path("infra/emulator/start.py"));
        if !purpose.stays() {
            command.args(["--with", &std::process::id().to_string()]);
        }
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &temporary)
            .env("TMPDIR", &temporary)
            .env("LANG", "C.UTF-8")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AUTH", "true")
            // It would open port 8883 for devices.
            .env("IOT_MTLS_ENABLED", "0")
            .env("MINISTACK_REGION", REGION)
            .env("SFN_WAIT_SCALE", wait_scale.to_string())
            // For the functions, which get its environment.
            .env("AWS_ENDPOINT_URL", endpoint_url(port))
            .stdout(output.try_clone()?)
            .stderr(output)
            .current_dir(&temporary);
        // The place of certificates, if the machine has an unusual one: functions make requests.
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let group = Group::start(&mut command)?;
        let service = Service::record(workspace, group, NAME, purpose, port)?;
        let mut emulator = Self { service, port, log };
        emulator.wait_until_ready().await?;
        Ok(emulator)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let client = HttpClient::new();
        let ready = format!("{}/_ministack/ready", self.endpoint_url());
        let deadline = Instant::now() + START;
        while !client.is_ok(&ready).await {
            if let Some(status) = self.service.group().ended() {
                bail!("the local AWS ended at once ({status}):\n{}", self.end_of_log());
            }
            if Instant::now() > deadline {
                bail!("the local AWS did not answer in {START:?}:\n{}", self.end_of_log());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub(crate) fn endpoint_url(&self) -> String {
        endpoint_url(self.port)
    }

    /// Its log, which includes that of the functions.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Its process group.
    pub(crate) fn group(&mut self) -> &mut Group {
        self.service.group()
    }

    /// Lets it run if that is its purpose; otherwise ends it.
    pub(crate) async fn release(self) {
        self.service.release().await;
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES_OF_A_FAILURE)..].join("\n")
    }
}

/// The log of an emulator with this name, which includes that of its functions.
pub(crate) fn log(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.local(&format!("{name}.log"))
}

/// The endpoint of an emulator on this port.
pub(crate) fn endpoint_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Installs the emulator if necessary. Returns the folder of its programs.
///
/// # Errors
/// If it can't be installed.
pub(crate) async fn install(workspace: &Workspace) -> Result<PathBuf> {
    tools::python(workspace, PythonTools::Emulator).await
}

/// A free port of 127.0.0.1. Another program may take it before it is used; then the program that
/// should use it fails.
///
/// # Errors
/// If the operating system has none.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A free port of 127.0.0.1 that is used minutes later. It is below those that operating systems give to connections and to
/// programs that ask for any.
///
/// # Errors
/// If all are in use.
pub(crate) fn quiet_port() -> Result<u16> {
    const PORTS: std::ops::Range<u16> = 20_000..30_000;
    // Another run beside this one begins elsewhere.
    let first = usize::try_from(std::process::id())? % PORTS.len();
    let mut ports = PORTS.skip(first).chain(PORTS);
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.context("no port of 127.0.0.1 is free")
}

fn ensure_free(port: u16) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Asked twice: where the other listens on all interfaces, some systems let us bind beside it.
    let answers = TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok();
    if answers || TcpListener::bind(address).is_err() {
        bail!(
            "port {port} on 127.0.0.1 is taken by another program. Stop that, or choose another \
             port: cargo xtask up --port {}",
            if port == 4566 { 4600 } else { 4566 }
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_with_what_to_do() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = other.local_addr().expect("an address").port();
        let error = ensure_free(port).expect_err("taken").to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
        drop(other);
        ensure_free(port).expect("free again");
    }
}
