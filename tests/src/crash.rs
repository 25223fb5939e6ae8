//! Crash points of the shipped functions: the calls at which a function is killed, and how each
//! call is recognized on its way to AWS.
//!
//! There are two scenarios. The path of one event is that of the simulated crash points: three
//! webhooks process it in three ways. The other is a replay of failed deliveries, as far as it
//! makes other calls. The list of calls is written by hand, because each must be recognized by its
//! content.

use crate::{
    proxy::{Cut, Moment, Times},
    stack::{Function, Outputs},
};
use grapnel_testing::document::{generated_part, with_generated_part};
use std::{collections::HashMap, fmt};

/// The name of the table's part in `docs/reliability.md`.
const PART: &str = "crash points, deployed";

/// What happens while a function is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// The path of one event, with a manual retry at its end.
    Event,
    /// A replay of all a user's failed deliveries, in two pages.
    Replay,
}

impl Scenario {
    pub const ALL: [Self; 2] = [Self::Event, Self::Replay];

    /// Its webhooks, in the order of their ids.
    #[must_use]
    pub const fn paths(self) -> &'static [Path] {
        match self {
            Self::Event => &[Path::Success, Path::Delayed, Path::Exhausted],
            Self::Replay => &[Path::Replayed, Path::Untouched],
        }
    }

    /// The calls at which functions are killed.
    #[must_use]
    pub fn calls(self) -> Vec<Call> {
        match self {
            Self::Event => event_calls(),
            Self::Replay => replay_calls(),
        }
    }
}

/// A webhook, named by the course of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Succeeds at once.
    Success,
    /// Fails once, and succeeds after a queue delay.
    Delayed,
    /// Fails, waits in a shared wait, fails for good, and succeeds in a manual retry.
    Exhausted,
    /// Fails for good at once, and succeeds in a replay.
    Replayed,
    /// Does not get the event. A replay reaches it on a separate page, the second.
    Untouched,
}

impl Path {
    /// The path of its receiver's URL.
    #[must_use]
    pub const fn url_path(self) -> &'static str {
        match self {
            Self::Success => "/success",
            Self::Delayed => "/delayed",
            Self::Exhausted => "/exhausted",
            Self::Replayed => "/replayed",
            Self::Untouched => "/untouched",
        }
    }
}

/// The subject of a call, which its body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    User,
    Key,
    Webhook(Path),
    /// The call is about the deliveries of all users, those of the other cases included.
    Everybody,
}

/// The table or queue that a call is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Keys,
    Webhooks,
    Events,
    Deliveries,
    Queue,
    Waits,
}

#[derive(Debug, Clone, Copy)]
pub struct Call {
    function: Function,
    name: &'static str,
    operation: &'static str,
    target: Target,
    subject: Subject,
    /// A text that only this call contains, if the operation on this target has several uses.
    says: &'static str,
    /// The number of this call among those that match, from 1.
    number: usize,
}

const fn call(
    function: Function,
    name: &'static str,
    operation: &'static str,
    target: Target,
    subject: Subject,
) -> Call {
    Call { function, name, operation, target, subject, says: "", number: 1 }
}

/// A change of a delivery.
const fn change(path: Path, name: &'static str, says: &'static str) -> Call {
    let subject = Subject::Webhook(path);
    Call { says, ..call(Function::Delivery, name, "UpdateItem", Target::Deliveries, subject) }
}

fn event_calls() -> Vec<Call> {
    use Function::{Api, Delivery, Ingest, Tend};
    use Path::{Delayed, Exhausted, Success};
    use Subject::{Everybody, Key, User, Webhook};
    use Target::{Deliveries, Events, Keys, Queue, Waits, Webhooks};
    let create = |number, name| Call { number, ..call(Ingest, name, "PutItem", Deliveries, User) };
    vec![
        call(Ingest, "query subscriptions", "Query", Webhooks, User),
        call(Ingest, "store event", "PutItem", Events, User),
        create(1, "create delivery, the first"),
        create(2, "create delivery, the second"),
        create(3, "create delivery, the third"),
        call(Ingest, "send messages", "SendMessageBatch", Queue, User),
        call(Delivery, "read delivery", "GetItem", Deliveries, Webhook(Success)),
        call(Delivery, "read webhook", "Query", Webhooks, Webhook(Success)),
        change(Success, "record a success", "#attempts[0]"),
        change(Delayed, "record a failure, retried by delay", "#attempts[0]"),
        call(Delivery, "send the retry", "SendMessageBatch", Queue, Webhook(Delayed)),
        call(Delivery, "store health", "UpdateItem", Webhooks, Webhook(Delayed)),
        change(Delayed, "record the success of a retry", "#attempts[1]"),
        change(Exhausted, "record a failure, retried by wait", "#attempts[0]"),
        call(Delivery, "start execution", "StartExecution", Waits, Everybody),
        call(Tend, "query waits", "Query", Deliveries, Everybody),
        call(Tend, "read who waits", "BatchGetItem", Deliveries, Everybody),
        call(Tend, "send who waited", "SendMessageBatch", Queue, Everybody),
        call(Tend, "stop waiting", "UpdateItem", Deliveries, Everybody),
        call(Delivery, "read event", "GetItem", Events, User),
        change(Exhausted, "record the last failure", "#attempts[1]"),
        call(Api, "read key", "GetItem", Keys, Key),
        call(Api, "read webhook", "Query", Webhooks, Webhook(Exhausted)),
        call(Api, "read delivery", "GetItem", Deliveries, Webhook(Exhausted)),
        call(Api, "read event", "GetItem", Events, User),
        call(Api, "send the manual retry", "SendMessageBatch", Queue, Webhook(Exhausted)),
        change(Exhausted, "record the manual attempt", "#attempts[2]"),
    ]
}

