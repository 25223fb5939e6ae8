//! The parameters of the console: what a deployment is refused for, and what the function gets.

use crate::reading::TEMPLATE;
use regex_lite::Regex;
use rstest::rstest;
use serde_json::json;

/// Whether a deployment takes this value, or this entry of a list.
fn takes(parameter: &str, value: &str) -> bool {
    let pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"].as_str().expect("a pattern");
    Regex::new(pattern).expect("a regular expression").is_match(value)
}

#[rstest]
fn an_origin_that_could_say_more_than_an_origin_is_not_deployed(
    #[values(
        "*",
        "https://*",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://a.example.com https://b.example.com",
        "https://a.example.com;script-src *",
        "https://A.example.com",
        "https://user@a.example.com",
        "https://a.example.com:x",
        "http://app.example.com",
        "http://localhost.example.com",
        "https://",
        "app.example.com",
        "null",
        "'self'"
    )]
    origin: &str,
) {
    assert!(!takes("PortalFrameOrigins", origin), "{origin}");
}

#[rstest]
#[case("PortalFrameOrigins", &["", "https://app.example.com", "https://app.example.com:8443", "http://localhost:3000", "http://127.0.0.1"], &[])]
#[case("ConsoleUrl", &["", "https://hooks.example.com/console", "https://a.example.com/hooks/v1/console"], &["https://hooks.example.com", "https://hooks.example.com/console/", "http://hooks.example.com/console", "https://a.example.com/console?x", "https://a.example.com#/console"])]
#[case("ConsoleAccentColor", &["", "#1f5fbf", "#FFD400"], &["red", "#fff", "#1f5fbf;}", "1f5fbf"])]
#[case("ConsoleProductName", &["", "Example Hooks", "Größe"], &["two\nlines", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"])]
#[case("ConsoleHides", &["", "filters", "transforms", "secrets"], &["events", "filters "])]
fn a_parameter_takes_what_is_right_and_nothing_else(
    #[case] parameter: &str,
    #[case] right: &[&str],
    #[case] wrong: &[&str],
) {
    for value in right {
        assert!(takes(parameter, value), "{value}");
    }
    for value in wrong {
        assert!(!takes(parameter, value), "{value}");
    }
}

#[test]
fn the_function_gets_what_was_decided_and_by_default_nothing_is_embedded() {
    let api = &TEMPLATE["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"];
    let joined = |name: &str| json!({ "Fn::Join": [",", { "Ref": name }] });
    assert_eq!(api["PORTAL_FRAME_ORIGINS"], joined("PortalFrameOrigins"));
    assert_eq!(api["CONSOLE_HIDES"], joined("ConsoleHides"));
    for (variable, parameter) in [
        ("CONSOLE_URL", "ConsoleUrl"),
        ("CONSOLE_PRODUCT_NAME", "ConsoleProductName"),
        ("CONSOLE_ACCENT_COLOR", "ConsoleAccentColor"),
        ("CONSOLE_THEME", "ConsoleTheme"),
    ] {
        assert_eq!(api[variable], json!({ "Ref": parameter }));
    }
    assert_eq!(TEMPLATE["Parameters"]["PortalFrameOrigins"]["Default"], "");
}
