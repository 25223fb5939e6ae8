//! The console over memory, with something to look at on each page:
//! `cargo run --package grapnel-api --example console`. It prints its address and what to sign in with.
//!
//! Arguments are origins whose pages may embed portal sessions.
//!
//! Nothing is sent: an attempt that is asked for is never made. The clock stands still.

mod planted;

use axum::body::Body;
use grapnel_api::{AdminKeys, Api, ConsoleSettings, Ports, Quotas, router};
use grapnel_domain::{
    event::{Retention, publish::EventValidation},
    key::KeyHash,
    url_policy::UrlPolicy,
    webhook::draft::Rules,
};
use grapnel_testing::{clock::ManualClock, ids::SequentialIds, memory::Memory};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpListener;
use tower::ServiceExt;

const ADMIN_KEY: &str = "admin-key-of-the-example";

struct InMemory;

impl Ports for InMemory {
    type Keys = Memory;
    type Webhooks = Memory;
    type EventTypes = Memory;
    type Deliveries = Memory;
    type Events = Memory;
    type DeliveryQueue = Memory;
    type EventsQueue = Memory;
    type Issuer = Memory;
    type Clock = ManualClock;
    type Ids = SequentialIds;
}

fn api(memory: &Memory) -> anyhow::Result<Api<InMemory>> {
    let mut hash = [0; 32];
    hex::decode_to_slice(KeyHash::of(ADMIN_KEY).as_str(), &mut hash)?;
    Ok(Api {
        keys: memory.clone(),
        webhooks: memory.clone(),
        event_types: memory.clone(),
        deliveries: memory.clone(),
        events: memory.clone(),
        delivery_queue: memory.clone(),
        events_queue: memory.clone(),
        clock: memory.clock(),
        ids: SequentialIds::new(),
        admin_keys: AdminKeys::new(&[hash]),
        tokens: None,
        quotas: Quotas::default(),
        rules: Rules {
            urls: UrlPolicy::default(),
            retention: Retention { days: 30 },
            longest_request_seconds: 30,
            max_webhooks: 100,
        },
        console: Arc::new(ConsoleSettings {
            frame_origins: std::env::args().skip(1).collect(),
            ..ConsoleSettings::default()
        }),
        has_event_index: true,
        event_validation: EventValidation::Off,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let memory = Memory::new();
    let router = router(api(&memory)?);
    planted::plant(&memory).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let console = format!("http://{}/console", listener.local_addr()?);
    println!("console      {console}");
    println!("user's key   {}", planted::KEY);
    println!("reader's key {}", planted::READER_KEY);
    println!("admin key    {ADMIN_KEY}, user {}", planted::USER);
    println!("portal link  {console}/portal#token={}", planted::LINK);
    loop {
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| router.clone().oneshot(request.map(Body::new)));
            // A browser that goes away is an error here.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
