//! The one shape of every error.

/// Every code of a problem. A code never changes its meaning, and new ones can be added.
pub const CODES: &[&str] = &[
    "admin_required",
    "already_settled",
    "body_too_large",
    "changed_meanwhile",
    "delivery_open",
    "duplicate_key",
    "echo_exhausted",
    "echo_fails_first",
    "event_conflict",
    "event_index_off",
    "event_type_limit_reached",
    "first_attempt_pending",
    "foreign_user",
    "idempotency_key_reused",
    "incomplete_body",
    "internal_error",
    "invalid_fields",
    "invalid_idempotency_key",
    "invalid_json",
    "invalid_query",
    "link_not_valid",
    "missing_scope",
    "not_an_object",
    "not_found",
    "payload_erased",
    "temporarily_unavailable",
    "too_many_attempts",
    "too_many_requests",
    "unauthorized",
    "unsupported_media_type",
    "user_conflict",
    "user_required",
    "webhook_deleted",
    "webhook_disabled",
    "webhook_limit_reached",
];

answer! {
    #[derive(Debug, PartialEq, Eq)]
    Problem: "Problem details (RFC 9457)." {
        required r#type: String = one_of(&["about:blank"]), "Always `about:blank`: the status says the class.";
        required title: String = text(), "The status in words.";
        required status: u16 = whole(400..=599), "The status.";
        required code: String = code(), "Stable code for programs. A code never changes its meaning; new codes can be added.";
        required detail: String = text(), "Explanation for people. The wording can change.";
        several errors: FieldFault = is("FieldFault"), "Every invalid field or query parameter.";
    }
}

answer! {
    #[derive(Debug, PartialEq, Eq)]
    FieldFault: "What is wrong with one field or query parameter." {
        required field: String = text(), "Path of the field, such as `retryConfig.delaysSeconds[2]`.";
        required message: String = text(), "What is wrong, and what would be right.";
    }
}

/// The code, with those of today. They are no enumeration: a client that knows only today's codes must
/// still read tomorrow's problems.
#[cfg(feature = "openapi")]
fn code() -> utoipa::openapi::Object {
    let mut code = crate::shape::text();
    let codes = ("x-codes", serde_json::json!(CODES));
    code.extensions = Some(utoipa::openapi::extensions::Extensions::from_iter([codes]));
    code
}
