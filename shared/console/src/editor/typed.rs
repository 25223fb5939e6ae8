//! The fields of a webhook's form as text. They stay what was typed, also where that is no number and no JSON.

use crate::{json::indented, links::Query, settings::Offers};
use grapnel_wire::{
    limits::{HEADERS, METADATA_ENTRIES},
    webhook::{Header, Webhook},
};

/// The choice of a body that is a template's.
pub(crate) const TRANSFORM: &str = "transform";

/// The delays that grow by a factor.
pub(crate) const BACKOFF: &str = "backoff";

/// Rows of a form beyond what the API takes, so that one can be filled before another is emptied.
const SPARE_ROWS: usize = 5;

/// Most rows of headers and of metadata.
pub(crate) const HEADER_ROWS: usize = HEADERS + SPARE_ROWS;
pub(crate) const METADATA_ROWS: usize = METADATA_ENTRIES + SPARE_ROWS;

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) description: String,
    /// Event types whose boxes are checked.
    pub(crate) chosen: Vec<String>,
    /// Patterns of event types, one on each line.
    pub(crate) patterns: String,
    pub(crate) headers: Vec<HeaderRow>,
    /// Names and values.
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) filter: String,
    /// A payload format, or [`TRANSFORM`].
    pub(crate) body: String,
    pub(crate) template: String,
    pub(crate) content_type: String,
    pub(crate) max_attempts: String,
    pub(crate) timeout: String,
    /// [`BACKOFF`], or else a list of delays.
    pub(crate) growth: String,
    pub(crate) delays: String,
    pub(crate) initial: String,
    pub(crate) multiplier: String,
    pub(crate) longest: String,
    pub(crate) rate_limit: String,
    /// The secret of a new webhook.
    pub(crate) secret: String,
    /// Faults of fields with more rows than a form can have: the rows after the last one are not here.
    pub(crate) too_many: Vec<(String, String)>,
}

/// A header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeaderRow {
    pub(crate) name: String,
    /// Empty where a sensitive value is stored: it is never shown.
    pub(crate) value: String,
    pub(crate) is_sensitive: bool,
    /// Whether a sensitive value was stored when the form was made.
    pub(crate) is_stored: bool,
}

/// Text as a browser sends it back from a field of several lines.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The same from a field of one line, which drops line breaks.
fn line(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect()
}

