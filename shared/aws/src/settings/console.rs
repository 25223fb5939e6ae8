//! What the deployment decides about its console. All of it may be missing.

use super::reader::Reader;
use grapnel_domain::key::Theme;

/// Most characters of the product's name.
const PRODUCT_CHARS: usize = 60;

/// What can be hidden.
const PARTS: [&str; 3] = ["filters", "transforms", "secrets"];

/// What the deployment decides about its console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleParameters {
    /// `CONSOLE_URL`.
    pub url: Option<String>,
    /// `PORTAL_FRAME_ORIGINS`: the origins that may embed portal sessions.
    pub frame_origins: Vec<String>,
    /// `CONSOLE_PRODUCT_NAME`.
    pub product: Option<String>,
    /// `CONSOLE_ACCENT_COLOR`, as `#rrggbb`.
    pub accent: Option<String>,
    /// `CONSOLE_THEME`.
    pub theme: Option<Theme>,
    /// `CONSOLE_HIDES`: of filters, transforms and secrets.
    pub hides: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn console(&mut self) -> ConsoleParameters {
        ConsoleParameters {
            url: self.given("CONSOLE_URL", "a URL that ends with /console", |text| {
                let is_url = origin_of(text).is_some_and(|(_, path)| path.ends_with("/console"));
                (is_url && !text.contains(['?', '#'])).then(|| text.to_owned())
            }),
            frame_origins: self
                .given("PORTAL_FRAME_ORIGINS", "https origins, separated by commas", |text| {
                    let origins =
                        text.split(',').map(|origin| is_origin(origin).then(|| origin.to_owned()));
                    origins.collect()
                })
                .unwrap_or_default(),
            product: self.given("CONSOLE_PRODUCT_NAME", "a text of one line", |text| {
                let fits =
                    text.chars().count() <= PRODUCT_CHARS && !text.contains(char::is_control);
                fits.then(|| text.to_owned())
            }),
            accent: self.given("CONSOLE_ACCENT_COLOR", "a colour like #1f5fbf", |text| {
                let digits = text.strip_prefix('#')?;
                let is_colour = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                is_colour.then(|| text.to_owned())
            }),
            theme: self.given("CONSOLE_THEME", "light, dark or auto", |text| {
                let theme = Theme::from(text.to_owned());
                (!matches!(theme, Theme::Other(_))).then_some(theme)
            }),
            hides: self
                .given("CONSOLE_HIDES", "of filters, transforms and secrets, by commas", |text| {
                    let parts =
                        text.split(',').map(|part| PARTS.contains(&part).then(|| part.to_owned()));
                    parts.collect()
                })
                .unwrap_or_default(),
        }
    }

    /// A value that may be missing, but not wrong.
    fn given<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.optional(name)?;
        self.parsed(name, expected, |text| parse(text).map(Some))
    }
}

/// The origin and the path of a URL.
fn origin_of(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let end = url[host..].find('/').map_or(url.len(), |slash| host + slash);
    let (origin, path) = url.split_at(end);
    is_origin(origin).then_some((origin, path))
}

/// Whether a text is an origin as browsers write it. It stands in a header (`frame-ancestors`), where a space or a
/// semicolon would begin something else. Without TLS only this machine: a browser keeps no cookie of others.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_host = !host.is_empty() && host.bytes().all(plain);
    let is_port = port.is_none_or(|port| {
        port.len() <= 5 && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_local = ["localhost", "127.0.0.1"].contains(&host);
    is_host && is_port && (scheme == "https" || (scheme == "http" && is_local))
}
