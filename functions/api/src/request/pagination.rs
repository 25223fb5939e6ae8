//! Pages of lists: `?limit=` and `?cursor=` in, `{"items": […], "nextCursor": "…"}` out.
//!
//! A cursor is base64url of `v1:` and the last item's sort key, nothing else. The partition is
//! always the caller's, so a cursor that somebody else got, or made up, shows nothing that its
//! bearer may not see. It is opaque: a later version may hold something else.

use crate::{
    answers,
    problem::Problem,
    request::query::{self, Query},
};
use axum::{http::StatusCode, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use grapnel_domain::{
    fault::FieldFault,
    ports::{Page, PortError},
};
use serde::Serialize;
use std::{fmt::Display, str::FromStr};

/// The query parameters of a list.
pub(crate) const PARAMETERS: &[&str] = &["limit", "cursor"];

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;
const VERSION: &str = "v1:";

/// Most bytes of a page's JSON.
pub(crate) const MAX_PAGE_BYTES: usize = 4_000_000;

/// Most bytes of a page as it leaves the function: as a string in Lambda's own JSON, where a quote
/// or a backslash takes two bytes. Lambda's limit is 6 MB for that, headers included.
const MAX_TRAVEL_BYTES: usize = 5_500_000;

/// Around the items, with a cursor of any size.
const FRAME_BYTES: usize = 512;

/// Which page is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest<C> {
    /// Most items, 1–100.
    pub(crate) limit: usize,
    /// The sort key after which it begins.
    pub(crate) after: Option<C>,
}

impl<C: FromStr> PageRequest<C> {
    /// Reads `limit` and `cursor`, beside what else was read of the query.
    ///
    /// # Errors
    /// 400 with all parameters at fault, also those of `other`.
    pub(crate) fn parse_with<T>(
        query: &Query,
        other: Result<T, Vec<FieldFault>>,
    ) -> Result<(Self, T), Problem> {
        let mut faults = Vec::new();
        let limit = query.get("limit").map_or(Some(DEFAULT_LIMIT), parse_limit);
        if limit.is_none() {
            let message = format!("must be a whole number from 1 to {MAX_LIMIT}");
            faults.push(query::fault("limit", message));
        }
        let after = query.get("cursor").map(parse_cursor::<C>);
        if let Some(None) = after {
            let message = "not a cursor of this list: use `nextCursor` as it was given, or none";
            faults.push(query::fault("cursor", message));
        }
        let other = other.map_err(|others| faults.extend(others));
        match (limit, other) {
            (Some(limit), Ok(other)) if faults.is_empty() => {
                Ok((Self { limit, after: after.flatten() }, other))
            }
            _ => Err(Problem::invalid_query(faults)),
        }
    }
}

/// Items that one read asks for where a filter leaves some out.
const AT_ONCE: usize = 100;

/// Most items that are read for one page. A page that found too few says where to go on.
pub(crate) const MOST_EXAMINED: usize = 1000;

/// What a filter says of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is on the page if there is room.
    Include,
    /// It is left out.
    LeaveOut,
    /// It is left out, and so is every item behind it.
    End,
}

/// Reads a list from `begin` on until the page is full, the list has ended, or [`MOST_EXAMINED`] items
/// were read. `place` is an item's place in the list. The next page begins behind the last item that was
/// read. `is_filtered` says whether the verdict may leave out items before the end.
///
/// # Errors
/// As `read`.
pub(crate) async fn search<'a, T, C: Copy>(
    asked: &PageRequest<C>,
    begin: Option<C>,
    is_filtered: bool,
    read: impl Fn(usize, Option<C>) -> BoxFuture<'a, Result<Page<T, C>, PortError>>,
    place: impl Fn(&T) -> C,
    verdict: impl Fn(&T) -> Verdict,
) -> Result<Page<T, C>, Problem> {
    let at_once = if is_filtered { AT_ONCE } else { asked.limit };
    let mut items = Vec::new();
    let mut after = begin;
    let mut examined = 0;
    loop {
        let found = read(at_once, after).await?;
        let more = found.next.is_some();
        examined += found.items.len();
        let mut rest = found.items.into_iter();
        while let Some(item) = rest.next() {
            let verdict = verdict(&item);
            if verdict == Verdict::End {
                return Ok(Page { items, next: None });
            }
            after = Some(place(&item));
            if verdict == Verdict::Include {
                items.push(item);
            }
            if items.len() == asked.limit {
                let is_last = !more && rest.len() == 0;
                return Ok(Page { items, next: after.filter(|_| !is_last) });
            }
        }
        if !more {
            return Ok(Page { items, next: None });
        }
        if examined >= MOST_EXAMINED {
            return Ok(Page { items, next: after });
        }
    }
}

fn parse_limit(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.filter(|number| (1..=MAX_LIMIT).contains(number))
}

fn parse_cursor<C: FromStr>(text: &str) -> Option<C> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix(VERSION)?.parse().ok()
}

/// The cursor of what comes after this place.
pub(crate) fn write_cursor(key: &impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}{key}"))
}

/// A page being written: JSON text with its size watched.
#[derive(Debug)]
pub(crate) struct PageWriter<C> {
    items: String,
    travel_bytes: usize,
    last: Option<C>,
    full: bool,
}

impl<C: Display> PageWriter<C> {
    /// An empty page.
    pub(crate) fn new() -> Self {
        Self { items: String::new(), travel_bytes: 0, last: None, full: false }
    }

