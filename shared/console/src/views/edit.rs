//! The form that creates and changes a webhook.
//!
//! - `create`, `change`: its two addresses;
//! - `page`: the form; `notes`: what is said beside its fields;
//! - `preview`: tries the filter and the transform on events; `trial`: what that found.

pub(crate) mod change;
pub(crate) mod create;
mod notes;
mod page;
mod preview;
mod trial;
