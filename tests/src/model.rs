//! The API's JSON, as its client has it. An answer is read strictly here: see
//! [`Answer::json`](crate::api::Answer::json).

pub use grapnel_client::{
    Attempt, CreatedKey, Delivery, DeliveryOfEvent, Echo, Event, EventType, FieldFault, Page,
    Problem, Published as PublishedOverHttp, Replay, Webhook,
};
