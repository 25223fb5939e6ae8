//! The process at the other end of a connection.

use anyhow::{Context, bail, ensure};
use std::{fs, net::SocketAddr, path::Path};
use tokio::process::Command;

/// The name of a function's program.
const PROGRAM: &str = "bootstrap";

/// The state of a connection in the kernel's table: established.
const ESTABLISHED: &str = "01";

/// A connection between two programs of this machine, from the caller's side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connection {
    /// The caller's address. Its port alone is not enough: while this connection lasts, another
    /// process may have a connection from the same port to another address.
    pub(super) caller: SocketAddr,
    pub(super) called: SocketAddr,
}

/// Kills the function at the caller's end.
///
/// # Errors
/// If there is no process, if it is not a function, or if it cannot be killed.
pub(super) async fn kill_caller(connection: Connection) -> anyhow::Result<()> {
    let pid = if Path::new("/proc/net/tcp").exists() {
        owner(connection)?
    } else {
        owner_by_lsof(connection).await?
    };
    let listed = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output().await?;
    let program = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
    ensure!(program.ends_with(PROGRAM), "process {pid} is no function but {program}");
    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status().await?;
    ensure!(killed.success(), "process {pid} was not killed: {killed}");
    Ok(())
}

/// The process with the caller's socket, from Linux's `/proc`.
fn owner(Connection { caller, called }: Connection) -> anyhow::Result<u32> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    // Numbers are hexadecimal; the port follows the address.
    let [from, to] = [caller, called].map(|address| format!(":{:04X}", address.port()));
    let inode = table.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
        let fits = local.ends_with(&from) && remote.ends_with(&to) && state == ESTABLISHED;
        fits.then(|| fields.nth(5)).flatten()
    });
    let socket = format!("socket:[{}]", inode.context("no connection from there")?);
    let numbered = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let holds = |pid: &u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd"));
        let mut links = files.into_iter().flatten().flatten().map(|file| file.path().read_link());
        links.any(|link| link.is_ok_and(|link| link.to_str() == Some(&socket)))
    };
    let mut pids = fs::read_dir("/proc")?.flatten().filter_map(numbered);
    pids.find(holds).with_context(|| format!("nobody holds {socket}"))
}

/// The same on systems without `/proc`.
async fn owner_by_lsof(Connection { caller, called }: Connection) -> anyhow::Result<u32> {
    let port = format!("-iTCP:{}", caller.port());
    // A line for each process (`p` and its id), followed by one for each of its connections (`n`).
    let arguments = ["-nP", "-Fpn", &port, "-sTCP:ESTABLISHED"];
    let listed = Command::new("lsof").args(arguments).output().await.context("lsof")?;
    let end = format!("n{caller}->{called}");
    let mut pid = None;
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        if let Some(id) = line.strip_prefix('p') {
            pid = id.parse().ok();
        } else if line == end {
            return pid.context("an end of nobody's");
        }
    }
    bail!("no connection from there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_holder_of_a_connection_is_found() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let called = listener.local_addr().expect("an address");
        let ours = TcpStream::connect(called).await.expect("a connection");
        let _held = listener.accept().await.expect("its other end");
        let connection = Connection { caller: ours.local_addr().expect("an address"), called };
        if Path::new("/proc/net/tcp").exists() {
            assert_eq!(owner(connection).expect("a process"), std::process::id());
            // From the same port, but to another address.
            let elsewhere = SocketAddr::new(called.ip(), 1);
            owner(Connection { called: elsewhere, ..connection }).expect_err("nobody's");
        }
        let refused = kill_caller(connection).await.expect_err("this is no function").to_string();
        assert!(refused.contains("is no function"), "{refused}");
    }
}
