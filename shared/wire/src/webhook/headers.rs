//! Headers of a webhook: those that cannot be set, and schemas of the others, which are read elsewhere.

/// Names of headers, in lower case, that a webhook cannot set: Grapnel's, the connection's and the HTTP
/// client's. Nor can it set any that begins with `content-`.
pub const RESERVED_HEADERS: &[&str] = &[
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

#[cfg(feature = "openapi")]
pub(crate) use schemas::{given, patched, shown};

#[cfg(feature = "openapi")]
mod schemas {
    use super::RESERVED_HEADERS;
    use crate::{
        limits::{HEADER_NAME_BYTES, HEADER_VALUE_BYTES, HEADERS},
        shape::{Shape, either, except, flag, map, matching, null, object, only_true},
    };
    use utoipa::openapi::Object;

    fn header_name() -> Object {
        let name = format!("^[!#$%&'*+.^_`|~0-9A-Za-z-]{{1,{HEADER_NAME_BYTES}}}$");
        except(matching(name), RESERVED_HEADERS)
    }

    fn header_text() -> Object {
        let mut text = matching(r"^([!-~]([\t -~]*[!-~])?)?$");
        text.max_length = Some(HEADER_VALUE_BYTES);
        text
    }

    /// A header: text, or an object. In a change, a sensitive header without a value keeps its value.
    fn given_header(keeps_value: bool) -> Shape {
        let header = object("A header that may be sensitive.");
        let header = match keeps_value {
            true => {
                let meaning = "The value. If omitted, a sensitive header keeps its value.";
                header.optional("value", header_text(), meaning)
            }
            false => header.required("value", header_text(), "Its value."),
        };
        let header = header.optional("sensitive", flag(), "Whether it is never shown again.");
        either([header_text().into(), header.done().into()])
    }

    /// Headers of a new webhook, or of one that replaces another.
    pub(crate) fn given(keeps_values: bool) -> Shape {
        map(header_name(), given_header(keeps_values), HEADERS).into()
    }

    /// Headers of a patch.
    pub(crate) fn patched() -> Shape {
        map(header_name(), either([given_header(true), null()]), HEADERS).into()
    }

    /// Headers of an answer.
    pub(crate) fn shown() -> Object {
        let meaning = "The value of a sensitive header is never shown.";
        let hidden = object("A masked value.").required("sensitive", only_true(), meaning).done();
        map(header_name(), either([header_text().into(), hidden.into()]), HEADERS)
    }
}
