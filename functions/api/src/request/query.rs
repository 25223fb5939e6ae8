//! Query strings, strictly: what is not known, and what is given twice, is refused. A misspelt
//! `?limt=` that is ignored would look like a bug of ours.

use crate::problem::Problem;
use axum::{extract::FromRequestParts, http::request::Parts};
use grapnel_domain::{
    event::{InvalidTypeFilter, TypeFilter},
    fault::{Faults, FieldFault, shown},
    time::Timestamp,
};

/// Names the user that the admin acts for. Every route takes it.
pub(crate) const USER_ID: &str = "userId";

/// The decoded parameters, in their order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes a raw query string. Bytes that are not UTF-8 become U+FFFD, which no parameter
    /// accepts.
    pub(crate) fn parse(raw: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, once [`Query::only`] has seen that it has one at most.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Checks that only `userId` and the `accepted` are there, each once at most.
    ///
    /// # Errors
    /// 400 with every parameter at fault.
    pub(crate) fn only(&self, accepted: &[&str]) -> Result<(), Problem> {
        self.known(&[&[USER_ID], accepted].concat())
    }

    fn known(&self, known: &[&str]) -> Result<(), Problem> {
        let mut faults = Faults::default();
        for (index, (name, _)) in self.0.iter().enumerate() {
            let shown = shown(name);
            if !known.contains(&name.as_str()) {
                let message = match known {
                    [] => "unknown parameter; there are none".to_owned(),
                    known => format!("unknown parameter; known are {}", known.join(", ")),
                };
                faults.add(shown, message);
            } else if self.0[..index].iter().any(|(earlier, _)| earlier == name) {
                faults.add(shown, "given twice");
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid_query(faults.into_vec())) }
    }
}

/// The query of a route that needs no key: it has no parameters.
pub(crate) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::parse(parts.uri.query()).known(&[]).map(|()| Self)
    }
}

/// Reads parameters one by one and collects what is wrong with them.
pub(crate) struct Parameters<'a> {
    query: &'a Query,
    faults: Faults,
}

impl<'a> Parameters<'a> {
    /// Those of this query.
    pub(crate) fn of(query: &'a Query) -> Self {
        Self { query, faults: Faults::default() }
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.query.get(name)
    }

    /// The value of a parameter; a fault that says what was `expected` if `parse` refuses it.
    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(self.query.get(name)?);
        if parsed.is_none() {
            self.fault(name, format!("must be {expected}"));
        }
        parsed
    }

    /// A time.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.read(name, "a time like 2026-11-24T06:24:00Z", |text| text.parse().ok())
    }

    /// An event type, a group of them, or all.
    pub(crate) fn types(&mut self, name: &str) -> Option<TypeFilter> {
        let parsed = self.query.get(name)?.parse();
        parsed.map_err(|invalid: InvalidTypeFilter| self.fault(name, invalid.to_string())).ok()
    }

    /// Adds a fault.
    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.add(name, message);
    }

    /// What was read, unless something is wrong.
    ///
    /// # Errors
    /// Every fault.
    pub(crate) fn finish<T>(self, read: T) -> Result<T, Vec<FieldFault>> {
        if self.faults.is_empty() { Ok(read) } else { Err(self.faults.into_vec()) }
    }
}

/// One parameter's fault.
pub(crate) fn fault(name: &str, message: impl Into<String>) -> FieldFault {
    FieldFault { field: name.to_owned(), message: message.into() }
}
