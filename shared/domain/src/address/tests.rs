//! Both sides of every edge of every range, and properties of all addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;
use rstest::rstest;

use super::refusal;

/// The ranges again, written independently of the tested table: the IANA registries, multicast, and
/// the blocks that embed IPv4 addresses.
const REFUSED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3ffe::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[rstest]
#[case::this_network("0.0.0.0", "0.255.255.255", "RFC 791")]
#[case::private_10("10.0.0.0", "10.255.255.255", "a private address (RFC 1918)")]
#[case::carrier_grade_nat("100.64.0.0", "100.127.255.255", "RFC 6598")]
#[case::loopback("127.0.0.0", "127.255.255.255", "loopback")]
#[case::link_local("169.254.0.0", "169.254.255.255", "link-local")]
#[case::private_172("172.16.0.0", "172.31.255.255", "RFC 1918")]
#[case::protocol_assignments("192.0.0.0", "192.0.0.255", "RFC 6890")]
#[case::test_net_1("192.0.2.0", "192.0.2.255", "documentation")]
#[case::as112("192.31.196.0", "192.31.196.255", "RFC 7535")]
#[case::amt("192.52.193.0", "192.52.193.255", "RFC 7450")]
#[case::relay_6to4("192.88.99.0", "192.88.99.255", "RFC 7526")]
#[case::private_192("192.168.0.0", "192.168.255.255", "RFC 1918")]
#[case::as112_direct("192.175.48.0", "192.175.48.255", "RFC 7534")]
#[case::benchmarking("198.18.0.0", "198.19.255.255", "RFC 2544")]
#[case::test_net_2("198.51.100.0", "198.51.100.255", "documentation")]
#[case::test_net_3("203.0.113.0", "203.0.113.255", "documentation")]
#[case::multicast("224.0.0.0", "239.255.255.255", "multicast")]
#[case::reserved("240.0.0.0", "255.255.255.254", "RFC 1112")]
#[case::broadcast("255.255.255.255", "255.255.255.255", "broadcast")]
#[case::unspecified("::", "::", "unspecified")]
#[case::loopback_v6("::1", "::1", "loopback")]
#[case::v4_compatible("::2", "::255.255.255.255", "IPv4-compatible")]
#[case::v4_mapped("::ffff:0:0", "::ffff:255.255.255.255", "IPv4-mapped")]
#[case::v4_translated("::ffff:0:0:0", "::ffff:0:ffff:ffff", "global unicast")]
#[case::local_nat64("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "RFC 8215")]
#[case::discard("100::", "100::ffff:ffff:ffff:ffff", "RFC 6666")]
#[case::dummy("100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "RFC 9780")]
#[case::teredo("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo")]
#[case::anycast("2001:1::", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 2928")]
#[case::benchmarking_v6("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "RFC 5180")]
#[case::amt_v6("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 7450")]
#[case::as112_v6("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "RFC 7535")]
#[case::orchid("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4843")]
#[case::orchid_v2("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 7343")]
#[case::drone("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 9374")]
#[case::assignments("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 2928")]
#[case::documentation("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 3849")]
#[case::six_to_four("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4")]
#[case::as112_direct_v6("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "RFC 7534")]
#[case::sixbone("3ffe::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 3701")]
#[case::documentation_2("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 9637")]
#[case::segment_routing("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 9602")]
#[case::unique_local("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4193")]
#[case::link_local_v6("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local")]
#[case::site_local("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local")]
#[case::multicast_v6("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast")]
#[case::below_global("100:0:0:2::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast")]
#[case::above_global("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast")]
#[case::above_segments("5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast")]
fn refuses_both_ends_of_a_range_and_says_why(
    #[case] first: &str,
    #[case] last: &str,
    #[case] reason: &str,
) {
    for end in [first, last] {
        let said = refusal(ip(end)).unwrap_or_else(|| panic!("{end} was allowed"));
        assert!(said.contains(reason), "{end}: {said}");
    }
}

