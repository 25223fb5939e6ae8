//! Schemas of a webhook that no declaration gives: of its parts that are read elsewhere, and those that
//! are computed from others.

use super::{NewWebhook, READ_ONLY, RetryConfig, Webhook, headers};
use crate::{
    parts::{SECRET, SECRET_EXAMPLE, formatted},
    read::Request,
    shape::{Shape, anything, described, is, matching, object, or_null, text_of},
};
use grapnel_languages::transform::{MAX_CONTENT_TYPE_BYTES, MAX_TEMPLATE_BYTES};
use serde_json::json;
use utoipa::{
    PartialSchema,
    openapi::{Object, RefOr, Schema},
};

fn template() -> Object {
    formatted(text_of(1..=MAX_TEMPLATE_BYTES), "template")
}

fn content_type() -> Object {
    let token = "[A-Za-z0-9!#$&^_.+-]+";
    let mut text = matching(format!("^{token}/{token}( *;([ -~]*[!-~])?)?$"));
    text.max_length = Some(MAX_CONTENT_TYPE_BYTES);
    text
}

/// A transform that is asked for.
pub(crate) fn transform() -> Object {
    object("Template that produces the request body, in place of `payloadFormat`.")
        .required("template", template(), "The template; docs/transform.md describes its language.")
        .optional(
            "contentType",
            content_type(),
            "`Content-Type` of the rendered body. Default: `application/json`.",
        )
        .example(json!({ "template": r#"{"text": {{ data.email | tojson }}}"# }))
}

/// A change of a transform.
pub(crate) fn transform_patch() -> Object {
    object("Merged into the current transform.")
        .maybe("template", template(), "A template.")
        .optional("contentType", content_type(), "`Content-Type` of the rendered body.")
        .done()
}

/// The schema of a new webhook, changed for a webhook that exists: its secret is not set, and what is
/// shown can be sent back.
fn of_existing(mut object: Object, meaning: &str, status: &str) -> Object {
    object.description = Some(meaning.to_owned());
    object.properties.retain(|name, _| name != "secret");
    let status = described(or_null(is("WebhookStatus")), status);
    object.properties.insert("status".to_owned(), status);
    for name in READ_ONLY.iter().filter(|name| **name != "userId") {
        let ignored = described(anything(), "Read-only; ignored.");
        object.properties.insert((*name).to_owned(), ignored);
    }
    object
}

/// A configuration that replaces another.
pub enum WebhookReplacement {}

impl PartialSchema for WebhookReplacement {
    fn schema() -> Shape {
        let meaning = "The whole configuration. You can send back what GET returned.";
        let status =
            "Whether the webhook receives events. `failing` changes nothing. Default: `active`.";
        let mut object = of_existing(NewWebhook::describe(false), meaning, status);
        let headers = described(or_null(headers::given(true)), "Headers to add to each request.");
        object.properties.insert("headers".to_owned(), headers);
        object.into()
    }
}

/// A change of a configuration.
pub enum WebhookPatch {}

impl PartialSchema for WebhookPatch {
    fn schema() -> Shape {
        let meaning = "A JSON merge patch (RFC 7396): named fields are replaced, objects are merged, \
                       and `null` returns an option to its default.";
        let status = "Whether the webhook receives events. `active` also restarts a webhook that was \
                      disabled because it kept failing.";
        let mut object = of_existing(NewWebhook::describe(true), meaning, status);
        object.examples = vec![json!({ "name": "Leads to the new CRM" })];
        object.into()
    }
}

/// A change of when attempts are made.
pub(crate) fn retry_config_patch() -> Object {
    let mut object = RetryConfig::describe(true);
    let meaning = "Merged into the current configuration. `null` removes one kind of delays.";
    object.description = Some(meaning.to_owned());
    object
}

/// A webhook that was just created: the same as any, with its secret in full for who may see it.
pub enum CreatedWebhook {}

impl PartialSchema for CreatedWebhook {
    fn schema() -> Shape {
        let mut shape = Webhook::schema();
        if let RefOr::T(Schema::Object(object)) = &mut shape {
            let meaning = "A new webhook, with its signing secret in full, or masked if the caller lacks the \
                           scope `webhooks:secrets`.";
            object.description = Some(meaning.to_owned());
            object.properties.retain(|name, _| name != "health");
            let mut shown = matching(format!("{SECRET}|^whsec_[*]{{8}}$"));
            shown.examples = vec![json!(SECRET_EXAMPLE)];
            let secret = described(shown, "Secret that signs the requests.");
            object.properties.insert("secret".to_owned(), secret);
            for example in &mut object.examples {
                example["secret"] = json!(SECRET_EXAMPLE);
            }
        }
        shape
    }
}

macro_rules! named {
    ($($name:ident),*) => {
        $(impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        })*
    };
}

named!(WebhookReplacement, WebhookPatch, CreatedWebhook);
