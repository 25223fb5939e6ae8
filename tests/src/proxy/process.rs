//! The process at the other end of a connection.

use anyhow::{Context, ensure};
use std::{fs, net::SocketAddr, path::Path};
use tokio::process::Command;

/// What the program of a function is called.
const PROGRAM: &str = "bootstrap";

/// The state of a connection in the kernel's table: established.
const ESTABLISHED: &str = "01";

/// Kills the function that calls from this address of this machine.
///
/// # Errors
/// If nobody does, if it is not a function, or if it cannot be killed.
pub(super) async fn kill_caller(address: SocketAddr) -> anyhow::Result<()> {
    let pid = if Path::new("/proc/net/tcp").exists() {
        owner(address)?
    } else {
        owner_by_lsof(address).await?
    };
    let listed = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output().await?;
    let program = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
    ensure!(program.ends_with(PROGRAM), "process {pid} is no function but {program}");
    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status().await?;
    ensure!(killed.success(), "process {pid} was not killed: {killed}");
    Ok(())
}

/// The process that holds the socket, as Linux tells it.
fn owner(address: SocketAddr) -> anyhow::Result<u32> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    // Numbers are in hexadecimal; the port comes after the address.
    let port = format!(":{:04X}", address.port());
    let inode = table.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let local = fields.next()?;
        let state = fields.nth(1)?;
        let fits = local.ends_with(&port) && state == ESTABLISHED;
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

/// The same where there is no `/proc`.
async fn owner_by_lsof(address: SocketAddr) -> anyhow::Result<u32> {
    let connection = format!("-iTCP:{}", address.port());
    let arguments = ["-nP", "-t", &connection, "-sTCP:ESTABLISHED"];
    let listed = Command::new("lsof").args(arguments).output().await.context("lsof")?;
    let text = String::from_utf8_lossy(&listed.stdout);
    // Both ends are listed, and the other one is here.
    let mut pids = text.lines().filter_map(|line| line.trim().parse().ok());
    pids.find(|pid| *pid != std::process::id()).context("no connection from there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_holder_of_a_connection_is_found() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let there = listener.local_addr().expect("an address");
        let ours = TcpStream::connect(there).await.expect("a connection");
        let _held = listener.accept().await.expect("its other end");
        let address = ours.local_addr().expect("an address");
        if Path::new("/proc/net/tcp").exists() {
            assert_eq!(owner(address).expect("a process"), std::process::id());
        }
        let refused = kill_caller(address).await.expect_err("this is no function").to_string();
        assert!(!refused.is_empty());
    }
}
