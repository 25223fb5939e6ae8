//! The platform's event bus: the content of a notice's event.

use crate::captured::Captured;
use grapnel_aws::NoticeBus;
use grapnel_domain::{
    event::EventContent,
    notice::{ConflictNotice, Notice},
    ports::SendNotices,
};
use grapnel_testing::{builders::an_event, clock::START};
use serde_json::{Value, json};

#[tokio::test]
async fn a_notice_names_the_stack_that_tells_it_beside_its_own_fields() {
    let aws = Captured::new().await;
    let event = an_event().build();
    let other = EventContent { event_type: "order.changed".into(), ..event.content.clone() };
    let conflict = ConflictNotice::of(&event, &other, START).expect("another event");
    for stack in ["staging", "production"] {
        let bus = NoticeBus::new(&aws.clients, "platform", stack);
        bus.notify(&[Notice::Conflict(conflict.clone())]).await.expect("told");
    }
    let sent = aws.bodies();
    let entries = sent.iter().map(|body| &body["Entries"][0]);
    let details: Vec<Value> = entries
        .map(|entry| {
            let about = (&entry["EventBusName"], &entry["Source"], &entry["DetailType"]);
            assert_eq!(about, (&json!("platform"), &json!("grapnel"), &json!("event.conflict")));
            serde_json::from_str(entry["Detail"].as_str().expect("text")).expect("JSON")
        })
        .collect();
    let stacks: Vec<&Value> = details.iter().map(|detail| &detail["stack"]).collect();
    assert_eq!(stacks, ["staging", "production"]);
    let mut own = serde_json::to_value(Notice::Conflict(conflict)).expect("serialises");
    own["stack"] = json!("staging");
    assert_eq!(details[0], own);
}
