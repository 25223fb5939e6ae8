//! What can be tried of a webhook without changing it.

use crate::contract::{
    schemas::{event_type, for_user, schemas},
    shape::{flag, free, is, list_of_any_length, object, text},
};
use serde_json::json;

schemas! {
    /// What to send as a test.
    TestOrder = for_user(object("Which event to send. It may be left out."))
        .optional("event", event_type(), "A known event type; left out, one that the webhook gets.")
        .optional("data", free(), "The data to send; left out, the sample of the type.")
        .example(json!({ "event": "lead.created" }));
    /// What to try a filter on.
    FilterTest = for_user(object("Data to try a filter on."))
        .required("data", free(), "The data of an event.")
        .optional("filter", is("Filter"), "The filter; left out, the webhook's own.")
        .example(json!({ "data": { "score": 87 }, "filter": { "score": [{ "numeric": [">=", 50] }] } }));
    /// What a filter says of data.
    FilterVerdict = object("Whether the webhook would get the event.")
        .required("matches", flag(), "Whether the data passes.")
        .maybe("unsatisfied", list_of_any_length(text()), "Which conditions fail, as JSON pointers.")
        .example(json!({ "matches": true }));
    /// What to try a transform on.
    TransformPreview = for_user(object("What to make a body of. Everything may be left out."))
        .optional("transform", is("Transform"), "The transform; left out, the webhook's own.")
        .optional("event", event_type(), "A known event type; left out, one that the webhook gets.")
        .optional("data", free(), "The data; left out, the sample of the type.")
        .example(json!({ "transform": { "template": r#"{"text": {{ type | tojson }}}"# }, "event": "lead.created" }));
    /// What a transform makes.
    TransformedBody = object("The body that a request would carry.")
        .required("contentType", text(), "Its `Content-Type`.")
        .required("body", text(), "The body.")
        .example(json!({ "contentType": "application/json", "body": r#"{"text": "lead.created"}"# }));
}