fn replay_calls() -> Vec<Call> {
    use Function::{Api, Delivery};
    use Path::Replayed;
    use Subject::{User, Webhook};
    use Target::{Deliveries, Events, Queue, Webhooks};
    let saying = |says, call: Call| Call { says, ..call };
    // The prefix of a replay's id.
    const REPLAY: &str = "rpl_";
    vec![
        saying(REPLAY, call(Api, "send the replay", "SendMessageBatch", Queue, User)),
        saying(REPLAY, call(Api, "store replay", "UpdateItem", Events, User)),
        saying(REPLAY, call(Delivery, "read replay", "GetItem", Events, User)),
        // Neither one webhook nor a type's webhooks: all of the user's.
        saying(r#""userId = :user""#, call(Delivery, "list webhooks", "Query", Webhooks, User)),
        saying(
            "failedKey",
            call(Delivery, "find who failed", "Query", Deliveries, Webhook(Replayed)),
        ),
        saying(
            REPLAY,
            call(Delivery, "send who failed", "SendMessageBatch", Queue, Webhook(Replayed)),
        ),
        saying("#page = :before", call(Delivery, "record the page", "UpdateItem", Events, User)),
        // A message is text inside a call's JSON.
        saying(
            r#"\"page\":1"#,
            call(Delivery, "send the next page", "SendMessageBatch", Queue, User),
        ),
        change(Replayed, "reopen", "#scheduleFrom"),
        change(Replayed, "record the replayed attempt", "#attempts[1]"),
    ]
}

/// The names in a case's calls.
#[derive(Debug, Clone)]
pub struct Names {
    pub user: String,
    /// SHA-256 of the user's key, in hex.
    pub key_hash: String,
    pub webhooks: HashMap<Path, String>,
}

impl Call {
    /// The kill of the function that makes this call for a case.
    #[must_use]
    pub fn cut(&self, moment: Moment, names: &Names, outputs: &Outputs) -> Cut {
        let target = match self.target {
            Target::Keys => &outputs.keys_table,
            Target::Webhooks => &outputs.webhooks_table,
            Target::Events => &outputs.events_table,
            Target::Deliveries => &outputs.deliveries_table,
            Target::Queue => &outputs.delivery_queue_url,
            Target::Waits => &outputs.wait_state_machine_arn,
        };
        let subject = match self.subject {
            Subject::Everybody => "",
            Subject::User => &names.user,
            Subject::Key => &names.key_hash,
            Subject::Webhook(path) => names.webhooks[&path].as_str(),
        };
        Cut {
            function: self.function,
            operation: self.operation,
            says: [target.as_str(), subject, self.says].map(str::to_owned).into(),
            times: Times::Number(self.number),
            moment,
        }
    }

    /// Whether the kill is between a request and its record: then the request is repeated.
    #[must_use]
    pub fn loses_a_record(&self, moment: Moment) -> bool {
        moment == Moment::Before && self.says.starts_with("#attempts")
    }

    /// Whether the call is about the deliveries of all cases.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.subject == Subject::Everybody
    }

    /// Whether the kill leaves the user without an answer, so that the user asks again.
    #[must_use]
    pub fn is_of_the_api(&self) -> bool {
        self.function == Function::Api
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {}", self.function.label(), self.name)
    }
}

/// The table of the tried calls. It says that all of them passed, because otherwise a test fails.
#[must_use]
pub fn table() -> String {
    let head = Moment::ALL.map(Moment::label).join(" | ");
    let marks = " ✓ |".repeat(Moment::ALL.len());
    let calls = Scenario::ALL.into_iter().flat_map(Scenario::calls);
    let rows: Vec<String> = calls.map(|call| format!("| {call} |{marks}\n")).collect();
    let (calls, cases) = (rows.len(), rows.len() * Moment::ALL.len());
    let line = "---|".repeat(Moment::ALL.len());
    format!("| call | {head} |\n|---|{line}\n{}\n{calls} calls, {cases} kills.\n", rows.concat())
}

/// Whether a document has this table.
#[must_use]
pub fn is_in(document: &str) -> bool {
    generated_part(document, PART) == Some(table().trim())
}

/// The document with the table; `None` if it has no place for it.
#[must_use]
pub fn written_into(document: &str) -> Option<String> {
    with_generated_part(document, PART, &table())
}
