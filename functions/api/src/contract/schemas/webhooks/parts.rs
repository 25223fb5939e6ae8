//! The parts of a webhook.

use crate::contract::{
    schemas::formatted,
    shape::{
        Shape, either, except, flag, lines, map, matching, null, object, only_true, text, text_of,
    },
};
use grapnel_domain::{
    transform::{MAX_CONTENT_TYPE_BYTES, MAX_TEMPLATE_BYTES},
    url_policy::MAX_URL_BYTES,
    webhook::headers::{MAX_HEADERS, MAX_VALUE_BYTES},
};
use serde_json::json;
use utoipa::openapi::Object;

/// What a secret is shown as, but where it is asked for.
pub(super) const MASKED: &str = "whsec_********";

/// What a pattern can say of a URL. Whether its host is public is judged by the API. The format `uri`
/// would say too much: URLs are read as browsers read them, with characters that RFC 3986 has
/// escaped, and names in any script.
pub(super) fn url() -> Object {
    let blank = r"\s\u0000-\u001F\u007F-\u009F";
    let mut url = text_of(1..=MAX_URL_BYTES);
    url.pattern = Some(format!(
        r"^[Hh][Tt][Tt][Pp][Ss]?://[^{blank}/?#@\\]+(/[^{blank}?#\\]*)?(\?[^{blank}#]*)?$"
    ));
    url
}

/// Header names that are not the owner's to set, in any case of their letters.
const RESERVED: &[&str] = &[
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-webhook-signature",
    "x-webhook-signature-previous",
];

fn header_name() -> Object {
    except(matching("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$"), RESERVED)
}

fn header_text() -> Object {
    let mut text = matching(r"^([!-~]([\t -~]*[!-~])?)?$");
    text.max_length = Some(MAX_VALUE_BYTES);
    text
}

/// A header, as a text or with what else is to be said of it. One that is sensitive and comes
/// without its value keeps the one that is stored.
pub(super) fn given_header(keeps_value: bool) -> Shape {
    let header = object("A header that may be sensitive.");
    let header = if keeps_value {
        header.optional(
            "value",
            header_text(),
            "The value. If omitted, a sensitive header keeps its value.",
        )
    } else {
        header.required("value", header_text(), "Its value.")
    };
    let header = header.optional("sensitive", flag(), "Whether it is never shown again.");
    either([header_text().into(), header.done().into()])
}

pub(super) fn patched_header() -> Shape {
    either([given_header(true), null()])
}

pub(super) fn given_headers(values: Shape) -> Object {
    map(header_name(), values, MAX_HEADERS)
}

pub(super) fn shown_headers() -> Object {
    let hidden = object("A masked value.");
    let hidden = hidden
        .required("sensitive", only_true(), "The value of a sensitive header is never shown.")
        .done();
    map(header_name(), either([header_text().into(), hidden.into()]), MAX_HEADERS)
}

pub(super) fn metadata(values: impl Into<Shape>) -> Object {
    let mut names = lines(64);
    names.min_length = Some(1);
    names.pattern = Some(r"^[^\u0000-\u001F\u007F-\u009F]*$".to_owned());
    map(names, values, 50)
}

fn template() -> Object {
    formatted(text_of(1..=MAX_TEMPLATE_BYTES), "template")
}

fn content_type() -> Object {
    let token = "[A-Za-z0-9!#$&^_.+-]+";
    let mut text = matching(format!("^{token}/{token}( *;([ -~]*[!-~])?)?$"));
    text.max_length = Some(MAX_CONTENT_TYPE_BYTES);
    text
}

pub(super) fn transform() -> Object {
    object("Template that produces the request body, in place of `payloadFormat`.")
        .required("template", template(), "The template; docs/transform.md describes its language.")
        .default(
            "contentType",
            content_type(),
            &json!("application/json"),
            "`Content-Type` of the rendered body.",
        )
        .example(json!({ "template": r#"{"text": {{ data.email | tojson }}}"# }))
}

pub(super) fn transform_patch() -> Object {
    object("Merged into the current transform.")
        .maybe("template", template(), "A template.")
        .optional("contentType", content_type(), "`Content-Type` of the rendered body.")
        .done()
}

pub(super) fn transform_in_force() -> Object {
    object("Template that produces the request body.")
        .required("template", text(), "The template.")
        .required("contentType", text(), "`Content-Type` of the rendered body.")
        .done()
}
