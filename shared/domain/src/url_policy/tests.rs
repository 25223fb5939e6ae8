//! Tables of URLs and their faults.

use proptest::prelude::*;
use rstest::rstest;

use super::{MAX_URL_BYTES, UrlPolicy};
use crate::target_url::TargetUrl;

const STRICT: UrlPolicy = UrlPolicy { allow_http: false, allow_private: false };
const LOCAL: UrlPolicy = UrlPolicy { allow_http: true, allow_private: true };

fn faults(policy: UrlPolicy, raw: &str) -> Vec<String> {
    policy.check(raw).err().unwrap_or_default()
}

#[rstest]
#[case::plain("https://hooks.example.com/in")]
#[case::upper_case_scheme("HTTPS://hooks.example.com/in")]
#[case::port("https://hooks.example.com:8443/in")]
#[case::empty_port("https://hooks.example.com:/in")]
#[case::query("https://hooks.example.com/in?token=a%20b&x=@")]
#[case::at_sign_in_path("https://hooks.example.com/@team/in")]
#[case::backslash_in_query("https://hooks.example.com/in?path=a\\b")]
#[case::no_path("https://hooks.example.com")]
#[case::absolute_name("https://hooks.example.com./in")]
#[case::international("https://webhöoks.example.com/in")]
#[case::public_v4("https://8.8.8.8/in")]
#[case::local_as_a_label("https://local.example.com/in")]
#[case::ends_like_local("https://mylocal.com/in")]
#[case::lan_as_a_label("https://lan.example.com/in")]
#[case::ends_like_lan("https://hooks.milan/in")]
#[case::ends_like_test("https://hooks.latest.dev/in")]
#[case::home_as_a_domain("https://home.dev/in")]
#[case::underscore("https://my_hook.example.com/in")]
fn takes_https_urls_to_public_hosts(#[case] raw: &str) {
    assert_eq!(faults(STRICT, raw), Vec::<String>::new(), "{raw}");
}

#[rstest]
#[case::empty("", "must be an absolute https URL")]
#[case::relative("/in", "must be an absolute https URL")]
#[case::no_scheme("hooks.example.com/in", "must be an absolute https URL")]
#[case::protocol_relative("//hooks.example.com/in", "must be an absolute https URL")]
#[case::missing_slash("https:/hooks.example.com/in", "must be an absolute https URL")]
#[case::missing_slashes("https:hooks.example.com/in", "must be an absolute https URL")]
#[case::http("http://hooks.example.com/in", "must be an absolute https URL")]
#[case::ftp("ftp://hooks.example.com/in", "must be an absolute https URL")]
#[case::file("file:///etc/passwd", "must be an absolute https URL")]
#[case::data("data:text/plain,x", "must be an absolute https URL")]
#[case::websocket("wss://hooks.example.com/in", "must be an absolute https URL")]
#[case::no_host("https://", "must name a host")]
#[case::no_host_but_path("https:///in", "must name a host")]
#[case::no_host_but_query("https://?a=b", "must name a host")]
#[case::no_host_but_port("https://:443/in", "must name a host")]
#[case::user("https://me@hooks.example.com/in", "user name or password")]
#[case::user_and_password("https://me:pw@hooks.example.com/in", "user name or password")]
#[case::empty_user("https://@hooks.example.com/in", "user name or password")]
#[case::host_in_user_info("https://hooks.example.com@10.0.0.1/in", "user name or password")]
#[case::fragment("https://hooks.example.com/in#top", "fragment")]
#[case::empty_fragment("https://hooks.example.com/in#", "fragment")]
#[case::port_zero("https://hooks.example.com:0/in", "port")]
#[case::port_too_large("https://hooks.example.com:65536/in", "port")]
#[case::port_not_a_number("https://hooks.example.com:https/in", "port")]
#[case::space("https://hooks.example.com/a b", "spaces")]
#[case::leading_space(" https://hooks.example.com/in", "spaces")]
#[case::trailing_newline("https://hooks.example.com/in\n", "line breaks")]
#[case::newline_in_host("https://hooks.exa\nmple.com/in", "line breaks")]
#[case::tab_in_scheme("htt\tps://hooks.example.com/in", "control")]
#[case::nul("https://hooks.example.com/\0", "control")]
#[case::backslashes("https:\\\\hooks.example.com\\in", "absolute https URL")]
#[case::backslash_before_at("https://hooks.example.com\\@10.0.0.1/in", "backslash")]
#[case::empty_label("https://hooks..example.com/in", "not a valid name")]
#[case::two_trailing_dots("https://hooks.example.com../in", "not a valid name")]
#[case::only_a_dot("https://./in", "not a valid name")]
#[case::forbidden_character("https://hooks^.example.com/in", "not a valid name")]
#[case::braces("https://{tenant}.example.com/in", "not a valid name")]
#[case::quotes("https://\"hooks\".example.com/in", "not a valid name")]
#[case::broken_v4("https://1.2.3.4.5/in", "not a valid IP address")]
#[case::overflowing_v4("https://256.1.1.1/in", "not a valid IP address")]
#[case::broken_v6("https://[::g]/in", "not a valid IP address")]
fn names_the_fault_of_a_malformed_url(#[case] raw: &str, #[case] expected: &str) {
    let said = faults(STRICT, raw);
    assert!(said.iter().any(|fault| fault.contains(expected)), "{raw:?}: {said:?}");
}

