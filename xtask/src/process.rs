//! Programs that are started here end here.
//!
//! Each runs in its own process group with everything that it starts in turn, and the group is
//! ended as one: when its handle is dropped, on Ctrl-C, or by `down` after the fact.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How long a group is given to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A running program and all that it started.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Pid,
    /// Whether the group is ended with this handle.
    owned: bool,
}

impl Group {
    /// Starts `command` in a group of its own, with no input.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let id = id.with_context(|| format!("{name} ended at once"))?;
        Ok(Self { child, id, owned: true })
    }

    /// The group's id, which is its first process's.
    pub(crate) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// The first process, to take its pipes from.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the first process, and ends what it left running.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await?;
        if self.owned {
            // At once: later the id may be somebody else's.
            signal(self.id, Signal::KILL);
            self.owned = false;
        }
        Ok(status)
    }

    /// Whether the first process has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Leaves the group running after this program.
    pub(crate) fn detach(mut self) {
        self.owned = false;
    }

    /// Asks the group to end, and makes it after a few seconds.
    pub(crate) async fn stop(mut self) {
        signal(self.id, Signal::TERM);
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        // Dropping kills what is left of it.
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.owned {
            signal(self.id, Signal::KILL);
        }
    }
}

/// Ends a group that an earlier run started.
pub(crate) fn end_group(id: i32) {
    let Some(id) = Pid::from_raw(id) else { return };
    signal(id, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while rustix::process::test_kill_process_group(id).is_ok() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    signal(id, Signal::KILL);
}

fn signal(group: Pid, signal: Signal) {
    // The one error there is to expect is that it has ended already, which is what is wanted.
    let _ = kill_process_group(group, signal);
}

/// Ends when somebody wants this program to, and says how they put it.
///
/// # Errors
/// When signals can't be listened for.
pub(crate) async fn interrupted() -> Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
        _ = hang_up.recv() => "SIGHUP",
    })
}

/// Ends this program's process group as soon as its parent is gone. For programs that must not
/// outlive who started them, however that ended.
pub(crate) async fn end_with_parent(parent: u32) {
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
