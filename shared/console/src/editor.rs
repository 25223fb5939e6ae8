//! What a webhook's form holds: what was typed, what the API takes of it, and how its retry schedule looks.
//!
//! - `typed`: the fields as text, from a form or from a stored webhook;
//! - `document`: the JSON for the API: a new webhook, or what a form changes;
//! - `schedule`: the retry schedule as a time line.

pub(crate) mod document;
pub(crate) mod schedule;
pub(crate) mod typed;
