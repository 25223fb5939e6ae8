//! What there is to see: deliveries in every state, webhooks in every state, and hostile texts.

use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, Reason},
    event::Event,
    health::{Circuit, DisabledCause, Health},
    key::{ApiKey, KeyHash, Look, PortalLink},
    ports::{GenerateIds, PortError, PortalLinks},
    scope::Scope,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{
        a_delivery, a_failed_attempt, a_failing_health, a_webhook, an_attempt, an_event, nth, user,
    },
    clock::START,
    ids::SequentialIds,
    memory::Memory,
};
use std::time::Duration;

pub(crate) const USER: &str = "acme";
pub(crate) const KEY: &str = "gk_of_the_example";
/// A key that may read deliveries and do nothing else.
pub(crate) const READER_KEY: &str = "gk_of_a_reader";

/// The token of a portal link.
pub(crate) const LINK: &str = "gpl_of_the_example";

/// A script, the end of an attribute, characters that are not seen, and a long word.
const HOSTILE: &str = "\"><script>document.title='read as HTML'</script>\u{202e}\u{0} \
                       wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn before(time: u64) -> Timestamp {
    START.minus(minutes(time))
}

/// Plants everything.
pub(crate) async fn plant(memory: &Memory) -> Result<(), PortError> {
    put_keys(memory);
    memory.store_link(&KeyHash::of(LINK), &link()).await?;
    let healthy =
        a_webhook().for_user(USER).named("Leads to CRM").events(["lead.*", "task.failed"]);
    let healthy = healthy.url("https://hooks.example.com/crm").header("X-Team", "sales");
    let healthy = healthy.sensitive_header("Authorization", "Bearer secret").limited_to(20);
    let healthy = healthy.filter(r#"{"score":[{"numeric":[">=",50]}]}"#).build();
    let failing =
        a_webhook().for_user(USER).named("Invoices").url("https://billing.example.com/in");
    let gone =
        Health { circuit: Circuit::Disabled { cause: DisabledCause::Gone }, ..a_failing_health() };
    let gone = a_webhook().for_user(USER).named("Old receiver").health(gone).build();
    let hostile = a_webhook().for_user(USER).named(&HOSTILE.replace('\0', "")).build();

    let mut tried = deliveries_of(memory, &healthy);
    plant_hostile(memory, &hostile);
    let parked = put(memory, "invoice.paid", 4, |event| {
        let parked = a_delivery().of(event).to(&failing.clone().build());
        parked.retrying_at(START.plus(minutes(20))).parked_until(START.plus(minutes(20))).build()
    });
    let health = Health { last_tried: Some(parked.id), ..a_failing_health() };
    let failing = failing.health(health).build();
    tried.push(Delivery { webhook_id: failing.id, ..parked });
    for delivery in tried {
        memory.put_delivery(delivery);
    }
    for webhook in [healthy, failing, gone, hostile] {
        memory.put_webhook(webhook);
    }
    Ok(())
}

fn link() -> PortalLink {
    PortalLink {
        user_id: user(USER),
        scopes: vec![Scope::WebhooksRead, Scope::DeliveriesRead, Scope::DeliveriesRetry],
        session: minutes(60),
        next: None,
        look: Look::default(),
        expires_at: START.plus(minutes(10)),
    }
}

fn put_keys(memory: &Memory) {
    let ids = SequentialIds::new();
    let reader = vec![Scope::DeliveriesRead];
    for (key, scopes) in [(KEY, Scope::OF_USERS.to_vec()), (READER_KEY, reader)] {
        let stored = ApiKey::new(ids.key_id(), user(USER), scopes, START);
        memory.put_key(&KeyHash::of(key), stored);
    }
}

/// An event, some minutes ago, with its delivery.
fn put(
    memory: &Memory,
    event_type: &str,
    ago: u64,
    delivery: impl FnOnce(&Event) -> Delivery,
) -> Delivery {
    let data = r#"{"id":"lead-81","email":"hello@example.com","score":87.50,"tags":["new","eu"],"address":{"city":"Ghent","zip":"9000"}}"#;
    let event = an_event().for_user(USER).of_type(event_type).data(data).stored_at(before(ago));
    let event = event.build();
    let delivery = delivery(&event);
    memory.put_event(event.clone());
    delivery
}

fn unanswered(number: u32, ago: u64, error: &str) -> DeliveryAttempt {
    DeliveryAttempt {
        status_code: None,
        response: None,
        error: Some(error.into()),
        duration: 10_004,
        attempted_at: before(ago),
        ..a_failed_attempt(number)
    }
}

fn answered(number: u32, ago: u64, status: u16, response: &str) -> DeliveryAttempt {
    DeliveryAttempt {
        status_code: Some(status),
        response: Some(response.into()),
        error: (status >= 300).then(|| format!("the receiver answered {status}")),
        duration: 84,
        attempted_at: before(ago),
        ..an_attempt(number)
    }
}

/// Deliveries in every state but parked.
fn deliveries_of(memory: &Memory, webhook: &Webhook) -> Vec<Delivery> {
    let of = |event: &Event| a_delivery().of(event).to(webhook);
    let with = |delivery: Delivery, attempts| Delivery { attempts, ..delivery };
    let due = START.plus(minutes(5));
    vec![
        put(memory, "lead.created", 1, |event| of(event).build()),
        put(memory, "lead.created", 2, |event| {
            with(of(event).delivered().build(), vec![answered(1, 2, 200, "{\"ok\":true}")])
        }),
        put(memory, "lead.updated", 9, |event| {
            let late = unanswered(1, 9, "the receiver did not answer within 10 s");
            with(of(event).delivered().build(), vec![late, answered(2, 7, 204, "")])
        }),
        put(memory, "lead.created", 12, |event| {
            let first = answered(1, 12, 503, "<html><body>Service unavailable</body></html>");
            let second = unanswered(2, 10, "the receiver's TLS certificate has expired");
            with(of(event).retrying_at(due).build(), vec![first, second])
        }),
        put(memory, "task.failed", 90, |event| {
            let body = "{\"error\":\"signature does not match\"}";
            let attempts =
                (1..=4).map(|number| answered(number, 90 - u64::from(number), 401, body));
            let manual = DeliveryAttempt { manual: true, ..answered(5, 20, 401, body) };
            let failed = of(event).failed(4, Reason::AttemptsExhausted).build();
            with(failed, attempts.chain([manual]).collect())
        }),
        put(memory, "lead.deleted", 200, |event| of(event).failed(1, Reason::Cancelled).build()),
    ]
}

fn plant_hostile(memory: &Memory, webhook: &Webhook) {
    let data = serde_json::json!({ HOSTILE: HOSTILE }).to_string();
    let event = an_event().for_user(USER).of_type(HOSTILE).data(data).stored_at(before(30)).build();
    let attempt = DeliveryAttempt {
        status_code: Some(302),
        response: Some(HOSTILE.repeat(20)),
        response_remark: Some(HOSTILE.into()),
        location: Some(HOSTILE.into()),
        error: Some(HOSTILE.into()),
        attempt_number: nth(1),
        attempted_at: before(29),
        ..a_failed_attempt(1)
    };
    let delivery = a_delivery().of(&event).to(webhook).test().attempt(attempt);
    let delivery = delivery.build();
    memory.put_event(event);
    memory.put_delivery(Delivery {
        status: grapnel_domain::delivery::DeliveryStatus::Failed,
        reason: Some(Reason::AttemptsExhausted),
        ..delivery
    });
}
