//! Crash points of the shipped functions: the calls of one event's path at which a function is
//! killed, and how each is told from the others on its way to AWS.
//!
//! The path is that of the simulated crash points: one event for three webhooks ([`Path`]). Here a
//! call is named by hand, because it has to be recognised by what it says.

use crate::{
    proxy::{Cut, Moment},
    stack::Outputs,
};
use grapnel_testing::document::{generated_part, with_generated_part};
use std::fmt;

/// The name of the table's part of `docs/reliability.md`.
const PART: &str = "crash points, deployed";

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// From an event to its deliveries.
    Ingest,
    /// From a delivery to its receiver.
    Delivery,
    /// The HTTP API.
    Api,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Delivery, Self::Api];

    /// Its name in the template.
    #[must_use]
    pub const fn logical_id(self) -> &'static str {
        match self {
            Self::Ingest => "IngestFunction",
            Self::Delivery => "DeliveryFunction",
            Self::Api => "ApiFunction",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Delivery => "delivery",
            Self::Api => "api",
        }
    }
}

/// The webhooks of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Takes the event at once.
    Success,
    /// Fails once, and takes it after a queue delay.
    Delayed,
    /// Fails, waits in a shared wait, fails for good, and takes it when its user asks once more.
    Exhausted,
}

impl Path {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Success, Self::Delayed, Self::Exhausted];

    /// The path of its receiver's URL.
    #[must_use]
    pub const fn url_path(self) -> &'static str {
        match self {
            Self::Success => "/success",
            Self::Delayed => "/delayed",
            Self::Exhausted => "/exhausted",
        }
    }
}

/// What a call is about: its body names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    User,
    Key,
    Webhook(Path),
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

/// A call of the path.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    function: Function,
    name: &'static str,
    operation: &'static str,
    target: Target,
    subject: Subject,
    /// What only this one says, if the operation on this target is used for several things.
    says: &'static str,
    /// Which of those that fit so far, from 1.
    number: usize,
}

/// The calls at which functions are killed.
#[must_use]
pub fn calls() -> Vec<Call> {
    use Function::{Api, Delivery, Ingest};
    use Path::{Delayed, Exhausted, Success};
    use Subject::{Key, User, Webhook};
    use Target::{Deliveries, Events, Keys, Queue, Waits, Webhooks};
    let call = |function, name, operation, target, subject| Call {
        function,
        name,
        operation,
        target,
        subject,
        says: "",
        number: 1,
    };
    let record = |path, name, says| Call {
        says,
        ..call(Delivery, name, "UpdateItem", Deliveries, Webhook(path))
    };
    let create = |number, name| Call { number, ..call(Ingest, name, "PutItem", Deliveries, User) };
    vec![
        call(Ingest, "query subscriptions", "Query", Webhooks, User),
        call(Ingest, "store event", "PutItem", Events, User),
        create(1, "create delivery, the first"),
        create(2, "create delivery, the second"),
        create(3, "create delivery, the third"),
        call(Ingest, "send messages", "SendMessageBatch", Queue, User),
        call(Delivery, "read delivery", "GetItem", Deliveries, Webhook(Success)),
        call(Delivery, "read webhook", "GetItem", Webhooks, Webhook(Success)),
        record(Success, "record a success", "#attempts[0]"),
        record(Delayed, "record a failure, retried by delay", "#attempts[0]"),
        call(Delivery, "send the retry", "SendMessageBatch", Queue, Webhook(Delayed)),
        record(Delayed, "record the success of a retry", "#attempts[1]"),
        record(Exhausted, "record a failure, retried by wait", "#attempts[0]"),
        call(Delivery, "start execution", "StartExecution", Waits, Webhook(Exhausted)),
        call(Delivery, "query waiting", "Query", Deliveries, Webhook(Exhausted)),
        // The first is that of its first attempt.
        Call {
            number: 2,
            ..call(Delivery, "read who waits", "GetItem", Deliveries, Webhook(Exhausted))
        },
        call(Delivery, "send who waited", "SendMessageBatch", Queue, Webhook(Exhausted)),
        record(Exhausted, "stop waiting", r##""REMOVE #waitKey""##),
        call(Delivery, "read event", "GetItem", Events, User),
        record(Exhausted, "record the last failure", "#attempts[1]"),
        call(Api, "read key", "GetItem", Keys, Key),
        call(Api, "read webhook", "GetItem", Webhooks, Webhook(Exhausted)),
        call(Api, "read delivery", "GetItem", Deliveries, Webhook(Exhausted)),
        call(Api, "send the manual retry", "SendMessageBatch", Queue, Webhook(Exhausted)),
        call(Api, "read event", "GetItem", Events, User),
        record(Exhausted, "record the manual attempt", "#attempts[2]"),
    ]
}

/// What a case is about, as its calls name it.
#[derive(Debug, Clone)]
pub struct Names {
    /// The user's id.
    pub user: String,
    /// SHA-256 of the user's key, in hex.
    pub key_hash: String,
    /// The webhooks' ids, in the order of [`Path::ALL`].
    pub webhooks: [String; 3],
}

impl Call {
    /// Kills whoever makes this call for a case.
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
            Subject::User => &names.user,
            Subject::Key => &names.key_hash,
            Subject::Webhook(path) => &names.webhooks[path as usize],
        };
        Cut {
            function: self.function,
            operation: self.operation,
            says: [target, subject, self.says].map(str::to_owned).into(),
            number: self.number,
            moment,
        }
    }

    /// Whether the kill comes between a request and its record: then the request is made again.
    #[must_use]
    pub fn loses_a_record(&self, moment: Moment) -> bool {
        moment == Moment::Before && self.says.starts_with("#attempts")
    }

    /// Whether it is the user who is left without an answer, and asks again.
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

/// The table of what is tried. It says that all went well, because a test fails where it does not.
#[must_use]
pub fn table() -> String {
    let head = Moment::ALL.map(Moment::label).join(" | ");
    let marks = " ✓ |".repeat(Moment::ALL.len());
    let rows: Vec<String> = calls().iter().map(|call| format!("| {call} |{marks}\n")).collect();
    let (calls, cases) = (rows.len(), rows.len() * Moment::ALL.len());
    let line = "---|".repeat(Moment::ALL.len());
    format!("| call | {head} |\n|---|{line}\n{}\n{calls} calls, {cases} kills.\n", rows.concat())
}

/// Whether a document holds this table.
#[must_use]
pub fn is_in(document: &str) -> bool {
    generated_part(document, PART) == Some(table().trim())
}

/// The document with the table in its place; `None` if it has no place for it.
#[must_use]
pub fn written_into(document: &str) -> Option<String> {
    with_generated_part(document, PART, &table())
}
