//! The built program, with a separate environment and home.

use anyhow::{Context, ensure};
use grapnel_tests::world::World;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Time limit of a command. A test of a webhook waits for ten seconds itself, and the doctor waits
/// for several deliveries, one after the other.
const LIMIT: Duration = Duration::from_secs(240);

#[derive(Debug, Clone)]
pub(super) struct Program {
    path: PathBuf,
    folder: Arc<TempDir>,
    environment: BTreeMap<String, String>,
}

/// The result of a run.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Program {
    /// For a world's user. The settings of this machine and a Grapnel that runs in this checkout
    /// have no effect, because the program's folder is outside it.
    pub(super) fn of(world: &World) -> anyhow::Result<Self> {
        let path =
            std::env::var_os("GRAPNEL_CLI").context("GRAPNEL_CLI: run `cargo xtask test`")?;
        let folder = Arc::new(tempfile::tempdir()?);
        let checkout = folder.path().ancestors().find(|it| it.join("template.yaml").is_file());
        ensure!(
            checkout.is_none(),
            "temporary files are in {checkout:?}: set TMPDIR to another place"
        );
        let program = Self { path: path.into(), folder, environment: BTreeMap::new() };
        Ok(program.with("GRAPNEL_URL", &world.stack.api_url).with("GRAPNEL_KEY", &world.key))
    }

    /// Its home and working folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// With this in its environment.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut program = self.clone();
        program.environment.insert(name.to_owned(), value.to_owned());
        program
    }

    /// Without this in its environment.
    pub(super) fn without(&self, name: &str) -> Self {
        let mut program = self.clone();
        program.environment.remove(name);
        program
    }

    fn command(&self, program: &Path) -> anyhow::Result<Command> {
        let mut path = self.path.parent().context("its folder")?.as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.folder())
            .env("PATH", path)
            .envs(&self.environment)
            .current_dir(self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    async fn ran(mut command: Command, input: &str) -> anyhow::Result<Ran> {
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().context("its input")?;
        // A program that does not read its input is not an error.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let ended = timeout(LIMIT, child.wait_with_output()).await.context("it does not end")??;
        Ok(Ran {
            code: ended.status.code(),
            stdout: String::from_utf8(ended.stdout)?,
            stderr: String::from_utf8(ended.stderr)?,
        })
    }

    /// Runs it.
    pub(super) async fn run(&self, words: &[&str]) -> anyhow::Result<Ran> {
        self.run_with(words, "").await
    }

    /// Runs it with this as its input.
    pub(super) async fn run_with(&self, words: &[&str], input: &str) -> anyhow::Result<Ran> {
        let mut command = self.command(&self.path)?;
        command.args(words);
        Self::ran(command, input).await.with_context(|| format!("{words:?}"))
    }

    /// Runs it, and returns its output if it succeeds.
    pub(super) async fn done(&self, words: &[&str]) -> anyhow::Result<String> {
        let ran = self.run(words).await?;
        ensure!(ran.code == Some(0), "{words:?}: {ran:?}");
        Ok(ran.stdout)
    }

    /// Like [`Self::done`], for the one object that it prints.
    pub(super) async fn json(&self, words: &[&str]) -> anyhow::Result<Value> {
        let text = self.done(&[words, &["--json"]].concat()).await?;
        serde_json::from_str(&text).with_context(|| text)
    }

    /// Runs a shell script in which it is `grapnel`; the script ends at the first failing line.
    pub(super) async fn script(&self, text: &str) -> anyhow::Result<Ran> {
        let mut command = self.command(Path::new("sh"))?;
        command.args(["-eu", "-c", text]);
        Self::ran(command, "").await
    }

    /// Starts it in the background.
    pub(super) async fn start(&self, words: &[&str]) -> anyhow::Result<Running> {
        let mut command = self.command(&self.path)?;
        let mut child = command.args(words).stderr(Stdio::inherit()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        Ok(Running { child, lines })
    }
}

/// The running program. It ends when this is dropped.
pub(super) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Its next line of JSON.
    pub(super) async fn line<T: DeserializeOwned>(&mut self, limit: Duration) -> anyhow::Result<T> {
        let line = timeout(limit, self.lines.next_line()).await.context("no line")??;
        let line = line.context("it has ended")?;
        serde_json::from_str(&line).with_context(|| line)
    }

    /// Presses Ctrl-C, and returns its exit code.
    pub(super) async fn interrupt(mut self, limit: Duration) -> anyhow::Result<Option<i32>> {
        let id = self.child.id().context("it has ended")?.to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await?;
        ensure!(sent.success(), "no signal was sent");
        Ok(timeout(limit, self.child.wait()).await.context("it goes on")??.code())
    }
}