#[rstest]
#[case::dotted("127.0.0.1")]
#[case::trailing_dot("127.0.0.1.")]
#[case::decimal("2130706433")]
#[case::octal("0177.0.0.1")]
#[case::hexadecimal("0x7f000001")]
#[case::mixed("0x7f.0.0.01")]
#[case::short("127.1")]
#[case::percent_encoded("%31%32%37.0.0.1")]
#[case::full_width("１２７.0.0.1")]
#[case::ideographic_stop("127。0。0。1")]
#[case::zero("0")]
#[case::private("10.1.2.3")]
#[case::metadata("169.254.169.254")]
#[case::metadata_decimal("2852039166")]
#[case::loopback_v6("[::1]")]
#[case::long_loopback_v6("[0:0:0:0:0:0:0:1]")]
#[case::mapped("[::ffff:127.0.0.1]")]
#[case::mapped_hexadecimal("[::ffff:7f00:1]")]
#[case::unique_local("[fd00:ec2::254]")]
#[case::nat64("[64:ff9b::169.254.169.254]")]
fn refuses_a_private_address_in_any_spelling(#[case] host: &str) {
    let said = faults(STRICT, &format!("https://{host}/in"));
    assert_eq!(said.len(), 1, "{host}: {said:?}");
    assert!(
        said[0].starts_with("must not point to ") && said[0].contains(", which is "),
        "{host}: {said:?}"
    );
}

#[rstest]
#[case("[2606:4700:4700::1111]")]
#[case("[2606:4700:4700:0:0:0:0:1111]")]
#[case::nat64_of_a_public_address("[64:ff9b::808:808]")]
fn refuses_an_ipv6_address_because_no_request_would_reach_it(#[case] host: &str) {
    let said = faults(STRICT, &format!("https://{host}/in"));
    assert_eq!(said.len(), 1, "{host}: {said:?}");
    assert!(said[0].contains("IPv6 cannot be reached"), "{host}: {said:?}");
}

#[rstest]
#[case("localhost")]
#[case("LOCALHOST")]
#[case("localhost.")]
#[case("a.localhost")]
#[case("printer.local")]
#[case("metadata.google.internal")]
#[case("internal")]
#[case("router.home.arpa")]
#[case("localhost.localdomain")]
#[case("printer.lan")]
#[case("PRINTER.LAN.")]
#[case("hooks.shop.svc")]
#[case("hooks.shop.svc.cluster.local")]
#[case("wiki.corp")]
#[case("nas.home")]
#[case("relay.mail")]
#[case("wiki.intranet")]
#[case("wiki.private")]
#[case("abcdefghijklmnop.onion")]
#[case("hooks.test")]
#[case("hooks.invalid")]
#[case("hooks.alt")]
#[case::single_label("intranet")]
#[case::single_label_with_dot("intranet.")]
#[case::full_width("ｌocalhost")]
fn refuses_local_names(#[case] host: &str) {
    let said = faults(STRICT, &format!("https://{host}/in"));
    assert_eq!(said.len(), 1, "{host}: {said:?}");
    assert!(said[0].contains("local name"), "{host}: {said:?}");
}

