//! The built program, with an API that a test simulates.
#![cfg(unix)]

use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{task::spawn_blocking, time::timeout};

const SOON: Duration = Duration::from_secs(30);

const WEBHOOK: &str = "/api/webhooks/wh_00000000-0000-0000-0000-000000000001";

fn webhook(status: u16) -> Reply {
    let webhook = json!({
        "id": "wh_00000000-0000-0000-0000-000000000001", "userId": "u", "name": "grapnel listen",
        "url": "http://127.0.0.1:1", "events": ["*"],
        "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "headers": {},
        "metadata": {}, "status": "active", "payloadFormat": "envelope",
        "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60]},
        "createdAt": "2026-11-24T06:24:00.000Z", "updatedAt": "2026-11-24T06:24:00.000Z",
    });
    Reply::status(status).header("content-type", "application/json").body(webhook.to_string())
}

/// The built program, with the default for SIGHUP. The tests may run under `nohup`, which ignores
/// the signal, and a program inherits that: then `listen` would not end.
fn program() -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_grapnel")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_grapnel"))
    }
}

#[rstest]
#[case::ctrl_c("INT")]
#[case::kill("TERM")]
#[case::closed_terminal("HUP")]
#[tokio::test]
async fn its_webhook_is_disabled_whatever_ends_it(#[case] signal: &str) {
    let api = TestReceiver::start().await.expect("starts");
    api.answer_with("/api/webhooks", webhook(201));
    api.answer_with(WEBHOOK, webhook(200));
    let home = tempfile::tempdir().expect("a folder");
    let mut program = program()
        .args(["listen", "--port", "0", "--events", "*", "--json"])
        .env("GRAPNEL_URL", api.url(""))
        .env("GRAPNEL_KEY", "key")
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut output = BufReader::new(program.stdout.take().expect("piped"));
    let first = spawn_blocking(move || {
        let mut line = String::new();
        output.read_line(&mut line).map(|_| line)
    });
    let first = timeout(SOON, first).await.expect("in time").expect("ran").expect("read");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    assert!(first["listening"].is_string(), "{first}");

    // A closed terminal accepts no more output. Standard output was dropped above.
    drop(program.stderr.take());
    let pid = program.id().to_string();
    let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status();
    assert!(sent.expect("sent").success());
    let ending = async {
        loop {
            match program.try_wait().expect("waited for") {
                Some(status) => return status,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let ended = timeout(SOON, ending).await;
    // Killed here, so that a program that does not end fails the test and does not block it.
    let _ = program.kill();
    let ended = ended.expect("in time");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let [request] = &api.received(WEBHOOK)[..] else { panic!("one change of the webhook") };
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!((request.method.as_str(), &body["status"]), ("PATCH", &json!("disabled")));
}
