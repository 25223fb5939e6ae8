//! Which IP addresses a request may go to: only globally reachable unicast addresses.
//!
//! This follows the IANA special-purpose address registries for IPv4 and IPv6, and is stricter in
//! two ways. The few registered blocks that are routed globally (AS112 sinks, AMT relays, the
//! anycast addresses in `192.0.0.0/24` and `2001::/23`) are refused as well: they are
//! infrastructure that a network may answer itself, and no receiver is there. And an IPv6 address
//! that contains an IPv4 address is always refused, because a router or the kernel may turn it into
//! traffic to that IPv4 address. The one exception is the well-known NAT64 prefix, through which an
//! IPv6-only network reaches the whole IPv4 internet: there the embedded address decides.
//!
//! IPv6 is closed by default: only `2000::/3`, the part that IANA assigns, is allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Returns why no request may be sent to `ip`; `None` if it is a globally reachable unicast
/// address.
///
/// The reason completes the sentence "`ip` is …" and names the document that reserves the block,
/// for example `a private address (RFC 1918)`.
#[must_use]
pub fn refusal(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => refusal_v4(ip),
        IpAddr::V6(ip) => refusal_v6(ip),
    }
}

fn refusal_v4(ip: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(net, _)| net.contains(&ip)).map(|(_, reason)| *reason)
}

fn refusal_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if NAT64.contains(&ip) {
        return refusal_v4(embedded_v4(ip)).map(|_| NAT64_REASON);
    }
    if let Some((_, reason)) = SPECIAL_V6.iter().find(|(net, _)| net.contains(&ip)) {
        return Some(reason);
    }
    if !GLOBAL_UNICAST.contains(&ip) {
        return Some("outside the global unicast range (RFC 4291)");
    }
    is_isatap(ip).then_some("an ISATAP address, which embeds an IPv4 address (RFC 5214)")
}

/// The IPv4 address in the last 32 bits.
fn embedded_v4(ip: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = ip.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// ISATAP marks its interface identifiers, under any prefix, with `0:5efe` or `200:5efe`.
fn is_isatap(ip: Ipv6Addr) -> bool {
    matches!(ip.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, _, _])
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// The first match gives the reason, so a block inside another comes before it.
const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "an address of \"this network\" (RFC 791)"),
    (v4(10, 0, 0, 0, 8), "a private address (RFC 1918)"),
    (v4(100, 64, 0, 0, 10), "a shared address behind carrier-grade NAT (RFC 6598)"),
    (v4(127, 0, 0, 0, 8), "a loopback address (RFC 1122)"),
    (v4(169, 254, 0, 0, 16), "a link-local address (RFC 3927)"),
    (v4(172, 16, 0, 0, 12), "a private address (RFC 1918)"),
    (v4(192, 0, 0, 0, 24), "reserved for protocol assignments (RFC 6890)"),
    (v4(192, 0, 2, 0, 24), "a documentation address (RFC 5737)"),
    (v4(192, 31, 196, 0, 24), "an AS112 sink (RFC 7535)"),
    (v4(192, 52, 193, 0, 24), "an AMT relay address (RFC 7450)"),
    (v4(192, 88, 99, 0, 24), "a 6to4 relay address (RFC 7526)"),
    (v4(192, 168, 0, 0, 16), "a private address (RFC 1918)"),
    (v4(192, 175, 48, 0, 24), "an AS112 sink (RFC 7534)"),
    (v4(198, 18, 0, 0, 15), "a benchmarking address (RFC 2544)"),
    (v4(198, 51, 100, 0, 24), "a documentation address (RFC 5737)"),
    (v4(203, 0, 113, 0, 24), "a documentation address (RFC 5737)"),
    (v4(224, 0, 0, 0, 4), "a multicast address (RFC 5771)"),
    (v4(255, 255, 255, 255, 32), "the broadcast address (RFC 919)"),
    (v4(240, 0, 0, 0, 4), "a reserved address (RFC 1112)"),
];

const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
const NAT64_REASON: &str =
    "a NAT64 address for an IPv4 address that is not globally reachable (RFC 6052)";

/// The first match gives the reason, so a block inside another comes before it. Addresses that are
/// not listed must be in [`GLOBAL_UNICAST`]; blocks outside it are listed for their reason.
const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (v6([0; 8], 128), "the unspecified address (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "the loopback address (RFC 4291)"),
    (v6([0; 8], 96), "an IPv4-compatible address (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "an IPv4-mapped address (RFC 4291)"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "a local NAT64 address (RFC 8215)"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "a discard-only address (RFC 6666)"),
    (v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "the dummy prefix (RFC 9780)"),
    (
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
        "a Teredo address, which embeds an IPv4 address (RFC 4380)",
    ),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "a benchmarking address (RFC 5180)"),
    (v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32), "an AMT relay address (RFC 7450)"),
    (v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48), "an AS112 sink (RFC 7535)"),
    (v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28), "an ORCHID, which is not routed (RFC 4843)"),
    (v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), "an ORCHID, which is not routed (RFC 7343)"),
    (v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28), "a drone identifier (RFC 9374)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved for protocol assignments (RFC 2928)"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "a documentation address (RFC 3849)"),
    (
        v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
        "a 6to4 address, which embeds an IPv4 address (RFC 3056)",
    ),
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), "an AS112 sink (RFC 7534)"),
    (v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16), "a returned 6bone address (RFC 3701)"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "a documentation address (RFC 9637)"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "a segment routing identifier (RFC 9602)"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a unique local address (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "a link-local address (RFC 4291)"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a site-local address (RFC 3879)"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast address (RFC 4291)"),
];

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