    /// Adds an item with its sort key, unless the page would grow over its limit; the first item
    /// always fits. Answers whether it was added; after the first that was not, none is.
    ///
    /// # Errors
    /// 500 if it cannot be serialised.
    pub(crate) fn add(&mut self, key: C, item: &impl Serialize) -> Result<bool, Problem> {
        if self.full {
            return Ok(false);
        }
        let text = answers::text(item)?;
        let travel_bytes = travel_bytes(&text);
        self.full = self.last.is_some()
            && (self.items.len() + text.len() + FRAME_BYTES > MAX_PAGE_BYTES
                || self.travel_bytes + travel_bytes + FRAME_BYTES > MAX_TRAVEL_BYTES);
        if !self.full {
            if self.last.is_some() {
                self.items.push(',');
            }
            self.items.push_str(&text);
            self.travel_bytes += travel_bytes + 1;
            self.last = Some(key);
        }
        Ok(!self.full)
    }

    /// Adds these items, each as its sort key and its view, up to the first that does not fit.
    ///
    /// # Errors
    /// As [`PageWriter::add`], and as a view's.
    pub(crate) fn with<'a, T, V: Serialize>(
        mut self,
        items: &'a [T],
        entry: impl Fn(&'a T) -> Result<(C, V), Problem>,
    ) -> Result<Self, Problem> {
        for item in items {
            let (key, view) = entry(item)?;
            if !self.add(key, &view)? {
                break;
            }
        }
        Ok(self)
    }

    /// The answer. `next` is where the store goes on if every item was added.
    pub(crate) fn finish(self, next: Option<C>) -> Response {
        let next = if self.full { self.last } else { next };
        let mut text = String::with_capacity(self.items.len() + FRAME_BYTES);
        text.push_str(r#"{"items":["#);
        text.push_str(&self.items);
        text.push(']');
        if let Some(key) = next {
            text.push_str(r#","nextCursor":""#);
            text.push_str(&write_cursor(&key));
            text.push('"');
        }
        text.push('}');
        answers::json_text(StatusCode::OK, text)
    }
}

/// The size of JSON text once it is a string in other JSON. Raw payloads may hold line breaks and
/// tabs; no other control character is left in JSON.
fn travel_bytes(text: &str) -> usize {
    let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t'));
    text.len() + escaped.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::ids::{DeliveryId, WebhookId};
    use rstest::rstest;

    fn webhook() -> WebhookId {
        "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab".parse().expect("valid")
    }

    fn parse(raw: &str) -> Option<PageRequest<WebhookId>> {
        PageRequest::parse_with(&Query::parse(Some(raw)), Ok(())).ok().map(|(page, ())| page)
    }

    #[test]
    fn a_cursor_reads_back() {
        let raw = format!("cursor={}&limit=7", write_cursor(&webhook()));
        assert_eq!(parse(&raw), Some(PageRequest { limit: 7, after: Some(webhook()) }));
        assert_eq!(parse(""), Some(PageRequest { limit: DEFAULT_LIMIT, after: None }));
    }

    #[rstest]
    #[case::empty("")]
    #[case::not_base64("***")]
    #[case::not_text("_____w")]
    #[case::no_version(&URL_SAFE_NO_PAD.encode(webhook().to_string()))]
    #[case::other_version(&URL_SAFE_NO_PAD.encode(format!("v2:{}", webhook())))]
    #[case::more_behind_it(&URL_SAFE_NO_PAD.encode(format!("v1:{}#health", webhook())))]
    #[case::of_another_list(&write_cursor(&DeliveryId::from_uuid(webhook().uuid())))]
    fn what_is_no_cursor_of_this_list_is_refused(#[case] cursor: &str) {
        assert_eq!(parse(&format!("cursor={cursor}")), None);
    }

    #[rstest]
    fn a_limit_out_of_bounds_is_refused(
        #[values("0", "101", "-1", "%2B5", "1.0", "ten", "", "99999999999999999999")] limit: &str,
    ) {
        assert_eq!(parse(&format!("limit={limit}")), None);
    }

    #[test]
    fn a_page_that_is_full_goes_on_after_its_last_item() {
        let mut page = PageWriter::new();
        let item = "x".repeat(1_500_000);
        let added: Vec<bool> =
            (0..4).map(|key| page.add(key, &item).expect("serialises")).collect();
        assert_eq!(added, [true, true, false, false]);
        assert_eq!(page.last, Some(1));
    }

    #[test]
    fn a_page_fits_into_the_answer_of_the_function() {
        let mut page = PageWriter::new();
        let quotes = "\"".repeat(500_000);
        let added = (0..9).filter(|key| page.add(*key, &quotes).expect("serialises")).count();
        // Each is 1 MB of JSON, and 2 MB as a string in JSON.
        assert_eq!(added, 2);
        assert_eq!(
            travel_bytes(&page.items),
            serde_json::to_string(&page.items).expect("ok").len() - 2
        );
    }

    #[test]
    fn an_item_over_the_limit_is_a_page_of_its_own() {
        let mut page = PageWriter::new();
        let item = "x".repeat(MAX_PAGE_BYTES + 1);
        assert!(page.add(0, &item).expect("serialises"));
        assert!(!page.add(1, &"x").expect("serialises"));
    }
}
