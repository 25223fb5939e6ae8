//! Headers by name. HTTP does not distinguish upper and lower case in a name, so neither does this
//! map: all code that reads, changes or stores a webhook's headers finds one entry per name.

use super::{HeaderValue, field};
use crate::fault::Faults;
use std::collections::BTreeMap;

/// Headers by name, in any case. Each keeps the spelling of its last change for display; requests
/// have names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers<V = HeaderValue>(BTreeMap<String, Header<V>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Header<V> {
    spelling: String,
    value: V,
}

impl<V> Headers<V> {
    /// Reads headers of one request, in which each name may occur once. A repeated name is a fault,
    /// however it is spelled, and its first value stays.
    pub fn read<N: Into<String>>(
        given: impl IntoIterator<Item = (N, V)>,
        faults: &mut Faults,
    ) -> Self {
        let mut headers = Self::default();
        for (name, value) in given {
            let name = name.into();
            if let Some(first) = headers.spelling(&name) {
                let message = format!(
                    "`{first}` is given too, and header names are the same in upper and lower case"
                );
                faults.add(field(&name), message);
            } else {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// Sets a header. Replaces a header with the same name.
    pub fn insert(&mut self, name: impl Into<String>, value: V) {
        let spelling = name.into();
        self.0.insert(spelling.to_ascii_lowercase(), Header { spelling, value });
    }

    pub fn remove(&mut self, name: &str) -> Option<V> {
        self.0.remove(&name.to_ascii_lowercase()).map(|header| header.value)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.get(&name.to_ascii_lowercase()).map(|header| &header.value)
    }

    /// The spelling of a header's name here.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(|header| header.spelling.as_str())
    }

    /// All headers, with their names as they are spelled here.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.values().map(|header| (header.spelling.as_str(), &header.value))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V> Default for Headers<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<N: Into<String>, V> FromIterator<(N, V)> for Headers<V> {
    /// Of several headers with one name, the last one stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.insert(name, value);
        }
        headers
    }
}

impl<V> IntoIterator for Headers<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        let pairs = self.0.into_values().map(|header| (header.spelling, header.value));
        pairs.collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_set_and_removed_in_any_case() {
        let mut headers = Headers::from_iter([("Authorization", 1), ("X-A", 2)]);
        assert_eq!(headers.get("AUTHORIZATION"), Some(&1));
        headers.insert("authorization", 3);
        let pairs: Vec<_> = headers.iter().collect();
        assert_eq!(pairs, [("authorization", &3), ("X-A", &2)]);
        assert_eq!(headers.remove("aUTHORIZATION"), Some(3));
        assert_eq!((headers.len(), headers.spelling("x-a")), (1, Some("X-A")));
    }

    #[test]
    fn a_name_that_is_given_twice_is_a_fault_in_any_case() {
        let mut faults = Faults::default();
        let given = [("X-A", 1), ("x-a", 2), ("X-B", 3), ("X-a", 4)];
        let headers = Headers::read(given, &mut faults);
        assert_eq!(headers.get("x-a"), Some(&1));
        let fields: Vec<_> = faults.into_vec().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["headers.x-a", "headers.X-a"]);
    }
}
