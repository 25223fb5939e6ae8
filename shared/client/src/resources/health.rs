//! Whether the API answers, and which version it is.

use crate::{Call, Client, call::path};
use reqwest::Method;
use serde::{Deserialize, Serialize};

/// What the API says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Its version.
    pub version: String,
}

impl Client {
    /// Asks the API whether it runs. It takes no key.
    pub fn health(&self) -> Call<Health> {
        self.call(Method::GET, path(&["health"]))
    }
}
