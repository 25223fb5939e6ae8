//! Addresses of pages, relative to the page that they are in.

use grapnel_wire::limits::{CONSOLE_PAGE_CHARS, CONSOLE_PAGES};
use url::form_urlencoded::{self, Serializer};

/// A query string, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query or the body of a form.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Every value of this name, also empty ones, in the order in which they were sent.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Every pair.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of this name that is not empty: an empty field of a form says nothing.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(given, value)| given == name && !value.is_empty());
        values.next().map(|(_, value)| value.as_str())
    }
}

/// Writes a query string; empty without parameters.
pub(crate) fn query_string(parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    format!("?{}", Serializer::new(String::new()).extend_pairs(parameters).finish())
}

/// Whether a text can be an id in a path: what cannot is an id of nothing.
pub(crate) fn can_be_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// The way from a page to all others.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    /// From this page to the folder of all pages: `./`, `../` and so on.
    root: String,
    /// The user that an admin looks at, which every address keeps.
    user: Option<String>,
}

impl Links {
    /// From the page with this path.
    pub(crate) fn from(path: &str, user: Option<&str>) -> Self {
        let depth = path.strip_prefix("/console/").map(|rest| rest.matches('/').count());
        let root = match depth {
            None => "console/".to_owned(),
            Some(0) => "./".to_owned(),
            Some(depth) => "../".repeat(depth),
        };
        Self { root, user: user.map(ToOwned::to_owned) }
    }

    /// The user that an admin looks at.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What is the same for everybody.
    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}assets/{name}", self.root)
    }

    /// A page with a query.
    pub(crate) fn to_with(&self, page: &str, parameters: &[(&str, &str)]) -> String {
        let user = self.user.as_deref().map(|user| ("user", user));
        let all: Vec<(&str, &str)> = user.into_iter().chain(parameters.iter().copied()).collect();
        format!("{}{page}{}", self.root, query_string(&all))
    }

    /// A page.
    pub(crate) fn to(&self, page: &str) -> String {
        self.to_with(page, &[])
    }

    pub(crate) fn overview(&self) -> String {
        self.to("overview")
    }

    pub(crate) fn deliveries(&self) -> String {
        self.to("deliveries")
    }

    /// The overview of another user: the address of a form that names one.
    pub(crate) fn overview_of_another(&self) -> String {
        format!("{}overview", self.root)
    }

    pub(crate) fn webhooks(&self) -> String {
        self.to("webhooks")
    }

    /// The page that checks a signature with this webhook's secret.
    pub(crate) fn verify(&self, webhook: &str) -> String {
        self.to_with("verify", &[("webhook", webhook)])
    }

    pub(crate) fn webhook(&self, id: &str) -> String {
        self.to(&format!("webhooks/{id}"))
    }

    pub(crate) fn replay(&self, id: &str) -> String {
        self.to(&format!("replays/{id}"))
    }

    pub(crate) fn event(&self, id: &str) -> String {
        self.to(&format!("events/{id}"))
    }

    pub(crate) fn delivery(&self, webhook: &str, id: &str) -> String {
        self.to(&format!("webhooks/{webhook}/deliveries/{id}"))
    }
}

/// Longest address of such a page.
const MOST_NEXT_BYTES: usize = CONSOLE_PAGE_CHARS - PREFIX.len();

/// Where every page is.
const PREFIX: &str = "/console/";

/// The page that a path names, relative to the console, if it is one to open after signing in.
#[must_use]
pub fn page_of_path(path: &str) -> Option<&str> {
    path.strip_prefix(PREFIX).and_then(next)
}

/// A page to open after signing in, if the text names one of ours and nothing else.
pub(crate) fn next(text: &str) -> Option<&str> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let mut parts = path.split('/');
    // A path with `%` could hide a `..`, which a browser resolves.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/?&=%.*+".contains(&byte);
    let ours = parts.next().is_some_and(|page| CONSOLE_PAGES.contains(&page))
        && parts.all(can_be_id)
        && text.len() <= MOST_NEXT_BYTES
        && query.bytes().all(plain);
    ours.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/console", "console/deliveries")]
    #[case("/console/", "./deliveries")]
    #[case("/console/deliveries", "./deliveries")]
    #[case("/console/webhooks/wh_1", "../deliveries")]
    #[case("/console/webhooks/wh_1/deliveries/dlv_1/retry", "../../../../deliveries")]
    fn a_link_leads_from_any_page_to_any_other(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(Links::from(path, None).deliveries(), expected);
    }

    #[test]
    fn every_link_keeps_the_user_that_an_admin_looks_at() {
        let links = Links::from("/console/deliveries", Some("a&b=c"));
        assert_eq!(links.webhook("wh_1"), "./webhooks/wh_1?user=a%26b%3Dc");
        let page = links.to_with("deliveries", &[("status", "failed"), ("event", "lead.*")]);
        assert_eq!(page, "./deliveries?user=a%26b%3Dc&status=failed&event=lead.*");
        assert_eq!(links.asset("x.css"), "./assets/x.css");
    }

    #[rstest]
    #[case("deliveries", true)]
    #[case("webhooks/wh_1/deliveries/dlv_1?user=a%26b", true)]
    #[case("deliveries?since=2026-11-24T06%3A24", true)]
    #[case("", false)]
    #[case("//example.com", false)]
    #[case("https://example.com", false)]
    #[case("deliveries:x", false)]
    #[case("deliveries/../../api/keys", false)]
    #[case("deliveries/%2e%2e/%2E./docs", false)]
    #[case("deliveries/.", false)]
    #[case("deliveries//example.com", false)]
    #[case("deliveries/", false)]
    #[case("webhooks?a=../..", true)]
    #[case("deliveries\\x", false)]
    #[case("deliveries\r\nx", false)]
    #[case("sign-out", false)]
    fn after_signing_in_only_a_page_of_ours_is_opened(#[case] text: &str, #[case] ours: bool) {
        assert_eq!(next(text), ours.then_some(text));
    }

    #[rstest]
    #[case("/console/webhooks/wh_1", Some("webhooks/wh_1"))]
    #[case("/console/", None)]
    #[case("/console", None)]
    #[case("webhooks", None)]
    #[case("//console/webhooks", None)]
    #[case("https://example.com/console/webhooks", None)]
    #[case("/console/../docs", None)]
    fn a_path_names_a_page_of_ours_or_none(#[case] path: &str, #[case] expected: Option<&str>) {
        assert_eq!(page_of_path(path), expected);
    }

    #[test]
    fn an_empty_field_says_nothing() {
        let query = Query::parse(b"status=&event=lead.%2A&status=failed");
        assert_eq!(query.get("status"), Some("failed"));
        assert_eq!(query.get("event"), Some("lead.*"));
        assert_eq!(query.get("webhook"), None);
    }

    #[rstest]
    #[case("wh_01938d2e-7b1c-7c3a-9f00-1234567890ab", true)]
    #[case("", false)]
    #[case("a/b", false)]
    #[case("a?b", false)]
    #[case("é", false)]
    fn what_goes_into_a_path_is_plain(#[case] text: &str, #[case] can_be: bool) {
        assert_eq!(can_be_id(text), can_be);
    }
}
