//! `grapnel events publish`.

use super::file::{self, Line};
use crate::{
    failure::Failure,
    input::{json, json_or_file, read_text},
    output::Output,
    render::{self, View},
    say::say,
};
use grapnel_client::{Client, Error, NewEvent, Published, requests};
use serde_json::value::RawValue;
use std::{
    hash::{BuildHasher, RandomState},
    ops::Range,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// File of events, each {"type", "data", "id"?, "source"?, "time"?}; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// Event type; FILE then holds the data
    #[arg(long, value_name = "TYPE")]
    r#type: Option<String>,
    /// Data of the event: JSON, or @FILE
    #[arg(long, value_name = "JSON", requires = "type")]
    data: Option<String>,
    /// Id that the source gives the event; the same id is the same event
    #[arg(long, requires = "type")]
    id: Option<String>,
    /// Source of the event
    #[arg(long, requires = "type")]
    source: Option<String>,
    /// Idempotency key: for 24 hours, a repeat publishes nothing twice
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Publish {
    /// Publishes, in as many requests as it takes.
    ///
    /// # Errors
    /// When the API refuses one of them: which events are published then, and how to go on.
    pub(super) async fn run(&self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let lines = self.events()?;
        let events: Vec<Box<RawValue>> = lines.iter().map(|line| line.event.clone()).collect();
        let requests = requests(&events);
        let keys = Keys::new(self.idempotency_key.clone(), requests.len());
        if let (None, Some(key)) = (&self.idempotency_key, &keys.0) {
            say(&format!(
                "{} events go in {} requests. If that breaks off, repeat it with --idempotency-key {key}: \
                 nothing is published twice.",
                events.len(),
                requests.len(),
            ));
        }
        let mut done = 0;
        for (number, request) in requests.iter().enumerate() {
            let key = keys.of_request(number);
            let call = client.publish_events(request, key.as_deref()).raw();
            let answer = call.await.map_err(|error| {
                let place = done..done + request.len();
                broken_off(error, &lines, place, keys.0.as_deref())
            })?;
            done += request.len();
            output.answer(&answer, |it: &Published, _: &View| render::event::published(it))?;
        }
        Ok(())
    }

    fn events(&self) -> Result<Vec<Line>, Failure> {
        let Some(r#type) = &self.r#type else {
            let file = self.file.as_deref().unwrap_or(Path::new("-"));
            return file::lines(&read_text(file)?);
        };
        let data = match (&self.data, &self.file) {
            (Some(data), _) => json_or_file("--data", data)?,
            (None, Some(file)) => json(&file.display().to_string(), &read_text(file)?)?,
            (None, None) => return Err(Failure::usage("--data or a file is needed")),
        };
        let event = NewEvent {
            id: self.id.clone(),
            source: self.source.clone(),
            ..NewEvent::new(r#type, data)
        };
        let event = serde_json::value::to_raw_value(&event);
        let event = event.map_err(|error| Failure::new(error.to_string()))?;
        Ok(vec![Line { event, number: 1 }])
    }
}

/// The idempotency key that the keys of all requests derive from. One request needs none; several
/// always have one, so that a repeat goes on where the first run ended.
struct Keys(Option<String>);

impl Keys {
    fn new(given: Option<String>, requests: usize) -> Self {
        let made = || {
            let (high, low) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
            format!("publish-{high:016x}{low:016x}")
        };
        Self(given.or_else(|| (requests > 1).then(made)))
    }

    /// The first request's key is the given one, however many follow: a file that has grown is
    /// resumed all the same.
    fn of_request(&self, number: usize) -> Option<String> {
        let key = self.0.as_ref()?;
        Some(if number == 0 { key.clone() } else { format!("{key}-{number}") })
    }
}

/// Why a request failed, in the words of the file, and what of it is published.
fn broken_off(error: Error, lines: &[Line], request: Range<usize>, key: Option<&str>) -> Failure {
    let is_refused = error.problem().is_some_and(|problem| problem.status < 500);
    let error = match error {
        Error::Refused(mut problem) => {
            for fault in &mut problem.answer.errors {
                if let Some(line) = line_of(&fault.field, &lines[request.clone()]) {
                    fault.field = format!("line {line}: {}", fault.field);
                }
            }
            Error::Refused(problem)
        }
        other => other,
    };
    if request.len() == lines.len() {
        return error.into();
    }
    let place = |range: &Range<usize>| {
        let (first, last) = (&lines[range.start], &lines[range.end - 1]);
        let (from, to) = (range.start + 1, range.end);
        format!("events {from} to {to} (lines {} to {})", first.number, last.number)
    };
    let before = match request.start {
        0 => "No event is published".to_owned(),
        start => format!("Published are {}", place(&(0..start))),
    };
    let unknown = match is_refused {
        true => String::new(),
        false => format!("; of {} it is not known", place(&request)),
    };
    let key = key.map(|key| format!(" --idempotency-key {key}")).unwrap_or_default();
    let go_on = format!(
        "{before}{unknown}. To go on, repeat the command with{key}, within a day: what is published \
         is not published again."
    );
    Failure::from(error).within(place(&request)).advise(go_on)
}

/// The line of the event that a field such as `events[3].data` is about.
fn line_of(field: &str, request: &[Line]) -> Option<usize> {
    let (index, _) = field.strip_prefix("events[")?.split_once(']')?;
    request.get(index.parse::<usize>().ok()?).map(|line| line.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(count: usize) -> Vec<Line> {
        let text: String = (0..count).map(|n| format!("{{\"n\":{n}}}\n\n")).collect();
        file::lines(&text).expect("events")
    }

    fn refused(field: &str) -> Error {
        let problem = json!({
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "code": "invalid_fields",
            "detail": "Fields are at fault.",
            "errors": [{ "field": field, "message": "is required" }],
        });
        Error::Refused(serde_json::from_value(problem).expect("a problem"))
    }

    #[test]
    fn requests_have_keys_that_do_not_depend_on_their_number() {
        let keys = Keys::new(Some("k".into()), 3);
        let all: Vec<_> = (0..3).filter_map(|number| keys.of_request(number)).collect();
        assert_eq!(all, ["k", "k-1", "k-2"]);
        assert_eq!(Keys::new(Some("k".into()), 1).of_request(0).as_deref(), Some("k"));
        assert_eq!(Keys::new(None, 1).of_request(0), None);
        let (one, other) = (Keys::new(None, 2).of_request(0), Keys::new(None, 2).of_request(0));
        assert!(one.is_some() && one != other);
    }

    #[test]
    fn a_request_without_an_answer_may_be_published() {
        let status = Error::NotGrapnel { what: "POST".into(), status: 502, shown: "?".into() };
        let text = broken_off(status, &lines(120), 0..100, Some("k")).to_string();
        let expected =
            "No event is published; of events 1 to 100 (lines 1 to 199) it is not known.";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_request_that_fails_says_what_is_published_and_how_to_go_on() {
        let text =
            broken_off(refused("events[3].data"), &lines(120), 100..120, Some("k")).to_string();
        assert_eq!(
            text,
            "events 101 to 120 (lines 201 to 239): Fields are at fault. (invalid_fields)\n  \
             line 207: events[3].data: is required\n\n\
             Published are events 1 to 100 (lines 1 to 199). To go on, repeat the command with \
             --idempotency-key k, within a day: what is published is not published again."
        );
        let text = broken_off(refused("events[0]"), &lines(3), 0..3, None).to_string();
        assert_eq!(text, "Fields are at fault. (invalid_fields)\n  line 1: events[0]: is required");
    }
}
