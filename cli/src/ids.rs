//! Ids by their beginning, as git takes commits: `wh_019aa3f2`, or `019aa3f2` alone.
//!
//! A whole id is taken as it is, without a request. Of deliveries there can be millions, but an id
//! begins with the time of its event, so its beginning says when to look.

use crate::failure::Failure;
use futures::TryStreamExt;
use grapnel_client::{Client, DeliveryFilter, List};
use grapnel_domain::{
    ids::{DeliveryId, EventId, KeyId, ReplayId, WebhookId},
    time::Timestamp,
};
use serde::de::DeserializeOwned;
use std::{pin::pin, str::FromStr};

/// Most things that are looked at.
const LOOKED_AT: usize = 1000;

/// Most candidates that an error names.
const NAMED: usize = 8;

/// Something that has an id.
trait Named {
    fn id(&self) -> &str;
    /// What tells it apart from others, for people.
    fn what(&self) -> String;
}

/// Where a text was cut.
const CUT: char = '…';

/// Whether commands take the beginning of this id.
pub(crate) fn can_be_shortened(id: &str) -> bool {
    let kinds = [WebhookId::PREFIX, DeliveryId::PREFIX, ReplayId::PREFIX, KeyId::PREFIX];
    kinds.iter().any(|prefix| id.starts_with(prefix))
}

/// The id of an event, which must be whole: ids of events do not begin with a time, so that all events
/// would have to be read to find one by its beginning.
///
/// # Errors
/// When it is not whole.
pub(crate) fn event(text: &str) -> Result<&str, Failure> {
    if text.parse::<EventId>().is_ok() {
        return Ok(text);
    }
    if text.is_empty() {
        return Err(empty("event").advise("`grapnel events list` shows whole ids."));
    }
    let beginning = text.trim_end_matches(CUT);
    let message = match beginning.starts_with(EventId::PREFIX) {
        true => format!("`{text}` is not a whole id of an event: a shortened id is not accepted"),
        false => format!("`{text}` is not the id of an event, which is evt_ and a UUID"),
    };
    let advice = "`grapnel events list` shows whole ids. If you know the id that the event's source gave it: \
                  grapnel events get --source SOURCE --source-id ID";
    Err(Failure::usage(message).advise(advice))
}

/// The id of one of the user's webhooks.
///
/// # Errors
/// When no id begins so, or several do.
pub(crate) async fn webhook(client: &Client, text: &str) -> Result<String, Failure> {
    if let Some(whole) = whole::<WebhookId>(text) {
        return Ok(whole);
    }
    let search = Search { text, prefix: WebhookId::PREFIX, one: "webhook" };
    search.among(client.webhooks(), "`grapnel webhooks list` shows them.").await
}

/// The id of one of a webhook's deliveries.
///
/// # Errors
/// When no id begins so, or several do.
pub(crate) async fn delivery(
    client: &Client,
    webhook: &str,
    text: &str,
) -> Result<String, Failure> {
    if let Some(whole) = whole::<DeliveryId>(text) {
        return Ok(whole);
    }
    let search = Search { text, prefix: DeliveryId::PREFIX, one: "delivery of this webhook" };
    let (since, until) = times(search.bare()).unzip();
    let filter = DeliveryFilter { since, until, ..DeliveryFilter::default() };
    let advice = "`grapnel deliveries list WEBHOOK` shows the newest ones; --since and --until go \
                  further back.";
    search.among(client.deliveries_where(webhook, filter), advice).await
}

/// The id of one of the user's replays.
///
/// # Errors
/// When no id begins so, or several do.
pub(crate) async fn replay(client: &Client, text: &str) -> Result<String, Failure> {
    if let Some(whole) = whole::<ReplayId>(text) {
        return Ok(whole);
    }
    let search = Search { text, prefix: ReplayId::PREFIX, one: "replay" };
    search.among(client.replays(), "`grapnel replay list` shows them.").await
}

/// The id of one of a user's keys.
///
/// # Errors
/// When no id begins so, or several do.
pub(crate) async fn key(client: &Client, user: &str, text: &str) -> Result<String, Failure> {
    if let Some(whole) = whole::<KeyId>(text) {
        return Ok(whole);
    }
    let search = Search { text, prefix: KeyId::PREFIX, one: "key of this user" };
    search.among(client.keys(user), "`grapnel keys list USER` shows them.").await
}

