//! Being asked to end.

use std::io;

/// What ends a program that would not end by itself: Ctrl-C, `kill`, and the end of its terminal.
/// From its making on, none of these ends the process at once.
pub(crate) struct Stop(Signals);

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None under `nohup`.
    hangup: Option<tokio::signal::unix::Signal>,
}
#[cfg(not(unix))]
type Signals = ();

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let hangup = (!hangup_is_ignored()).then(|| signal(SignalKind::hangup()));
            Ok(Self(Signals {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: hangup.transpose()?,
            }))
        }
        #[cfg(not(unix))]
        Ok(Self(()))
    }

    /// Ends when somebody wants this program to end, once for each time.
    pub(crate) async fn wanted(&mut self) {
        #[cfg(unix)]
        {
            let Signals { interrupt, terminate, hangup } = &mut self.0;
            let hangup = async {
                match hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether this program is to outlive its terminal: `nohup` starts it with the signal ignored.
/// Linux tells; elsewhere it is taken not to be.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is signal 1, SIGHUP.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}
