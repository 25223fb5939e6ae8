//! What a draft is read by.

use crate::{event::Retention, url_policy::UrlPolicy, webhook::Webhook};

/// What may be set in one deployment.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Which URLs.
    pub urls: UrlPolicy,
    /// How long rows live, which bounds a retry schedule.
    pub retention: Retention,
    /// The longest time limit of a request, in seconds.
    pub longest_request_seconds: u32,
    /// Most webhooks of one user.
    pub max_webhooks: usize,
}

/// Why a draft is read.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// For a new webhook.
    Create,
    /// In place of this one. What reading it returned can be sent back: its read-only fields are
    /// ignored, and a sensitive header without its value keeps the value.
    Replace(&'a Webhook),
}
