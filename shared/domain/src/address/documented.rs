//! `docs/security.md` lists the refused addresses and the documents that reserve them. These tests
//! compare the list with the code.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::prelude::*;

use super::{SPECIAL_V4, SPECIAL_V6, refusal};

const SECURITY: &str = include_str!("../../../../docs/security.md");

/// The possible values of the table's last column; the text below the tables explains them.
const REGISTRIES: [&str; 5] = [
    "IPv4 special-purpose",
    "IPv6 special-purpose",
    "IPv4 address space",
    "IPv6 address space",
    "IPv6 unicast assignments",
];

#[derive(Debug)]
struct Row {
    net: IpNet,
    reason: String,
    registry: String,
}

/// The rows of the tables whose first column is a range.
fn rows() -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [range, what, document, registry] = cells[..] else { return None };
        let net = range.strip_prefix('`')?.strip_suffix('`')?.parse().ok()?;
        Some(Row { net, reason: format!("{what} ({document})"), registry: registry.to_owned() })
    };
    SECURITY.lines().filter(|line| line.starts_with('|')).filter_map(row).collect()
}

#[test]
fn the_tables_are_the_codes() {
    let documented: Vec<_> = rows().into_iter().map(|row| (row.net, row.reason)).collect();
    let v4 = SPECIAL_V4.iter().map(|(net, reason)| (IpNet::from(*net), (*reason).to_owned()));
    let v6 = SPECIAL_V6.iter().map(|(net, reason)| (IpNet::from(*net), (*reason).to_owned()));
    assert_eq!(documented, v4.chain(v6).collect::<Vec<_>>());
}

#[test]
fn every_row_names_a_registry_that_is_explained() {
    for row in rows() {
        assert!(REGISTRIES.contains(&row.registry.as_str()), "{row:?}");
        assert!(SECURITY.contains(&format!("*{}*", row.registry)), "{row:?}");
    }
}

/// The address in the middle of `net`.
fn middle(net: &IpNet) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            Ipv4Addr::from_bits(first + (last - first) / 2).into()
        }
        IpNet::V6(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            Ipv6Addr::from_bits(first + (last - first) / 2).into()
        }
    }
}

#[test]
fn the_ends_and_the_middle_of_every_row_are_refused_for_what_it_says() {
    let rows = rows();
    for row in &rows {
        for address in [row.net.network(), middle(&row.net), row.net.broadcast()] {
            let first = rows.iter().find(|row| row.net.contains(&address)).expect("its own row");
            assert_eq!(refusal(address), Some(first.reason.as_str()), "{address} of {}", row.net);
        }
    }
}

/// The document's rules, implemented again from its text.
fn documented(address: IpAddr, rows: &[Row]) -> bool {
    let listed = |address: IpAddr| rows.iter().any(|row| row.net.contains(&address));
    let IpAddr::V6(v6) = address else { return listed(address) };
    let segments = v6.segments();
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return listed(Ipv4Addr::from_bits(v6.to_bits() as u32).into());
    }
    let unassigned = !(0x2000..0x4000).contains(&segments[0]);
    let isatap = segments[5] == 0x5efe && [0, 0x200].contains(&segments[4]);
    listed(address) || unassigned || isatap
}

/// Addresses on both sides of every edge, where a wrong prefix would show.
#[test]
fn nothing_else_is_refused_beside_a_row() {
    let rows = rows();
    let mut neighbours = Vec::new();
    for row in &rows {
        let (first, last) = (row.net.network(), row.net.broadcast());
        let (below, above): (Option<IpAddr>, Option<IpAddr>) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (
                first.to_bits().checked_sub(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
                last.to_bits().checked_add(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
            ),
            (IpAddr::V6(first), IpAddr::V6(last)) => (
                first.to_bits().checked_sub(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
                last.to_bits().checked_add(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
            ),
            _ => unreachable!("a network is of one family"),
        };
        neighbours.extend(below.into_iter().chain(above));
    }
    assert!(neighbours.iter().any(|address| refusal(*address).is_none()));
    for address in neighbours {
        assert_eq!(refusal(address).is_some(), documented(address, &rows), "{address}");
    }
}

proptest! {
    #[test]
    fn an_ipv4_address_is_refused_if_and_only_if_the_document_says_so(bits: u32) {
        let address = Ipv4Addr::from_bits(bits).into();
        prop_assert_eq!(refusal(address).is_some(), documented(address, &rows()), "{}", address);
    }

    #[test]
    fn an_ipv6_address_is_refused_if_and_only_if_the_document_says_so(bits: u128, kind in 0..5) {
        // Random bits are rarely in an assigned block, or in one that embeds an IPv4 address.
        let bits = match kind {
            0 => bits >> 3 | 1 << 125,
            1 => bits as u32 as u128 | 0x64_ff9b << 96,
            2 => bits >> 3 & !(0xffff_ffff << 32) | 1 << 125 | 0x5efe << 32,
            3 => bits >> 16 | 0x2001 << 112,
            _ => bits,
        };
        let address = Ipv6Addr::from_bits(bits).into();
        prop_assert_eq!(refusal(address).is_some(), documented(address, &rows()), "{}", address);
    }
}