fn whole<Id: FromStr>(text: &str) -> Option<String> {
    text.parse::<Id>().is_ok().then(|| text.to_owned())
}

/// As of a variable that an earlier command was to set.
fn empty(one: &str) -> Failure {
    Failure::usage(format!(
        "the id of the {one} is empty: did the command that was to print it print nothing?"
    ))
}

/// What is looked for.
struct Search<'a> {
    text: &'a str,
    /// The prefix of its kind: `wh_`.
    prefix: &'static str,
    /// What one of its kind is called.
    one: &'static str,
}

impl Search<'_> {
    /// The beginning of the id without the prefix of its kind, and without the mark of a cut.
    fn bare(&self) -> &str {
        self.text.strip_prefix(self.prefix).unwrap_or(self.text).trim_end_matches(CUT)
    }

    async fn among<T>(&self, list: List<T>, advice: &str) -> Result<String, Failure>
    where
        T: Named + DeserializeOwned + Send + 'static,
    {
        if self.text.is_empty() {
            return Err(empty(self.one).advise(advice));
        }
        let bare = self.bare();
        if bare.is_empty() || !bare.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-') {
            let (text, one) = (self.text, self.one);
            let message = format!("`{text}` is not the id of a {one}, nor the beginning of one");
            return Err(Failure::usage(message).advise(advice));
        }
        let mut found: Vec<T> = Vec::new();
        let mut looked_at = 0;
        let mut items = pin!(list.most(LOOKED_AT).stream());
        while let Some(item) = items.try_next().await? {
            looked_at += 1;
            let id = item.id().strip_prefix(self.prefix).unwrap_or_default();
            if id.starts_with(bare) && found.len() <= NAMED {
                found.push(item);
            }
        }
        match found.as_slice() {
            [one] => Ok(one.id().to_owned()),
            [] => Err(self.none(looked_at).advise(advice)),
            several => Err(self.ambiguous(several)),
        }
    }

    fn none(&self, looked_at: usize) -> Failure {
        let (text, one) = (self.text, self.one);
        match looked_at {
            LOOKED_AT.. => Failure::new(format!(
                "no id of the first {LOOKED_AT} begins with `{text}`: give more of it, or all"
            )),
            _ => Failure::new(format!("no {one} has an id that begins with `{text}`")),
        }
    }

    fn ambiguous<T: Named>(&self, found: &[T]) -> Failure {
        let mut message = format!("`{}` is the beginning of more than one id:", self.text);
        for one in found.iter().take(NAMED) {
            message.push_str(&format!("\n  {}  {}", one.id(), crate::render::visible(&one.what())));
        }
        if found.len() > NAMED {
            message.push_str("\n  and others");
        }
        Failure::usage(message)
    }
}

/// From when to when the events were stored whose deliveries' ids begin so; `None` if it says too
/// little.
fn times(bare: &str) -> Option<(Timestamp, Timestamp)> {
    /// The digits of an id that are a time in milliseconds.
    const DIGITS: usize = 12;
    let digits: String = bare.chars().filter(char::is_ascii_hexdigit).take(DIGITS).collect();
    if digits.is_empty() {
        return None;
    }
    let padded = |with: char| {
        let missing = std::iter::repeat_n(with, DIGITS - digits.len());
        let text: String = digits.chars().chain(missing).collect();
        i64::from_str_radix(&text, 16).ok()
    };
    let last = Timestamp::from_millis(padded('f')?.saturating_add(1));
    // The API reads no time after the year 9999.
    let latest = "9999-12-30T00:00:00Z".parse().ok()?;
    Some((Timestamp::from_millis(padded('0')?), last.min(latest)))
        .filter(|(first, last)| first < last)
}

impl Named for grapnel_client::Webhook {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> String {
        self.name.clone()
    }
}

impl Named for grapnel_client::Delivery {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> String {
        format!("{} {}", self.event, self.status)
    }
}

impl Named for grapnel_client::Replay {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> String {
        self.status.to_string()
    }
}

impl Named for grapnel_client::Key {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> String {
        self.name.clone().unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "ids_tests.rs"]
mod tests;
