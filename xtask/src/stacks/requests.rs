//! Tests ask for their stacks: a name on one line of a connection, answered by `ready` or by what went wrong. The
//! stack itself is in the file then.
//!
//! So a test names its stack in one place, the call that asks for it, and nothing is deployed that no test asks for.

use super::Fleet;
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

/// How long a caller may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where tests ask.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
}

impl Door {
    /// # Errors
    /// When there is no port.
    pub(crate) async fn open() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await? })
    }

    /// Its address.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Deploys what is asked for, one after another, until this is dropped.
    pub(crate) async fn serve(&self, fleet: &mut Fleet<'_>) -> Infallible {
        loop {
            // A caller that went away has failed already, and a listener that fails once may work again.
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
