//! A file of events.

use crate::failure::Failure;
use grapnel_client::fits_a_request;
use grapnel_domain::event::{MAX_DATA_BYTES, publish::MAX_BODY_BYTES};
use serde::Deserialize;
use serde_json::{Deserializer, value::RawValue};

/// An event, as it is written.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) event: Box<RawValue>,
    /// The line of the file on which it begins, counted from 1.
    pub(super) number: usize,
}

/// Events one after the other, or in lists. The API checks them.
///
/// # Errors
/// When there is none, one is not JSON, or one is too large to be published.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    let mut counter = Counter { text, offset: 0, number: 1 };
    for value in Deserializer::from_str(text).into_iter::<&RawValue>() {
        let not_json = |error: serde_json::Error| {
            Failure::usage(format!("event {} is not JSON: {error}", lines.len() + 1))
        };
        let value = value.map_err(not_json)?;
        let events: Vec<&RawValue> = match value.get().starts_with('[') {
            true => serde_json::from_str(value.get()).map_err(not_json)?,
            false => vec![value],
        };
        lines.extend(events.into_iter().map(|event| counter.line(event)));
    }
    if lines.is_empty() {
        return Err(Failure::usage("there is no event to publish"));
    }
    let faults: Vec<String> = lines.iter().filter_map(too_large).collect();
    match faults.is_empty() {
        true => Ok(lines),
        false => Err(Failure::usage(faults.join("\n")).advise("Nothing was published.")),
    }
}

/// Counts lines on the way through a text.
struct Counter<'a> {
    text: &'a str,
    offset: usize,
    number: usize,
}

impl Counter<'_> {
    /// An event of the text, none of which is before the last one.
    fn line(&mut self, event: &RawValue) -> Line {
        // It borrows from the text, so that its address is its place.
        let offset = event.get().as_ptr().addr() - self.text.as_ptr().addr();
        let passed = &self.text.as_bytes()[self.offset..offset];
        self.number += passed.iter().filter(|byte| **byte == b'\n').count();
        self.offset = offset;
        Line { event: event.to_owned(), number: self.number }
    }
}

/// What is wrong with an event that no request can carry.
fn too_large(line: &Line) -> Option<String> {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let Line { event, number } = line;
    let data = serde_json::from_str::<Event<'_>>(event.get()).map_or(0, |it| it.data.get().len());
    if data > MAX_DATA_BYTES {
        Some(format!("line {number}: the event's data may have {MAX_DATA_BYTES} bytes, not {data}"))
    } else if !fits_a_request(event) {
        let bytes = event.get().len();
        Some(format!(
            "line {number}: the event has {bytes} bytes, and a request may have {MAX_BODY_BYTES}"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_lines_lists_or_both_and_kept_as_they_are() {
        let text = "{\"n\": 1.0}\n\n[{\"n\":2},\n  {\"n\":3}]{\"n\":4}\n";
        let lines = lines(text).expect("events");
        let found: Vec<_> = lines.iter().map(|line| (line.number, line.event.get())).collect();
        let expected = [(1, "{\"n\": 1.0}"), (3, "{\"n\":2}"), (4, "{\"n\":3}"), (4, "{\"n\":4}")];
        assert_eq!(found, expected);
        for text in ["", " \n", "[]", "{", "{} x"] {
            assert!(super::lines(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_event_that_no_request_can_carry_is_named_by_its_line() {
        let filler = |bytes: usize| "x".repeat(bytes);
        let text = format!(
            "{{}}\n{{\"data\":{{\"a\":\"{}\"}}}}\n{{\"more\":\"{}\"}}\n",
            filler(MAX_DATA_BYTES),
            filler(MAX_BODY_BYTES)
        );
        let failure = lines(&text).expect_err("refused").to_string();
        assert_eq!(
            failure,
            "line 2: the event's data may have 262144 bytes, not 262152\n\
             line 3: the event has 1048587 bytes, and a request may have 1048576\n\n\
             Nothing was published."
        );
        let fits = format!("{{\"data\":{{\"a\":\"{}\"}}}}", filler(MAX_DATA_BYTES - 8));
        assert_eq!(lines(&fits).expect("fits").len(), 1);
    }
}
