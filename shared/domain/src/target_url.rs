//! The URL of a webhook.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use url::Url;

/// The URL that a webhook's requests go to: as its owner wrote it, and parsed.
///
/// Only [`crate::url_policy::UrlPolicy::check`] makes one from what a user asks for. The text in a
/// row was checked before it was stored, so [`TargetUrl::stored`] only parses it. What the policy
/// allows may have changed since: the sender asks [`crate::url_policy::UrlPolicy::check_again`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TargetUrl {
    written: String,
    parsed: Url,
}

/// A text is not a URL. It may hold a secret, so the error does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL")]
pub struct NotAUrl;

impl TargetUrl {
    /// The URL of a webhook that is stored.
    ///
    /// # Errors
    /// [`NotAUrl`]: the row is damaged.
    pub fn stored(written: String) -> Result<Self, NotAUrl> {
        let parsed = Url::parse(&written).map_err(|_| NotAUrl)?;
        Ok(Self { written, parsed })
    }

    pub(crate) fn checked(written: &str, parsed: Url) -> Self {
        Self { written: written.to_owned(), parsed }
    }

    /// As its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    #[must_use]
    pub fn parsed(&self) -> &Url {
        &self.parsed
    }
}

impl From<TargetUrl> for Url {
    fn from(url: TargetUrl) -> Self {
        url.parsed
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Serialize for TargetUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for TargetUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::stored(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn it_is_stored_as_its_owner_wrote_it() {
        let written = r#""https://Hooks.Example.COM:443/in?key=a%20b""#;
        let url: TargetUrl = serde_json::from_str(written).expect("a URL");
        assert_eq!(serde_json::to_string(&url).expect("written"), written);
        assert_eq!(url.parsed().as_str(), "https://hooks.example.com/in?key=a%20b");
    }

    #[rstest]
    #[case::empty("")]
    #[case::no_url("hook")]
    #[case::broken("http://[::1")]
    #[case::words("secret value")]
    fn a_text_that_is_no_url_is_refused_and_the_error_does_not_repeat_it(#[case] text: &str) {
        let error = TargetUrl::stored(text.into()).expect_err("no URL");
        assert_eq!(error.to_string(), "not a URL");
    }
}
