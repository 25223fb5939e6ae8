//! Tests request their stacks: a name on one line of a connection, answered by `ready` or by an
//! error. The stack is then described in the file.
//!
//! So a test names its stack in one place, the call that requests it, and only requested stacks are
//! deployed.

use super::fleet::Fleet;
use anyhow::{Context, Result};
use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Time limit of a caller's request.
const PATIENCE: Duration = Duration::from_secs(5);

/// The listener for tests.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
}

impl Door {
    /// # Errors
    /// If there is no free port.
    pub(crate) async fn open() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await? })
    }

    /// Its address.
    ///
    /// # Errors
    /// The operating system's error.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Deploys the requested stacks, one after another, until this is dropped.
    pub(crate) async fn serve(&self, fleet: &mut Fleet<'_>) -> Infallible {
        loop {
            // A caller that has closed has failed already, and a listener that fails once may work
            // again.
            if let Ok((caller, _)) = self.listener.accept().await {
                let _ = answer(caller, fleet).await;
            }
        }
    }
}

async fn answer(mut caller: TcpStream, fleet: &mut Fleet<'_>) -> Result<()> {
    let (from, mut to) = caller.split();
    let mut line = String::new();
    let mut reader = BufReader::new(from);
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await.context("a name")??;
    let answer = match fleet.ensure(line.trim()).await {
        Ok(()) => "ready".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    Ok(to.write_all(answer.as_bytes()).await?)
}
