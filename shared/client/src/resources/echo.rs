//! Echoes: receivers inside the API, to check a deployment with.

use crate::{Call, Client, call::path};
use grapnel_wire::echo::{Echo, NewEcho};
use reqwest::Method;

impl Client {
    /// Makes an echo. It takes the admin key.
    pub fn create_echo(&self, new: &NewEcho) -> Call<Echo> {
        self.call_with(Method::POST, path(&["api", "echoes"]), new)
    }

    /// An echo and what it answered. It takes the admin key.
    pub fn echo(&self, id: &str) -> Call<Echo> {
        self.call(Method::GET, path(&["api", "echoes", id]))
    }

    /// Deletes an echo, at once. It takes the admin key.
    pub fn delete_echo(&self, id: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "echoes", id]))
    }

    /// The URL at which an echo receives: what a webhook is given.
    #[must_use]
    pub fn echo_url(&self, echo: &Echo) -> String {
        format!("{}{}", self.url(), echo.path)
    }
}
