//! Lists: page after page, or as one stream.

use crate::{Call, Client, Error, Page};
use futures::{Stream, TryStreamExt, stream};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// Items of a page: the most that the API gives at once.
const PAGE_ITEMS: usize = 100;

/// A list of the API, of which nothing was asked for yet.
#[derive(Debug)]
#[must_use = "a list is read page by page or as a stream"]
pub struct List<T> {
    client: Client,
    path: Result<String, Error>,
    query: Query,
    most: Option<usize>,
    item: PhantomData<fn() -> T>,
}

/// What chooses a list's items.
type Query = Vec<(&'static str, String)>;

impl<T> List<T> {
    pub(crate) fn new(client: Client, path: Result<String, Error>) -> Self {
        Self { client, path, query: Vec::new(), most: None, item: PhantomData }
    }

    /// Only the items of which this holds, if there is something to hold.
    pub(crate) fn only(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// At most this many of its items; all of them otherwise.
    pub fn most(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The same list with the API's JSON of each item as it came.
    pub fn raw(self) -> List<Box<RawValue>> {
        List {
            client: self.client,
            path: self.path,
            query: self.query,
            most: self.most,
            item: PhantomData,
        }
    }

    /// One page: the first, or the one that begins at a page's [`Page::next_cursor`], with up to
    /// `limit` items, 1–100.
    pub fn page(self, limit: usize, cursor: Option<&str>) -> Call<Page<T>> {
        page(&self.client, self.path, &self.query, limit, cursor)
    }
}

fn page<T>(
    client: &Client,
    path: Result<String, Error>,
    query: &Query,
    limit: usize,
    cursor: Option<&str>,
) -> Call<Page<T>> {
    let call = client.call(Method::GET, path);
    let call = query.iter().fold(call, |call, (name, value)| call.query(name, Some(value)));
    call.query("limit", Some(limit)).query("cursor", cursor)
}

/// Where a stream goes on.
struct Place {
    client: Client,
    path: String,
    query: Query,
    cursor: Option<String>,
    /// Items still wanted.
    wanted: usize,
    is_last: bool,
}

impl<T: DeserializeOwned + Send + 'static> List<T> {
    /// Its items, in the API's order. A page is asked for when it is needed.
    pub fn stream(self) -> impl Stream<Item = Result<T, Error>> + Send {
        let wanted = self.most.unwrap_or(usize::MAX);
        let (client, query) = (self.client, self.query);
        let place = self.path.map(|path| Place {
            client,
            path,
            query,
            cursor: None,
            wanted,
            is_last: false,
        });
        stream::try_unfold(Some(place), next_page).map_ok(stream::iter).map_ok(ok).try_flatten()
    }

    /// All of its items at once.
    ///
    /// # Errors
    /// As a [`Call`]'s.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }
}

fn ok<T>(items: stream::Iter<std::vec::IntoIter<T>>) -> impl Stream<Item = Result<T, Error>> {
    futures::StreamExt::map(items, Ok)
}

/// The page at a place and the place after it; `None` where the list ends.
async fn next_page<T: DeserializeOwned>(
    place: Option<Result<Place, Error>>,
) -> Result<Option<(Vec<T>, Option<Result<Place, Error>>)>, Error> {
    let mut place = match place {
        Some(place) => place?,
        None => return Ok(None),
    };
    if place.is_last || place.wanted == 0 {
        return Ok(None);
    }
    let limit = place.wanted.min(PAGE_ITEMS);
    let (path, cursor) = (Ok(place.path.clone()), place.cursor.as_deref());
    let call = page::<T>(&place.client, path, &place.query, limit, cursor);
    let mut found = call.send().await?;
    found.items.truncate(place.wanted);
    place.wanted -= found.items.len();
    place.is_last = found.next_cursor.is_none();
    place.cursor = found.next_cursor;
    Ok(Some((found.items, Some(Ok(place)))))
}
