//! Targets that production never reaches: the stack allows neither http nor private addresses, as
//! in the template's defaults.

use anyhow::ensure;
use grapnel_tests::{
    forged,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::json;
use std::io::ErrorKind;

#[tokio::test]
async fn only_https_to_public_hosts_is_taken() -> anyhow::Result<()> {
    let world = World::strict().await?;
    let refused = [
        "http://hooks.example.com/in",
        "https://127.0.0.1/in",
        "https://127.1/in",
        "https://2130706433/in",
        "https://0x7f000001/in",
        "https://[::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "https://10.1.2.3/in",
        "https://172.16.0.1/in",
        "https://192.168.1.1/in",
        "https://100.64.0.1/in",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/latest/meta-data",
        "https://0.0.0.0/in",
        "https://localhost/in",
        "https://db.internal/in",
        "https://printer.local/in",
        "https://intranet/in",
    ];
    for url in refused {
        let body = world.webhook_body("/hook", &json!({ "url": url }));
        let problem = world.api.post("/api/webhooks", &body).await?.problem(422)?;
        assert_eq!(
            (problem.code.as_str(), problem.fields()),
            ("invalid_fields", vec!["url"]),
            "{url}"
        );
    }
    assert_eq!(world.api.webhooks().await?.items.len(), 0);

    world.webhook("/hook", json!({ "url": "https://hooks.example.com/in" })).await?;
    Ok(())
}

#[tokio::test]
async fn what_was_saved_under_looser_rules_is_refused_when_it_is_sent() -> anyhow::Result<()> {
    let world = World::strict().await?;
    // A listener that would notice even a connection without a request.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let urls = [
        format!("http://127.0.0.1:{port}/hook"),
        format!("https://127.0.0.1:{port}/hook"),
        format!("https://localhost:{port}/hook"),
    ];
    let mut webhooks = Vec::new();
    for url in &urls {
        webhooks.push(forged::webhook(&world, url).await?);
    }
    world.publish("lead.created", json!({})).await?;

    for (webhook, url) in webhooks.iter().zip(&urls) {
        let delivery = until(&format!("an attempt at {url}"), SOON, async || {
            let deliveries = world.api.deliveries(&webhook.to_string()).await?;
            let attempted = deliveries.iter().find(|delivery| !delivery.attempts.is_empty());
            Ok(attempted.cloned().map_or_else(|| Look::not_yet(&deliveries), Look::Found))
        })
        .await?;
        let attempt = &delivery.attempts[0];
        ensure!(attempt.error.is_some() && attempt.status_code.is_none(), "{url}: {attempt:?}");
    }
    let connected = listener.accept().map_err(|error| error.kind());
    ensure!(matches!(connected, Err(ErrorKind::WouldBlock)), "somebody connected: {connected:?}");
    Ok(())
}
