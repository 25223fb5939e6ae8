//! The body before the usual changes.

use super::rewrite::{self, Rewriting};
use std::fmt;

/// How a body was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A line break was added at its end.
    NewlineAdded,
    /// The line break at its end was removed.
    NewlineLost,
    /// Its line breaks were changed to CR LF.
    LineBreaks,
    /// A byte order mark was added at its beginning.
    ByteOrderMark,
    /// Its JSON was serialised again.
    Reserialised(Rewriting),
}

/// The first change that makes the signature right when it is undone.
pub(super) fn change(body: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<Change> {
    let mut simple = simple(body).into_iter();
    let simple = simple.find(|(_, before)| fits(before)).map(|(change, _)| change);
    simple.or_else(|| rewrite::rewriting(body, fits).map(Change::Reserialised))
}

fn simple(body: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let mut before = vec![(Change::NewlineLost, [body, b"\n"].concat())];
    if let Some(shorter) = body.strip_suffix(b"\n") {
        let shorter = shorter.strip_suffix(b"\r").unwrap_or(shorter);
        before.push((Change::NewlineAdded, shorter.to_vec()));
    }
    if let Some(rest) = body.strip_prefix(b"\xEF\xBB\xBF") {
        before.push((Change::ByteOrderMark, rest.to_vec()));
    }
    before.push((Change::LineBreaks, without_carriage_returns(body)));
    before
}

fn without_carriage_returns(body: &[u8]) -> Vec<u8> {
    let followed = |index: usize| body.get(index + 1) == Some(&b'\n');
    let kept = body.iter().enumerate().filter(|(index, byte)| **byte != b'\r' || !followed(*index));
    kept.map(|(_, byte)| *byte).collect()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewlineAdded => f.write_str("a line break was added at its end."),
            Self::NewlineLost => f.write_str("the line break at its end was lost."),
            Self::LineBreaks => f.write_str("its line breaks were made CR LF."),
            Self::ByteOrderMark => f.write_str("a byte order mark was put before it."),
            Self::Reserialised(rewriting) => write!(
                f,
                "its JSON was serialised again, {rewriting}. Verify the bytes as they arrived, \
                 before any parser has touched them."
            ),
        }
    }
}
