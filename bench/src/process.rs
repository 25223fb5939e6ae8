//! A function's program, started as Lambda starts it, and what the system says about its process.

use crate::lambda::Lambda;
use anyhow::{Context, Result, bail};
use grapnel_bench::template;
use hyper::body::Bytes;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// As long as a session token of Lambda: it is in each signed request.
const SESSION_TOKEN_BYTES: usize = 900;

/// A function of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its logical id.
    pub(crate) id: &'static str,
    /// Its program.
    pub(crate) program: &'static str,
}

pub(crate) const API: Function = Function { id: "ApiFunction", program: "grapnel-api" };
pub(crate) const INGEST: Function = Function { id: "IngestFunction", program: "grapnel-ingest" };
pub(crate) const DELIVERY: Function =
    Function { id: "DeliveryFunction", program: "grapnel-delivery" };

/// How to start a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start<'a> {
    /// The folder with the programs.
    pub(crate) programs: &'a Path,
    /// The folder for logs.
    pub(crate) folder: &'a Path,
    /// AWS's address.
    pub(crate) aws: &'a str,
    /// A certificate to trust, in a file.
    pub(crate) certificate: Option<&'a Path>,
    /// Counts instructions, and writes the count into this file when it ends.
    pub(crate) counted_in: Option<&'a Path>,
}

/// A running function.
#[derive(Debug)]
pub(crate) struct Running {
    lambda: Lambda,
    child: Child,
    log: PathBuf,
    /// From the start of its program until it asked for work.
    pub(crate) start: Duration,
}

impl Running {
    /// Starts a function and waits until it asks for work.
    pub(crate) async fn start(function: Function, start: Start<'_>) -> Result<Self> {
        let lambda = Lambda::start().await?;
        let program = start.programs.join(function.program);
        let mut command = match start.counted_in {
            None => Command::new(&program),
            Some(file) => {
                let mut valgrind = Command::new("valgrind");
                valgrind.arg("--tool=callgrind");
                valgrind.arg(format!("--callgrind-out-file={}", file.display())).arg(&program);
                valgrind
            }
        };
        let log = start.folder.join(format!("{}.log", function.program));
        command
            .env_clear()
            .envs(template::environment(function.id, start.aws))
            .env("AWS_LAMBDA_RUNTIME_API", lambda.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", function.program)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_ENDPOINT_URL", start.aws)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00")
            .env("AWS_SECRET_ACCESS_KEY", "example/of/a/secret/of/forty/characters0")
            .env("AWS_SESSION_TOKEN", "IQoJb3JpZ2lu".repeat(SESSION_TOKEN_BYTES / 12))
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::create(log.with_extension("err"))?)
            .kill_on_drop(true);
        if let Some(certificate) = start.certificate {
            command.env("SSL_CERT_FILE", certificate);
        }
        if start.counted_in.is_some() {
            command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        }
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let first = lambda.first_next().await.with_context(|| {
            let said = fs::read_to_string(log.with_extension("err")).unwrap_or_default();
            format!("{} did not start: {said}", function.program)
        })?;
        Ok(Self { lambda, child, log, start: first - began })
    }

    /// # Errors
    /// If it fails, or its process ends.
    pub(crate) async fn invoke(&mut self, body: impl Into<Bytes>) -> Result<Bytes> {
        tokio::select! {
            answer = self.lambda.invoke(body) => answer,
            ended = self.child.wait() => bail!("the function has ended: {}", ended?),
        }
    }

    /// Its processor time so far, in user mode and in the kernel.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        processor_time(self.child.id().context("the function has ended")?)
    }

    /// The most memory that it had so far, in MiB.
    pub(crate) fn peak_mib(&self) -> Result<f64> {
        let id = self.child.id().context("the function has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(kib.context("no VmHWM")? / 1024.0)
    }

    /// The bytes that it has logged so far.
    pub(crate) fn logged(&self) -> Result<u64> {
        Ok(fs::metadata(&self.log)?.len())
    }

    /// Ends it, so that valgrind writes its counts.
    pub(crate) async fn end(mut self) -> Result<()> {
        let id = self.child.id().context("the function has ended")?;
        let id = rustix::process::Pid::from_raw(i32::try_from(id)?).context("no process id")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        self.child.wait().await?;
        Ok(())
    }
}

/// The processor time of all threads of a process that run now.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let schedstat = fs::read_to_string(task?.path().join("schedstat"))?;
        let first = schedstat.split_whitespace().next().context("an empty schedstat")?;
        nanoseconds += first.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
