//! JSON that was serialised again: guesses its earlier form.
//!
//! A program that writes JSON chooses the blanks, the escapes, the spelling of numbers and the
//! order of keys. The first program's choices can only be guessed; the guesses are limited by their
//! number and by the bytes that are hashed for them.

mod guesses;
mod tokens;

use std::fmt;
use tokens::Json;

/// Maximum size of all guesses together, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What a program wrote in another way, apart from blanks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// Characters of texts.
    pub escapes: bool,
    /// Numbers.
    pub numbers: bool,
    /// The order of keys.
    pub order: bool,
}

impl fmt::Display for Rewriting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.escapes, "other escapes in its texts"),
            (self.numbers, "another spelling of its numbers"),
            (self.order, "another order of its keys"),
        ];
        let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
        match parts.is_empty() {
            true => f.write_str("with other blanks"),
            false => write!(f, "with {}", parts.join(" and ")),
        }
    }
}

/// How the body was written before, if one of the guesses is right.
pub(super) fn rewriting(body: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<Rewriting> {
    let json = Json::parse(body)?;
    let mut bytes = 0;
    for (rewriting, before) in guesses::of(&json) {
        bytes += before.len();
        if bytes > MOST_BYTES {
            return None;
        }
        if fits(before.as_bytes()) {
            return Some(rewriting);
        }
    }
    None
}

/// Whether the body is an envelope or a CloudEvent, but not in Grapnel's notation: without blanks
/// between its members, and with the members in order.
pub(super) fn is_rewritten(body: &[u8]) -> bool {
    Json::parse(body).is_some_and(|json| json.is_rewritten(body))
}
