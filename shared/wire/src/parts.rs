//! Schemas of values that several requests and answers have.

use crate::{
    limits::{CONSOLE_PAGE_CHARS, CONSOLE_PAGES, EVENT_NAME_BYTES, WEBHOOK_URL_BYTES},
    shape::{self, CONTROLS, matching, text_of},
};
use serde_json::json;
use utoipa::openapi::{Object, schema::SchemaFormat};

/// A UUID as it is written.
const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// `whsec_` and base64 of 24 to 64 bytes.
pub(crate) const SECRET: &str = "^whsec_(?:[A-Za-z0-9+/]{4}){8,20}(?:(?:[A-Za-z0-9+/]{4})?(?:[A-Za-z0-9+/][AQgw]==)?|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)$";

/// A secret that nobody has.
pub const SECRET_EXAMPLE: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The path of a page of the console.
#[must_use]
pub fn console_page() -> Object {
    let pages = CONSOLE_PAGES.join("|");
    let mut page = matching(format!(
        r"^/console/({pages})(/[A-Za-z0-9_-]{{1,64}})*(\?[A-Za-z0-9_/?&=%.*+-]*)?$"
    ));
    page.max_length = Some(CONSOLE_PAGE_CHARS);
    page
}

/// A signing secret.
#[must_use]
pub fn secret() -> Object {
    let mut secret = matching(SECRET);
    secret.examples = vec![json!(SECRET_EXAMPLE)];
    secret
}

pub(crate) fn id(prefix: &str, example: &str) -> Object {
    let mut id = matching(format!("^{prefix}{UUID}$"));
    id.examples = vec![json!(example)];
    id
}

/// Text in a format that has a name.
pub(crate) fn formatted(mut text: Object, format: &str) -> Object {
    text.format = Some(SchemaFormat::Custom(format.to_owned()));
    text
}

/// An instant as answers write it.
pub(crate) fn instant() -> Object {
    let mut time = shape::time();
    time.pattern = Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$".to_owned());
    time.examples = vec![json!("2026-11-24T06:24:00.000Z")];
    time
}

/// What a pattern can say of a URL. Whether its host is public is judged by the API. The format `uri`
/// would say too much: URLs are read as browsers read them, with characters that RFC 3986 has
/// escaped, and names in any script.
pub(crate) fn url() -> Object {
    let blank = r"\s\u0000-\u001F\u007F-\u009F";
    let mut url = text_of(1..=WEBHOOK_URL_BYTES);
    url.pattern = Some(format!(
        r"^[Hh][Tt][Tt][Pp][Ss]?://[^{blank}/?#@\\]+(/[^{blank}?#\\]*)?(\?[^{blank}#]*)?$"
    ));
    url
}

/// A name of any kind: bytes are bounded, so there may be fewer characters.
pub(crate) fn name() -> Object {
    let mut name = text_of(1..=EVENT_NAME_BYTES);
    name.pattern = Some(format!("^[^{CONTROLS}]+$"));
    name
}

/// Names of event types that a webhook can ask for.
pub(crate) fn event_pattern() -> Object {
    let mut text = formatted(text_of(1..=128), "event-pattern");
    text.pattern = Some(r"^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$".to_owned());
    text.examples = vec![json!("lead.*")];
    let meaning = "An event type, a group of types (`lead.*`), or all types (`*`).";
    text.description = Some(meaning.to_owned());
    text
}

/// Event types to filter by.
#[must_use]
pub fn event_types() -> Object {
    let mut text = formatted(text_of(1..=EVENT_NAME_BYTES), "event-type-filter");
    text.pattern = Some(r"^(\*|[^*]+|[^*.]+(\.[^*.]+)*\.\*)$".to_owned());
    let meaning = "An event type such as `lead.created`, a group such as `lead.*`, or `*` for all.";
    text.description = Some(meaning.to_owned());
    text.examples = vec![json!("lead.*")];
    text
}

/// The name of a known event type.
pub(crate) fn event_type() -> Object {
    let mut text = formatted(matching(r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"), "event-type");
    text.max_length = Some(128);
    text.examples = vec![json!("lead.created")];
    text
}

pub(crate) fn user_id() -> Object {
    let mut user = matching("^[!-~]{1,128}$");
    let meaning = "Id of a user, chosen by your platform: 1 to 128 visible ASCII characters.";
    user.description = Some(meaning.to_owned());
    user.examples = vec![json!("demo")];
    user
}