/// Stored text as a browser sends it back: HTML has no way to write a NUL.
fn written(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// One of a row's fields, as it was sent for each row.
fn column(fields: &Query, name: &str) -> Vec<String> {
    fields.all(name).map(line).collect()
}

fn at(column: &[String], place: usize) -> String {
    column.get(place).cloned().unwrap_or_default()
}

impl Typed {
    /// What a form sends.
    pub(crate) fn read(fields: &Query) -> Self {
        let text = |name: &str| line(fields.all(name).next().unwrap_or_default());
        let long = |name: &str| lines(fields.all(name).next().unwrap_or_default());
        let mut too_many = Vec::new();
        let headers = first_of("headers", header_rows(fields), HEADERS, &mut too_many);
        let metadata = metadata_rows(fields);
        let metadata = first_of("metadata", metadata, METADATA_ENTRIES, &mut too_many);
        Self {
            name: text("name"),
            url: text("url"),
            description: long("description"),
            chosen: fields.all("event").map(line).collect(),
            patterns: long("patterns"),
            headers,
            metadata,
            filter: long("filter"),
            body: text("body"),
            template: long("template"),
            content_type: text("contentType"),
            max_attempts: text("maxAttempts"),
            timeout: text("timeoutSeconds"),
            growth: text("growth"),
            delays: text("delaysSeconds"),
            initial: text("initialSeconds"),
            multiplier: text("multiplier"),
            longest: text("maxSeconds"),
            rate_limit: text("rateLimit"),
            secret: text("secret"),
            too_many,
        }
    }

    /// The fields of a new webhook.
    pub(crate) fn fresh() -> Self {
        Self { body: "envelope".to_owned(), ..Self::default() }
    }

    /// The fields of a webhook as it is stored.
    pub(crate) fn of(webhook: &Webhook) -> Self {
        let line = |text: &str| line(&written(text));
        let lines = |text: &str| lines(&written(text));
        let (patterns, chosen): (Vec<&String>, Vec<&String>) =
            webhook.events.iter().partition(|event| event.contains('*'));
        let patterns: Vec<&str> = patterns.into_iter().map(String::as_str).collect();
        let retry = &webhook.retry_config;
        let delays = retry.delays_seconds.iter().flatten().map(u32::to_string);
        let backoff = retry.backoff.as_ref();
        let transform = webhook.transform.as_ref();
        Self {
            name: line(&webhook.name),
            url: line(&webhook.url),
            description: lines(webhook.description.as_deref().unwrap_or_default()),
            chosen: chosen.into_iter().map(|event| line(event)).collect(),
            patterns: lines(&patterns.join("\n")),
            headers: webhook.headers.iter().map(HeaderRow::of).collect(),
            metadata: webhook.metadata.iter().map(|(k, v)| (line(k), lines(v))).collect(),
            filter: webhook.filter.as_ref().map(|it| indented(it.get())).unwrap_or_default(),
            body: match transform {
                Some(_) => TRANSFORM.to_owned(),
                None => line(webhook.payload_format.as_str()),
            },
            template: lines(transform.map_or("", |it| &it.template)),
            content_type: line(transform.map_or("", |it| &it.content_type)),
            max_attempts: retry.max_attempts.to_string(),
            timeout: retry.timeout_seconds.to_string(),
            growth: if backoff.is_some() { BACKOFF } else { "" }.to_owned(),
            delays: delays.collect::<Vec<_>>().join(", "),
            initial: backoff.map(|it| it.initial_seconds.to_string()).unwrap_or_default(),
            multiplier: backoff.map(|it| it.multiplier.to_string()).unwrap_or_default(),
            longest: backoff.map(|it| it.max_seconds.to_string()).unwrap_or_default(),
            rate_limit: webhook.rate_limit.map(|it| it.to_string()).unwrap_or_default(),
            secret: String::new(),
            too_many: Vec::new(),
        }
    }

    /// The same with what is stored in the fields that the platform does not offer.
    pub(crate) fn offered(&self, offers: Offers, stored: &Self) -> Self {
        let mut typed = self.clone();
        if !offers.filters {
            typed.filter.clone_from(&stored.filter);
        }
        if !offers.transforms {
            typed.template.clone_from(&stored.template);
            typed.content_type.clone_from(&stored.content_type);
            if typed.has_transform() || stored.has_transform() {
                typed.body.clone_from(&stored.body);
            }
        }
        if !offers.secrets {
            typed.secret.clone_from(&stored.secret);
        }
        typed
    }

    /// Event types and patterns, in the order of the form.
    pub(crate) fn events(&self) -> Vec<String> {
        let patterns = self.patterns.split([' ', ',', '\n', '\t']);
        let patterns = patterns.filter(|pattern| !pattern.is_empty()).map(ToOwned::to_owned);
        let mut events: Vec<String> = self.chosen.clone();
        events.extend(patterns.filter(|pattern| !self.chosen.contains(pattern)));
        events
    }

    /// The delays of a list.
    pub(crate) fn delays(&self) -> Vec<&str> {
        self.delays.split([' ', ',']).filter(|delay| !delay.is_empty()).collect()
    }

    pub(crate) fn grows(&self) -> bool {
        self.growth == BACKOFF
    }

    pub(crate) fn has_transform(&self) -> bool {
        self.body == TRANSFORM
    }
}

impl HeaderRow {
    fn of((name, header): (&String, &Header)) -> Self {
        let (value, is_sensitive) = match header {
            Header::Plain(value) => (line(&written(value)), false),
            Header::Sensitive { .. } => (String::new(), true),
        };
        Self { name: line(&written(name)), value, is_sensitive, is_stored: is_sensitive }
    }
}

/// The rows that a form can have. A fault says how many others there are.
fn first_of<T>(
    field: &str,
    mut rows: Vec<T>,
    most: usize,
    too_many: &mut Vec<(String, String)>,
) -> Vec<T> {
    let kept = most + SPARE_ROWS;
    if rows.len() > kept {
        let fault = format!(
            "at most {most} rows, not {}; this page has the first {kept}, and the others are left out",
            rows.len()
        );
        too_many.push((field.to_owned(), fault));
        rows.truncate(kept);
    }
    rows
}

fn header_rows(fields: &Query) -> Vec<HeaderRow> {
    let names = column(fields, "headerName");
    let values = column(fields, "headerValue");
    let kinds = column(fields, "headerKind");
    let stored = column(fields, "headerStored");
    let row = |(place, name): (usize, &String)| HeaderRow {
        name: name.trim().to_owned(),
        value: at(&values, place),
        is_sensitive: at(&kinds, place) == "sensitive",
        is_stored: !at(&stored, place).is_empty(),
    };
    let rows = names.iter().enumerate().map(row);
    rows.filter(|row| !row.name.is_empty() || !row.value.is_empty()).collect()
}

fn metadata_rows(fields: &Query) -> Vec<(String, String)> {
    let names = column(fields, "metadataName");
    let values: Vec<String> = fields.all("metadataValue").map(lines).collect();
    let rows = names.iter().enumerate().map(|(place, name)| (name.clone(), at(&values, place)));
    rows.filter(|(name, value)| !name.is_empty() || !value.is_empty()).collect()
}