#[rstest]
#[case::after_this_network("1.0.0.0")]
#[case::around_10("9.255.255.255")]
#[case::around_10("11.0.0.0")]
#[case::around_carrier_grade_nat("100.63.255.255")]
#[case::around_carrier_grade_nat("100.128.0.0")]
#[case::around_loopback("126.255.255.255")]
#[case::around_loopback("128.0.0.0")]
#[case::around_link_local("169.253.255.255")]
#[case::around_link_local("169.255.0.0")]
#[case::around_172("172.15.255.255")]
#[case::around_172("172.32.0.0")]
#[case::around_assignments("191.255.255.255")]
#[case::around_assignments("192.0.1.0")]
#[case::around_test_net_1("192.0.1.255")]
#[case::around_test_net_1("192.0.3.0")]
#[case::around_as112("192.31.195.255")]
#[case::around_as112("192.31.197.0")]
#[case::around_amt("192.52.192.255")]
#[case::around_amt("192.52.194.0")]
#[case::around_6to4_relay("192.88.98.255")]
#[case::around_6to4_relay("192.88.100.0")]
#[case::around_192("192.167.255.255")]
#[case::around_192("192.169.0.0")]
#[case::around_as112_direct("192.175.47.255")]
#[case::around_as112_direct("192.175.49.0")]
#[case::around_benchmarking("198.17.255.255")]
#[case::around_benchmarking("198.20.0.0")]
#[case::around_test_net_2("198.51.99.255")]
#[case::around_test_net_2("198.51.101.0")]
#[case::around_test_net_3("203.0.112.255")]
#[case::around_test_net_3("203.0.114.0")]
#[case::before_multicast("223.255.255.255")]
#[case::first_global_v6("2000::")]
#[case::before_assignments_v6("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
#[case::after_assignments_v6("2001:200::")]
#[case::around_documentation_v6("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")]
#[case::around_documentation_v6("2001:db9::")]
#[case::around_6to4("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
#[case::around_6to4("2003::")]
#[case::around_as112_v6("2620:4f:7fff:ffff:ffff:ffff:ffff:ffff")]
#[case::around_as112_v6("2620:4f:8001::")]
#[case::before_sixbone("3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
#[case::after_documentation_2("3fff:1000::")]
#[case::last_global_v6("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
fn allows_the_neighbours_of_a_range(#[case] neighbour: &str) {
    assert_eq!(refusal(ip(neighbour)), None, "{neighbour}");
}

#[rstest]
#[case::ec2_metadata("169.254.169.254")]
#[case::ec2_metadata_v6("fd00:ec2::254")]
#[case::container_credentials("169.254.170.2")]
#[case::lambda_runtime("127.0.0.1")]
#[case::mapped_metadata("::ffff:169.254.169.254")]
#[case::mapped_public("::ffff:8.8.8.8")]
#[case::isatap("2606:4700::5efe:a00:1")]
#[case::isatap_universal("2606:4700::200:5efe:808:808")]
fn refuses_the_addresses_that_attacks_aim_at(#[case] target: &str) {
    assert!(refusal(ip(target)).is_some(), "{target}");
}

#[rstest]
#[case("8.8.8.8")]
#[case("52.94.236.248")]
#[case("2606:4700:4700::1111")]
#[case::looks_like_isatap_elsewhere("2606:4700:0:5efe::1")]
fn allows_public_addresses(#[case] public: &str) {
    assert_eq!(refusal(ip(public)), None);
}

#[rstest]
#[case("64:ff9b::8.8.8.8", None)]
#[case("64:ff9b::1.0.0.0", None)]
#[case("64:ff9b::10.0.0.1", Some("NAT64"))]
#[case("64:ff9b::169.254.169.254", Some("NAT64"))]
#[case("64:ff9b::255.255.255.255", Some("NAT64"))]
#[case::outside_the_96("64:ff9b::1:808:808", Some("global unicast"))]
fn judges_a_nat64_address_by_the_ipv4_address_in_it(
    #[case] address: &str,
    #[case] reason: Option<&str>,
) {
    match (refusal(ip(address)), reason) {
        (None, None) => {}
        (Some(said), Some(reason)) => assert!(said.contains(reason), "{said}"),
        (said, expected) => panic!("{address}: {said:?}, expected {expected:?}"),
    }
}

fn listed(address: IpAddr) -> bool {
    REFUSED.iter().any(|net| {
        let net: IpNet = net.parse().expect("a network");
        net.contains(&address)
    })
}

proptest! {
    #[test]
    fn what_is_allowed_is_global_unicast_and_in_no_listed_range_v4(bits: u32) {
        let address = IpAddr::from(std::net::Ipv4Addr::from_bits(bits));
        prop_assert_eq!(refusal(address).is_none(), !listed(address), "{}", address);
    }

    #[test]
    fn what_is_allowed_is_global_unicast_and_in_no_listed_range_v6(bits: u128, fold: bool) {
        // Half of the samples are moved into 2000::/3, which random bits hit only one time in
        // eight.
        let bits = if fold { bits >> 3 | 1 << 125 } else { bits };
        let address = std::net::Ipv6Addr::from_bits(bits);
        if refusal(address.into()).is_none() {
            prop_assert_eq!(address.segments()[0] >> 13, 1, "{}", address);
            prop_assert!(!listed(address.into()), "{}", address);
        }
    }

    #[test]
    fn a_listed_range_holds_nothing_that_is_allowed(index in 0..REFUSED.len(), bits: u128) {
        let net: IpNet = REFUSED[index].parse().expect("a network");
        let address: IpAddr = match net {
            IpNet::V4(net) => {
                let host = bits as u32 & !u32::from(net.netmask());
                (u32::from(net.network()) | host).to_be_bytes().into()
            }
            IpNet::V6(net) => {
                let host = bits & !u128::from(net.netmask());
                (u128::from(net.network()) | host).to_be_bytes().into()
            }
        };
        prop_assert!(refusal(address).is_some(), "{} of {}", address, net);
    }
}
