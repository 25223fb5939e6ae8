//! What can be tried of a webhook without changing it.

use crate::contract::{
    schemas::{event_type, for_user, schemas},
    shape::{flag, free, is, list_of_any_length, object, text},
};
use serde_json::json;

schemas! {
    /// What to send as a test.
    TestOrder = for_user(object("Which event to send. The body can be omitted."))
        .optional("event", event_type(), "Event type. Default: one that the webhook subscribes to.")
        .optional("data", free(), "Data to send. Default: the sample of the event type.")
        .example(json!({ "event": "lead.created" }));
    /// What to try a filter on.
    FilterTest = for_user(object("Data to test a filter with."))
        .required("data", free(), "Data of an event.")
        .optional("filter", is("Filter"), "The filter. Default: the webhook's own filter.")
        .example(json!({ "data": { "score": 87 }, "filter": { "score": [{ "numeric": [">=", 50] }] } }));
    /// What a filter says of data.
    FilterVerdict = object("Result of a filter test.")
        .required("matches", flag(), "Whether the data passes the filter.")
        .maybe("unsatisfied", list_of_any_length(text()), "Conditions that fail, as JSON pointers.")
        .example(json!({ "matches": true }));
    /// What to try a transform on.
    TransformPreview = for_user(object("What to render. All fields are optional."))
        .optional("transform", is("Transform"), "The transform. Default: the webhook's own transform.")
        .optional("event", event_type(), "Event type. Default: one that the webhook subscribes to.")
        .optional("data", free(), "Data of the event. Default: the sample of the event type.")
        .example(json!({ "transform": { "template": r#"{"text": {{ type | tojson }}}"# }, "event": "lead.created" }));
    /// What a transform makes.
    TransformedBody = object("The rendered request body.")
        .required("contentType", text(), "`Content-Type` of the body.")
        .required("body", text(), "The body.")
        .example(json!({ "contentType": "application/json", "body": r#"{"text": "lead.created"}"# }));
}
