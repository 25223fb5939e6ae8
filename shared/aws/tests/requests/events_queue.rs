//! The events queue: the API's messages.

use crate::captured::Captured;
use grapnel_aws::EventsQueue;
use grapnel_domain::{
    event::{
        EventContent,
        inbound::{PublishedEvent, TestOrder, TestTarget},
    },
    ids::{UserId, WebhookId},
    ports::EnqueueEvents,
};
use grapnel_testing::clock::START;
use uuid::Uuid;

fn user(name: &str) -> UserId {
    UserId::parse(name).expect("valid")
}

/// Fairness between groups keeps one user's burst from delaying other users' events.
#[tokio::test]
async fn a_message_is_in_the_group_of_its_user() {
    let aws = Captured::new().await;
    let queue = EventsQueue::new(&aws.clients, "http://queue/events");
    let event = |name: &str| PublishedEvent {
        user_id: user(name),
        source_id: "o-1".into(),
        content: EventContent {
            event_type: "order.placed".into(),
            source: "shop".into(),
            time: START,
            data: "{}".into(),
        },
    };
    let longest = "u".repeat(128);
    queue.publish_events(vec![event("user-1"), event(&longest)]).await;
    let order = TestOrder {
        user_id: user("user-2"),
        target: TestTarget { webhook_id: WebhookId::from_uuid(Uuid::nil()), ordered_at: START },
        source_id: "t-1".into(),
        event_type: "order.placed".into(),
        data: "{}".into(),
    };
    queue.order_test(&order).await.expect("sent");
    let sent = aws.bodies();
    let entries = &sent[0]["Entries"];
    assert_eq!(entries[0]["MessageGroupId"], "user-1");
    assert_eq!(entries[1]["MessageGroupId"], longest);
    assert_eq!(sent[1]["MessageGroupId"], "user-2");
}
