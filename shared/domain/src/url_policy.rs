//! Which URLs a webhook may have.
//!
//! The rules that need no network: form, scheme, and hosts that can be judged by their spelling.
//! They hold when a webhook is saved and again when a request is sent, because a deployment's
//! settings may have changed in between. What a name resolves to is judged where the connection is
//! made, by [`crate::address`], and not here: an answer seen today says nothing about tomorrow's.
//!
//! The host is judged after the WHATWG parser has normalised it, so every spelling of an address
//! (`0x7f.1`, `2130706433`, `127.1`, `１２７.0.0.1`, `127.0.0.1.`) is the address it stands for. What
//! that parser silently repairs (missing slashes, backslashes, line breaks, an empty host) is
//! refused: it is a mistake or an attempt to be read differently by two programs.

mod names;

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use crate::{address, target_url::TargetUrl};

/// Longest URL in bytes, as written and as normalised.
pub use grapnel_wire::limits::WEBHOOK_URL_BYTES as MAX_URL_BYTES;

/// What a deployment allows beyond `https` to public hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UrlPolicy {
    /// Also take `http` URLs.
    pub allow_http: bool,
    /// Also take addresses and names of private networks and of this machine.
    pub allow_private: bool,
}

impl UrlPolicy {
    /// Parses what a user asks for, if it obeys every rule.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each fault worded to follow the name of the field, for
    /// example `must be an absolute https URL`. No fault repeats more of the URL than an address or
    /// the ending of its host name.
    pub fn check(&self, raw: &str) -> Result<TargetUrl, Vec<String>> {
        let mut faults = written_faults(raw);
        match self.form(raw).and_then(|()| self.parse(raw)) {
            Ok(url) => {
                let url = TargetUrl::checked(raw, url);
                self.parsed_faults(&url, &mut faults);
                if faults.is_empty() { Ok(url) } else { Err(faults) }
            }
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// Checks again what was allowed when it was saved: the settings may have changed.
    ///
    /// # Errors
    ///
    /// Like [`UrlPolicy::check`].
    pub fn check_again(&self, url: &TargetUrl) -> Result<(), Vec<String>> {
        let mut faults = written_faults(url.as_str());
        match self.form(url.as_str()) {
            Ok(()) => self.parsed_faults(url, &mut faults),
            Err(fault) => faults.push(fault),
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn form(&self, raw: &str) -> Result<(), String> {
        let (scheme, rest) =
            raw.trim_matches(is_blank).split_once("://").ok_or_else(|| self.wrong_scheme())?;
        let https = scheme.eq_ignore_ascii_case("https");
        let http = scheme.eq_ignore_ascii_case("http");
        if !(https || (http && self.allow_http)) {
            return Err(self.wrong_scheme());
        }
        // The parser would skip further slashes and take the first path segment for the host.
        if authority(rest).is_empty() {
            return Err("must name a host".to_owned());
        }
        Ok(())
    }

    fn parse(&self, raw: &str) -> Result<Url, String> {
        Url::parse(raw).map_err(|error| match error {
            url::ParseError::EmptyHost => "must name a host".to_owned(),
            url::ParseError::InvalidPort => "must have a port from 1 to 65535".to_owned(),
            url::ParseError::InvalidIpv4Address | url::ParseError::InvalidIpv6Address => {
                "has a host that is not a valid IP address".to_owned()
            }
            url::ParseError::IdnaError | url::ParseError::InvalidDomainCharacter => {
                "has a host that is not a valid name".to_owned()
            }
            _ => self.wrong_scheme(),
        })
    }

    fn parsed_faults(&self, target: &TargetUrl, faults: &mut Vec<String>) {
        let url = target.parsed();
        if url.port() == Some(0) {
            faults.push("must have a port from 1 to 65535".to_owned());
        }
        if url.fragment().is_some() {
            faults.push("must not have a fragment (#…), which is never sent".to_owned());
        }
        match url.host() {
            Some(Host::Domain(name)) => faults.extend(self.name_fault(name)),
            Some(Host::Ipv4(ip)) => faults.extend(self.address_fault(ip.into())),
            Some(Host::Ipv6(ip)) => {
                faults.extend(self.address_fault(ip.into()).or_else(|| self.unreachable(ip)));
            }
            None => faults.push("must name a host".to_owned()),
        }
        if url.as_str().len() > MAX_URL_BYTES && target.as_str().len() <= MAX_URL_BYTES {
            faults.push(too_long());
        }
    }

    fn address_fault(&self, ip: IpAddr) -> Option<String> {
        if self.allow_private {
            return None;
        }
        address::refusal(ip).map(|reason| format!("must not point to {ip}, which is {reason}"))
    }

    /// A Lambda function outside a VPC has no IPv6 (AWS Lambda developer guide, "Networking and VPC
    /// configurations"). Deliveries there would only fail, until the endpoint is switched off for it.
    fn unreachable(&self, ip: Ipv6Addr) -> Option<String> {
        let is_public = !self.allow_private;
        is_public.then(|| {
            format!("must not point to {ip}: IPv6 cannot be reached from here, use a host name that has an IPv4 address")
        })
    }

    fn name_fault(&self, name: &str) -> Option<String> {
        let name = name.strip_suffix('.').unwrap_or(name);
        // RFC 1035 section 2.3.4; nothing longer can be looked up. Of other characters the parser lets
        // some through, such as braces, which no name has.
        if name.len() > 253
            || name.split('.').any(|label| !(1..=63).contains(&label.len()))
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        {
            return Some("has a host that is not a valid name".to_owned());
        }
        if self.allow_private {
            return None;
        }
        if let Some(ending) = names::local_ending(name) {
            return Some(format!(
                "must not point to a local name ({ending} is not on the public internet)"
            ));
        }
        (!name.contains('.')).then(|| {
            "must not point to a local name (a public host name has a domain, like hooks.example.com)"
                .to_owned()
        })
    }

    fn wrong_scheme(&self) -> String {
        if self.allow_http {
            "must be an absolute http or https URL".to_owned()
        } else {
            "must be an absolute https URL".to_owned()
        }
    }
}

/// Faults of the text itself, which parsing would hide.
fn written_faults(raw: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if raw.len() > MAX_URL_BYTES {
        faults.push(too_long());
    }
    if raw.contains(is_blank) {
        faults.push("must not contain spaces, line breaks or control characters".to_owned());
    }
    let rest = raw.split_once("://").map_or(raw, |(_, rest)| rest);
    let before_query = rest.split(['?', '#']).next().unwrap_or_default();
    if before_query.contains('\\') {
        faults.push("must not contain a backslash".to_owned());
    }
    if authority(rest).contains('@') {
        faults.push("must not carry a user name or password".to_owned());
    }
    faults
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// What stands between `://` and the path, user info and port included.
fn authority(rest: &str) -> &str {
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

fn too_long() -> String {
    format!("must be at most {MAX_URL_BYTES} bytes long")
}

#[cfg(test)]
mod tests;
