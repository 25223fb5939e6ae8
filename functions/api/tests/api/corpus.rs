//! Requests that are kept: each has its answer written beside it, and all of them are what the fuzzer
//! begins with.
//!
//! They are in `tests/corpus`, as HTTP is written:
//!
//! ```text
//! ### what it is about
//! # 422 invalid_fields: name | url
//! POST /api/webhooks?userId=u
//! content-type: application/json
//!
//! {"name": 7, "url": ""}
//! ```
//!
//! The second line has the status and, of a problem, its code and every field that it names. In what
//! follows `WH`, `DLV`, `RPL`, `KEY`, `EVT` and `ECHO` are ids that exist, `«x*9»` is a text nine times, and
//! `«ff 00»` are bytes. The admin sends it, unless it says otherwise.
//!
//! A request that ever did harm is added here, with what it ought to be answered.

use crate::{
    contract::fields_of_a_new_webhook,
    never_fails::{answered, stocked},
    world::{ADMIN, Answer, Call, World},
};
use proptest::{prelude::*, sample::Index};
use std::{fs, path::PathBuf};

/// A request of the corpus.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    name: String,
    /// `422 invalid_fields: name | url`.
    answer: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// All of them.
fn corpus() -> Vec<Kept> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    let requests = |file: &PathBuf| {
        let text = fs::read_to_string(file).expect("text");
        let about = file.file_stem().expect("a name").to_string_lossy().into_owned();
        text.split("### ").skip(1).map(|text| kept(&about, text)).collect::<Vec<_>>()
    };
    files.iter().flat_map(requests).collect()
}

/// Reads one request.
fn kept(about: &str, text: &str) -> Kept {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let name = format!("{about}: {}", lines.next().expect("a name"));
    let answer = lines.next().and_then(|line| line.strip_prefix("# ")).expect("an answer");
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a request");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").expect("a header");
        (name.to_owned(), String::from_utf8(expanded(value)).expect("text"))
    };
    Kept {
        name,
        answer: answer.to_owned(),
        method: method.to_owned(),
        path: String::from_utf8(expanded(path)).expect("text"),
        headers: lines.map(header).collect(),
        body: expanded(body.trim_end_matches('\n')),
    }
}

/// A new field of a webhook is easily forgotten here.
#[test]
fn requests_that_are_said_to_name_every_field_of_a_webhook_do() {
    let names = ["every field", "every option null", "the same in place of one: every field"];
    let is_said = |it: &&Kept| {
        it.name.strip_prefix("webhooks: ").is_some_and(|it| names.iter().any(|n| it.starts_with(n)))
    };
    let corpus = corpus();
    let whole: Vec<&Kept> = corpus.iter().filter(is_said).collect();
    assert!(whole.len() >= 6, "{whole:?}");
    for Kept { name, method, body, .. } in whole {
        let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        for field in fields_of_a_new_webhook() {
            // A secret is made or given only when a webhook is created.
            let has_it = body.get(&field).is_some() || (field == "secret" && method == "PUT");
            assert!(has_it, "{name} has no {field}");
        }
    }
}

/// The bytes that a text with `«…»` stands for.
fn expanded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut pieces = text.split('«');
    bytes.extend(pieces.next().unwrap_or_default().as_bytes());
    for piece in pieces {
        let (inside, rest) = piece.split_once('»').expect("a closing »");
        match inside.rsplit_once('*') {
            Some((repeated, times)) => {
                bytes.extend(repeated.repeat(times.parse().expect("a number")).as_bytes());
            }
            None => bytes.extend(hex::decode(inside.replace(' ', "")).expect("bytes")),
        }
        bytes.extend(rest.as_bytes());
    }
    bytes
}

