//! Whether the API answers, and which version it is.

use crate::{Call, Client, call::path};
use grapnel_wire::health::Health;
use reqwest::Method;

impl Client {
    /// Asks the API whether it runs. It takes no key.
    pub fn health(&self) -> Call<Health> {
        self.call(Method::GET, path(&["health"]))
    }
}
