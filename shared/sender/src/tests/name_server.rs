//! A scripted name server on this machine.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use tokio::{net::UdpSocket, task::JoinHandle};

use crate::dns::SystemNames;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// The answer to a question.
#[derive(Clone, Debug)]
pub(super) enum Says {
    /// These records. An empty list means that the name has no record of the kind.
    Addresses(Vec<IpAddr>),
    /// An alias, and the addresses of its target.
    Alias(&'static str, Vec<IpAddr>),
    /// An error code: 2 is `SERVFAIL`, 3 `NXDOMAIN`, 5 `REFUSED`.
    Code(u8),
    /// No answer.
    Silence,
}

pub(super) fn addresses(list: &[&str]) -> Says {
    let parsed = list.iter().map(|ip| ip.parse().expect("an address"));
    Says::Addresses(parsed.collect())
}

/// A running name server. A name without a script does not exist.
pub(super) struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl NameServer {
    /// Answers questions about `name`: `v4` for A records, `v6` for AAAA records.
    pub(super) async fn start(name: &'static str, v4: Says, v6: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let script = HashMap::from([((name, A), v4), ((name, AAAA), v6)]);
        let server = tokio::spawn(async move {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let query = &packet[..length];
                let (name, kind, end) = question(query);
                let says = script.get(&(&*name, kind)).cloned();
                seen.lock().expect("no panic").push(format!("{name} {kind}"));
                if let Some(answer) = reply(&query[..end], says.unwrap_or(Says::Code(3))) {
                    socket.send_to(&answer, from).await.expect("room to answer");
                }
            }
        });
        Self { address, asked, server }
    }

    /// The sender's resolver, with this server.
    pub(super) fn names(&self) -> Arc<SystemNames> {
        names_at(self.address)
    }

    /// The questions so far, as `name kind`, sorted.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().expect("no panic").clone();
        asked.sort();
        asked
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The sender's resolver, with the server at `address`.
pub(super) fn names_at(address: SocketAddr) -> Arc<SystemNames> {
    let mut connection = ConnectionConfig::udp();
    connection.port = address.port();
    let server = NameServerConfig::new(address.ip(), true, vec![connection]);
    Arc::new(SystemNames::of(ResolverConfig::from_name_servers(vec![server])))
}

/// The name and the kind of record in a question, and where the question ends.
fn question(query: &[u8]) -> (String, u16, usize) {
    let mut name = String::new();
    let mut at = 12;
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        name.push_str(&String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        name.push('.');
        at = end;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    (name, kind, at + 5)
}

/// Turns the head and the question of a query into a response (RFC 1035 section 4).
fn reply(query: &[u8], says: Says) -> Option<Vec<u8>> {
    let (code, alias, found) = match says {
        Says::Addresses(found) => (0, None, found),
        Says::Alias(alias, found) => (0, Some(alias), found),
        Says::Code(code) => (code, None, Vec::new()),
        Says::Silence => return None,
    };
    let records = found.len() + usize::from(alias.is_some());
    let mut packet = query.to_vec();
    packet[2] |= 0x80;
    packet[3] = 0x80 | code;
    packet[4..12].copy_from_slice(&[0, 1, 0, u8::try_from(records).expect("few"), 0, 0, 0, 0]);
    // A pointer to the name in the question, or to the alias.
    let mut owner = vec![0xc0, 12];
    if let Some(alias) = alias {
        let target: Vec<u8> = alias
            .split_terminator('.')
            .flat_map(|label| {
                [&[u8::try_from(label.len()).expect("short")], label.as_bytes()].concat()
            })
            .chain([0])
            .collect();
        record(&mut packet, &owner, CNAME, &target);
        owner = target;
    }
    for address in found {
        match address {
            IpAddr::V4(ip) => record(&mut packet, &owner, A, &ip.octets()),
            IpAddr::V6(ip) => record(&mut packet, &owner, AAAA, &ip.octets()),
        }
    }
    Some(packet)
}

fn record(packet: &mut Vec<u8>, owner: &[u8], kind: u16, data: &[u8]) {
    packet.extend_from_slice(owner);
    packet.extend_from_slice(&kind.to_be_bytes());
    // Class IN, and a time to live of one minute.
    packet.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
    packet.extend_from_slice(&u16::try_from(data.len()).expect("short").to_be_bytes());
    packet.extend_from_slice(data);
}