impl Kept {
    /// The request to a world, whose ids it names.
    fn call(&self, world: &World, ids: &[(&'static str, String)]) -> Call {
        let named = |text: &str| {
            ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
        };
        let mut call = world.call(&self.method, named(&self.path)).body(self.body.clone());
        for (name, value) in &self.headers {
            call = call.header(name, &named(value));
        }
        if !self.headers.iter().any(|(name, _)| name == "authorization") {
            call = call.key(ADMIN);
        }
        call
    }
}

/// What is written beside a request that is answered so.
fn written(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    if answer.status.is_success() || answer.text.is_empty() {
        return status.to_string();
    }
    let shown = |field: &String| match field.as_str() {
        "" => "(empty)".to_owned(),
        name => name.escape_debug().to_string(),
    };
    let fields: Vec<String> = answer.fields().iter().map(shown).collect();
    let fields =
        if fields.is_empty() { String::new() } else { format!(": {}", fields.join(" | ")) };
    format!("{status} {}{fields}", answer.problem().1)
}

/// Everything that is stored or under way.
fn state(world: &World) -> String {
    let memory = &world.memory;
    let queues = [memory.delivery_queue(), memory.events_queue()].map(|queue| queue.messages());
    format!(
        "{:?} {:?} {:?} {:?} {queues:?}",
        memory.webhooks(),
        memory.keys(),
        memory.replays(),
        memory.deliveries()
    )
}

#[tokio::test(start_paused = true)]
async fn every_request_that_is_kept_is_answered_as_it_says() {
    let corpus = corpus();
    assert!(corpus.len() >= 350, "only {} were found", corpus.len());
    let mut wrong = Vec::new();
    for kept in &corpus {
        let (world, ids) = stocked();
        let before = state(&world);
        let answer = kept.call(&world, &ids).send().await;
        let refused = !answer.status.is_success();
        if written(&answer) != kept.answer {
            let (name, text) = (&kept.name, answer.text.chars().take(600).collect::<String>());
            wrong.push(format!(
                "{name}\n  kept: {}\n  now:  {}\n  {text}",
                kept.answer,
                written(&answer)
            ));
        } else if refused && state(&world) != before {
            wrong.push(format!("{}: refused, and it changed something", kept.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.len(), wrong.join("\n"));
}

/// A change of a request: what is done, where, and with what.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Remove(Index, Index),
    Repeat(Index, Index),
    /// A part of another request's body.
    Splice(Index, Index, Index, Index),
    /// Another request's path.
    Divert(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, mask)| Change::Flip(at, mask)),
        2 => (at(), at()).prop_map(|(from, to)| Change::Remove(from, to)),
        2 => (at(), at()).prop_map(|(from, to)| Change::Repeat(from, to)),
        4 => (at(), at(), at(), at()).prop_map(|(a, b, c, d)| Change::Splice(a, b, c, d)),
        1 => at().prop_map(Change::Divert),
    ]
}

impl Change {
    fn apply(&self, kept: &mut Kept, corpus: &[Kept]) {
        let part = |body: &[u8], one: Index, other: Index| {
            let ends = [one, other].map(|end| end.index(body.len() + 1));
            ends[0].min(ends[1])..ends[0].max(ends[1])
        };
        let body = &mut kept.body;
        match *self {
            Self::Flip(at, mask) => {
                let at = at.index(body.len() + 1);
                body.get_mut(at).into_iter().for_each(|byte| *byte ^= mask);
            }
            Self::Remove(from, to) => drop(body.drain(part(body, from, to))),
            Self::Repeat(from, to) => {
                let range = part(body, from, to);
                let repeated = body[range.clone()].to_vec();
                body.splice(range.end..range.end, repeated);
            }
            Self::Splice(whose, at, from, to) => {
                let other = &corpus[whose.index(corpus.len())].body;
                let at = at.index(body.len() + 1);
                body.splice(at..at, other[part(other, from, to)].to_vec());
            }
            Self::Divert(whose) => {
                let other = &corpus[whose.index(corpus.len())];
                (kept.method, kept.path) = (other.method.clone(), other.path.clone());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_request_like_those_that_are_kept_makes_a_failure_of_ours(
        first in any::<Index>(),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        thread_local!(static CORPUS: Vec<Kept> = corpus());
        let changed = CORPUS.with(|corpus| {
            let mut kept = corpus[first.index(corpus.len())].clone();
            changes.iter().for_each(|change| change.apply(&mut kept, corpus));
            kept
        });
        let status = answered(async {
            let (world, ids) = stocked();
            changed.call(&world, &ids).status().await
        });
        prop_assert!(status.as_u16() < 500, "{status}");
    }
}
