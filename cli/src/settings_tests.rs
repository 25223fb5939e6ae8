use super::*;
use rstest::rstest;

fn source(name: &str, url: Option<&str>, key: Option<&str>) -> Source {
    Source {
        name: name.into(),
        url: url.map(str::to_owned),
        key: key.map(str::to_owned),
        is_bound: name == "file",
        ..Source::default()
    }
}

fn chosen(sources: &[Source]) -> (Option<String>, Option<String>) {
    let settings = choose(sources, Caller::Anyone);
    (settings.url.map(|it| it.value), settings.key.map(|it| it.value))
}

#[test]
fn the_first_source_that_has_a_setting_gives_it() {
    let sources = [
        source("flags", None, Some("k1")),
        source("environment", Some("https://a"), Some("k2")),
        source("file", Some("https://b"), Some("k3")),
    ];
    assert_eq!(chosen(&sources), (Some("https://a".into()), Some("k1".into())));
}

#[test]
fn a_kept_key_goes_to_its_own_address_only() {
    let file = source("file", Some("https://a/"), Some("kept"));
    let flags = |url| source("flags", Some(url), None);
    let other = [flags("https://b"), file.clone()];
    assert_eq!(chosen(&other), (Some("https://b".into()), None));
    let same = [flags("https://a"), file.clone()];
    assert_eq!(chosen(&same), (Some("https://a".into()), Some("kept".into())));
    assert_eq!(chosen(&[file]), (Some("https://a/".into()), Some("kept".into())));
}

/// `$GRAPNEL_KEY` may be of a deployment on AWS, whose address was not set.
#[test]
fn a_local_grapnel_gets_no_key_from_elsewhere() {
    let local = Source {
        is_bound: true,
        is_implicit: true,
        ..source("local", Some("http://127.0.0.1:1"), Some("local"))
    };
    let keys = [
        source("environment", None, Some("k")),
        Source { admin_key: Some("k".into()), ..source("environment", None, None) },
        source("flags", None, Some("k")),
    ];
    for key in keys {
        for caller in [Caller::Anyone, Caller::Admin] {
            let settings = choose(&[key.clone(), local.clone()], caller);
            assert_eq!(settings.url, None, "{key:?} {caller:?}");
        }
    }
    let nothing = source("environment", None, None);
    let expected = (Some("http://127.0.0.1:1".into()), Some("local".into()));
    assert_eq!(chosen(&[nothing, local.clone()]), expected);
    let named = source("environment", Some("https://a"), Some("k"));
    assert_eq!(chosen(&[named, local]), (Some("https://a".into()), Some("k".into())));
}

#[rstest]
#[case::a_users_key(&["GRAPNEL_KEY"], "GRAPNEL_KEY")]
#[case::the_admins_key(&["GRAPNEL_ADMIN_KEY"], "GRAPNEL_ADMIN_KEY")]
#[case::both(&["GRAPNEL_KEY", "GRAPNEL_ADMIN_KEY"], "GRAPNEL_KEY and GRAPNEL_ADMIN_KEY")]
fn the_error_says_which_key_keeps_a_local_grapnel_from_being_used(
    #[case] set: &[&str],
    #[case] expected: &str,
) {
    let local = Source { is_implicit: true, ..source("stack.json", Some("http://a"), Some("k")) };
    let environment = from_environment(|name| set.contains(&name).then(|| "k".to_owned()));
    for caller in [Caller::Anyone, Caller::Admin] {
        let settings = choose(&[environment.clone(), local.clone()], caller);
        let failure = settings.client().expect_err("no address").to_string();
        let why = format!("A key is set ({expected}), so the address in stack.json is not used.");
        assert!(failure.contains(&why) && failure.contains("set GRAPNEL_URL too"), "{failure}");
        assert!(settings.to_string().contains(&why), "{settings}");
    }
    let named = source("flags", Some("https://b"), None);
    let settings = choose(&[named, environment, local], Caller::Anyone);
    assert_eq!(settings.unused, None, "nothing is missing");
}

#[test]
fn a_kept_user_goes_with_the_key_that_is_kept_beside_it() {
    let file =
        Source { user: Some("demo".into()), ..source("file", Some("https://a"), Some("kept")) };
    let user = |sources: &[Source]| choose(sources, Caller::Anyone).user.map(|it| it.value);
    assert_eq!(user(std::slice::from_ref(&file)), Some("demo".into()));
    let environment = source("environment", None, Some("of another user"));
    assert_eq!(user(&[environment.clone(), file.clone()]), None);
    // A user that is named explicitly is used with any key.
    let named = Source { user: Some("acme".into()), ..source("flags", None, None) };
    assert_eq!(user(&[named.clone(), file.clone()]), Some("acme".into()));
    assert_eq!(user(&[named, environment, file]), Some("acme".into()));
}

#[test]
fn the_admins_commands_take_the_admins_key() {
    let both =
        Source { admin_key: Some("admin".into()), ..source("one", Some("https://a"), Some("k")) };
    let key = |caller| choose(std::slice::from_ref(&both), caller).key.expect("a key").value;
    assert_eq!((key(Caller::Anyone), key(Caller::Admin)), ("k".into(), "admin".into()));
}

#[test]
fn an_empty_variable_is_none() {
    let variable = |name: &str| Some(if name == "GRAPNEL_KEY" { "" } else { "x" }.to_owned());
    let source = from_environment(variable);
    assert_eq!((source.key, source.url.as_deref()), (None, Some("x")));
}

#[rstest]
#[case("https://api.example.com", true)]
#[case("http://127.0.0.1:4566/x", true)]
#[case("http://[::1]:4566", true)]
#[case("http://localhost:1", true)]
#[case("http://abc.execute-api.localhost:4566", true)]
#[case("http://api.example.com", false)]
#[case("http://10.0.0.1", false)]
fn a_key_travels_encrypted_or_not_at_all(#[case] url: &str, #[case] private: bool) {
    assert_eq!(is_private(url), private);
    let setting = |value: &str| Some(Setting { value: value.into(), from: "a flag".into() });
    let mut settings = Settings { url: setting(url), key: setting("gk_1"), ..Settings::default() };
    assert_eq!(settings.client().is_ok(), private);
    settings.allow_http = true;
    assert!(settings.client().is_ok());
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let none = Settings::default();
    let failure = none.client().expect_err("no address").to_string();
    assert!(failure.contains("GRAPNEL_URL") && failure.contains("grapnel login"), "{failure}");
    let from = "a flag".to_owned();
    let url = Some(Setting { value: "https://api.example.com".into(), from });
    let failure = Settings { url, ..none }.client().expect_err("no key").to_string();
    assert!(failure.contains("GRAPNEL_KEY"), "{failure}");
}

#[test]
fn a_secret_is_masked() {
    assert_eq!(masked("gk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAwxyz"), "gk_…wxyz");
    assert_eq!(masked("gk_short"), "gk_…");
    assert_eq!(masked("0123456789abcdef"), "…");
    assert_eq!(masked(""), "…");
}