#[rstest]
#[case("http://localhost:8080/in")]
#[case("http://127.0.0.1:8080/in")]
#[case("https://receiver/in")]
#[case("https://[::1]:8443/in")]
#[case("http://169.254.169.254/")]
fn private_targets_can_be_allowed(#[case] raw: &str) {
    assert_eq!(faults(LOCAL, raw), Vec::<String>::new());
}

#[test]
fn each_permission_relaxes_only_its_own_rule() {
    let http_only = UrlPolicy { allow_http: true, allow_private: false };
    let private_only = UrlPolicy { allow_http: false, allow_private: true };
    assert!(http_only.check("http://hooks.example.com/").is_ok());
    assert!(http_only.check("http://127.0.0.1/").is_err());
    assert!(private_only.check("https://127.0.0.1/").is_ok());
    assert_eq!(faults(private_only, "http://127.0.0.1/"), ["must be an absolute https URL"]);
    assert_eq!(
        faults(http_only, "ftp://hooks.example.com/"),
        ["must be an absolute http or https URL"]
    );
    for raw in ["http://me@127.0.0.1/", "http://127.0.0.1:0/", "http://a..b/"] {
        assert!(LOCAL.check(raw).is_err(), "{raw}");
    }
}

#[test]
fn reports_every_fault_at_once() {
    let said = faults(STRICT, "https://me:pw@10.0.0.1:0/in#x");
    assert_eq!(
        said,
        [
            "must not carry a user name or password",
            "must have a port from 1 to 65535",
            "must not have a fragment (#…), which is never sent",
            "must not point to 10.0.0.1, which is a private address (RFC 1918)",
        ]
    );
}

#[test]
fn the_length_limit_counts_bytes_as_written_and_as_normalised() {
    let base = "https://hooks.example.com/";
    let longest = format!("{base}{}", "a".repeat(MAX_URL_BYTES - base.len()));
    assert_eq!(faults(STRICT, &longest), Vec::<String>::new());
    let too_long = ["must be at most 2048 bytes long"];
    assert_eq!(faults(STRICT, &format!("{longest}a")), too_long);
    // Each `é` has two bytes here and six when it is percent-encoded.
    let grows = format!("{base}{}", "é".repeat(400));
    assert_eq!(faults(STRICT, &grows), too_long);
}

#[test]
fn hands_back_the_url_as_written_and_normalised() {
    let url = STRICT.check("HTTPS://Hooks.Example.COM:443/In").expect("a URL");
    assert_eq!(url.as_str(), "HTTPS://Hooks.Example.COM:443/In");
    assert_eq!(url.parsed().as_str(), "https://hooks.example.com/In");
}

/// What was stored under other settings is judged by those in force, with the same faults.
#[rstest]
#[case("http://hooks.example.com/")]
#[case("http://10.0.0.1/in#part")]
#[case("https://10.0.0.1/in#part")]
#[case("https://user@hooks.example.com\\in")]
#[case("https:///hooks.example.com/in")]
#[case("https://hooks.example.com/ in")]
#[case("https://hooks.example.com:0/in")]
#[case("ftp://hooks.example.com/in")]
#[case("https://[2606:4700::1111]/in")]
#[case("https://hooks.example.com/in")]
fn a_stored_url_is_checked_again_by_the_same_rules(#[case] written: &str) {
    let stored = TargetUrl::stored(written.to_owned()).expect("a URL");
    for policy in [STRICT, LOCAL] {
        assert_eq!(policy.check_again(&stored).err().unwrap_or_default(), faults(policy, written));
    }
}

proptest! {
    #[test]
    fn never_panics_and_never_repeats_a_query(raw in "\\PC*", query in "[a-z]{12,40}") {
        let said = faults(STRICT, &format!("{raw}?{query}"));
        prop_assert!(said.iter().all(|fault| !fault.contains(&query)));
    }

    #[test]
    fn every_spelling_of_an_address_is_judged_as_that_address(bits: u32) {
        let ip = std::net::Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = ip.octets();
        let allowed = crate::address::refusal(ip.into()).is_none();
        for host in [
            format!("{bits}"),
            format!("0x{bits:x}"),
            format!("0{a:o}.0x{b:x}.{c}.0{d:o}"),
            format!("{a}.{}", bits & 0x00ff_ffff),
        ] {
            let judged = STRICT.check(&format!("https://{host}/")).is_ok();
            prop_assert_eq!(judged, allowed, "{} as {}", ip, host);
        }
    }
}
