//! Programs that this program starts, and that end with it.
//!
//! Each runs in its own process group with everything that it starts, and the group is ended as a
//! whole: when its handle is dropped, on Ctrl-C, or later by `down`.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How long a group has to end before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A running program and all its processes.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Pid,
    /// Whether the group is ended when this handle is dropped.
    owned: bool,
    /// Whether its first process starts groups too, which it ends when it is asked to end.
    has_groups: bool,
}

impl Group {
    /// Starts `command` in a new group, without input.
    ///
    /// # Errors
    /// If it can't be started.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let id = id.with_context(|| format!("{name} ended at once"))?;
        Ok(Self { child, id, owned: true, has_groups: false })
    }

    /// Starts this program once more, with these arguments. Its groups end with it.
    ///
    /// # Errors
    /// If it can't be started.
    pub(crate) fn start_again(command: &mut Command) -> Result<Self> {
        let mut group = Self::start(command)?;
        group.has_groups = true;
        Ok(group)
    }

    /// The group's id, which is that of its first process.
    pub(crate) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// The first process, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the first process, and ends the processes that it left running.
    ///
    /// # Errors
    /// The operating system's error.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await?;
        if self.owned {
            // At once: later the id may belong to another group.
            signal(self.id, Signal::KILL);
            self.owned = false;
        }
        Ok(status)
    }

    /// Whether the first process has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Lets the group run after this program ends.
    pub(crate) fn detach(mut self) {
        self.owned = false;
    }

    /// Asks the group to end, and kills it after a few seconds.
    pub(crate) async fn stop(mut self) {
        signal(self.id, Signal::TERM);
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        // Dropping kills the rest of it.
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.owned {
            return;
        }
        if self.has_groups {
            signal(self.id, Signal::TERM);
            wait_while(2 * GRACE, || self.ended().is_none());
        }
        signal(self.id, Signal::KILL);
    }
}

/// Ends a group that an earlier run started.
pub(crate) fn end_group(id: i32) {
    let Some(id) = Pid::from_raw(id) else { return };
    signal(id, Signal::TERM);
    wait_while(GRACE, || rustix::process::test_kill_process_group(id).is_ok());
    signal(id, Signal::KILL);
}

/// Asks a program to end, and waits until it has ended or the time is over that its own services may
/// take.
pub(crate) fn end_program(id: u32) {
    let Some(id) = Pid::from_raw(id.cast_signed()) else { return };
    let _ = rustix::process::kill_process(id, Signal::TERM);
    wait_while(2 * GRACE, || rustix::process::test_kill_process(id).is_ok());
}

/// Waits while something runs, for this time at most.
fn wait_while(longest: Duration, mut runs: impl FnMut() -> bool) {
    let deadline = Instant::now() + longest;
    while runs() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(group: Pid, signal: Signal) {
    // The only expected error is that it has already ended, which is the goal.
    let _ = kill_process_group(group, signal);
}

/// Returns when this program is asked to end, and by which signal.
///
/// # Errors
/// If it can't listen for signals.
pub(crate) async fn interrupted() -> Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM, as `cargo xtask down` sends it",
        _ = hang_up.recv() => "SIGHUP",
    })
}

/// Ends this program's process group when its parent has ended. For programs that must not outlive
/// their parent in any case.
pub(crate) async fn end_with_parent(parent: u32) {
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
