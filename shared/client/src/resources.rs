//! What the API is about: one file per resource, with its JSON and the calls that concern it.

pub(crate) mod delivery;
pub(crate) mod echo;
pub(crate) mod event;
pub(crate) mod event_type;
pub(crate) mod health;
pub(crate) mod key;
pub(crate) mod replay;
pub(crate) mod secret;
pub(crate) mod stats;
pub(crate) mod webhook;
