//! What a request for figures asks for.

use crate::{
    problem::Problem,
    request::{
        asked::Content,
        body::Incoming,
        query::{Parameters, Query, fault},
    },
};
use grapnel_domain::{
    event::TypeFilter,
    fault::FieldFault,
    ids::{UserId, WebhookId},
    time::{Hour, Timestamp},
};
use grapnel_wire::limits::{STATS_DAYS, STATS_DAYS_BY_HOUR, STATS_HOURS_BY_DEFAULT};
use std::ops::Range;

/// The hours of a request that does not say.
const HOURS_BY_DEFAULT: i64 = 24;

/// The periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Hour,
    Day,
}

/// The request, before it is known what time it is.
pub(in crate::routes) struct Wanted {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Hours.
    last: Option<i64>,
    by: Option<By>,
    webhook: Option<WebhookId>,
    event: Option<TypeFilter>,
}

/// The request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) hours: Range<Hour>,
    pub(super) by: By,
    pub(super) webhook: Option<WebhookId>,
    pub(super) event: Option<TypeFilter>,
}

impl Content for Wanted {
    type Received = ();

    const PARAMETERS: &[&str] = &["from", "to", "last", "by", "webhook", "event"];

    async fn receive(_: Incoming) -> Result<(), Problem> {
        Ok(())
    }

    fn take_user((): &mut ()) -> Result<Option<UserId>, Problem> {
        Ok(None)
    }

    fn read((): (), query: &Query) -> Result<Self, Problem> {
        let mut parameters = Parameters::of(query);
        let spans = format!("hours or days, such as `24h` or `7d`, at most `{STATS_DAYS}d`");
        let wanted = Self {
            from: parameters.time("from"),
            to: parameters.time("to"),
            last: parameters.read("last", &spans, hours),
            by: parameters.read("by", "`hour` or `day`", by),
            webhook: parameters.read("webhook", "the id of a webhook", |text| text.parse().ok()),
            event: parameters.types("event"),
        };
        if parameters.text("last").is_some() {
            for other in ["from", "to"] {
                if parameters.text(other).is_some() {
                    parameters.fault(other, "leave it out, or `last`: they exclude each other");
                }
            }
        }
        parameters.finish(wanted).map_err(Problem::invalid_query)
    }
}

fn by(text: &str) -> Option<By> {
    match text {
        "hour" => Some(By::Hour),
        "day" => Some(By::Day),
        _ => None,
    }
}

/// The number of hours in a text such as `24h` or `7d`.
fn hours(text: &str) -> Option<i64> {
    let (number, hours) = match text.strip_suffix('h') {
        Some(number) => (number, 1),
        None => (text.strip_suffix('d')?, 24),
    };
    let is_number = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| is_number)?;
    number.checked_mul(hours).filter(|hours| (1..=STATS_DAYS * 24).contains(hours))
}

impl Wanted {
    /// The whole hours that are meant, up to the present one.
    ///
    /// # Errors
    /// What is wrong about the times.
    pub(super) fn resolve(self, now: Timestamp) -> Result<Asked, Vec<FieldFault>> {
        let next = now.hour().next();
        let to = self.to.map_or(next, |to| end(to).min(next));
        let from = match (self.from, self.last) {
            (Some(from), _) => from.hour(),
            (None, hours) => to.plus(-hours.unwrap_or(HOURS_BY_DEFAULT)),
        };
        if from >= to {
            return Err(vec![fault("from", "must be before `to`, and not in the future")]);
        }
        let span = from.until(to);
        let by = self.by.unwrap_or(match span <= STATS_HOURS_BY_DEFAULT {
            true => By::Hour,
            false => By::Day,
        });
        let most = match by {
            By::Hour => STATS_DAYS_BY_HOUR,
            By::Day => STATS_DAYS,
        };
        let name = if self.last.is_some() { "last" } else { "from" };
        if span > most * 24 {
            let each = if by == By::Hour { " with `by=hour`" } else { "" };
            return Err(vec![fault(name, format!("at most {most} days in one request{each}"))]);
        }
        if from.until(next) > (STATS_DAYS + 1) * 24 {
            let message = format!("figures are kept for {STATS_DAYS} days");
            return Err(vec![fault(name, message)]);
        }
        Ok(Asked { hours: from..to, by, webhook: self.webhook, event: self.event })
    }
}

/// The first hour that is not meant by a time up to which figures are asked for.
fn end(to: Timestamp) -> Hour {
    let hour = to.hour();
    if hour.begins_at() == to { hour } else { hour.next() }
}
