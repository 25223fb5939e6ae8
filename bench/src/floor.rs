//! The least that a delivery can take: to sign a body and to POST it over a connection that is kept,
//! in a process of its own, without an HTTP library.

use crate::{
    process::processor_time,
    receiver::{Connections, Receiver, Transport},
    traffic::data,
};
use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};
use tokio::process::Command;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    address: SocketAddr,
    requests: usize,
    bytes: usize,
}

/// Sends the requests, and prints the milliseconds of processor time that each took.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut stream = TcpStream::connect(options.address)?;
    stream.set_nodelay(true)?;
    let body = data(1, options.bytes);
    let mut answer = [0; 1024];
    let before = processor_time(std::process::id())?;
    for number in 0..options.requests {
        let (id, timestamp) = (format!("evt_{number:032}"), "1795000000");
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32])?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let request = format!(
            "POST /hook HTTP/1.1\r\nhost: receiver\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nwebhook-id: {id}\r\nwebhook-timestamp: {timestamp}\r\n\
             webhook-signature: v1,{signature}\r\n\r\n{body}",
            body.len(),
        );
        stream.write_all(request.as_bytes())?;
        // The answer has no body and comes in one piece.
        let read = stream.read(&mut answer)?;
        ensure!(answer[..read].ends_with(b"\r\n\r\n"), "an answer that was not expected");
    }
    let taken = processor_time(std::process::id())? - before;
    println!("{}", taken.as_secs_f64() * 1e3 / options.requests as f64);
    Ok(())
}

/// Measures it in a new process, and returns the milliseconds of a request.
pub(crate) async fn measure(folder: &Path, requests: usize, bytes: usize) -> Result<f64> {
    let receiver =
        Receiver::start(Transport::Plain, Connections::Kept, &folder.join("unused.pem")).await?;
    let output = Command::new(std::env::current_exe()?)
        .args(["floor", &receiver.address.to_string(), &requests.to_string(), &bytes.to_string()])
        .output()
        .await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)?.trim().parse().context("no figure")
}
