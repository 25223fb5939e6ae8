//! Pages of lists.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// Its items. A page can have fewer than were asked for and not be the last.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[cfg(feature = "openapi")]
impl<T: utoipa::ToSchema> utoipa::PartialSchema for Page<T> {
    fn schema() -> crate::shape::Shape {
        use crate::shape::{example_of, is, list_of_any_length, matching, object};
        let cursor = matching("^[A-Za-z0-9_-]+$");
        object("One page of a list.")
            .required("items", list_of_any_length(is(&T::name())), "Items of this page.")
            .maybe(
                "nextCursor",
                cursor,
                "Send it as `cursor` to get the next page. Absent on the last page.",
            )
            .example(serde_json::json!({
                "items": [example_of(&T::schema())],
                "nextCursor": "djE6d2hfMDE5MzhkMmU",
            }))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl<T: utoipa::ToSchema> utoipa::ToSchema for Page<T> {
    /// `KeyPage` is the page of `Key`, and `EventPage` that of `ListedEvent`.
    fn name() -> std::borrow::Cow<'static, str> {
        let name = T::name();
        format!("{}Page", name.strip_prefix("Listed").unwrap_or(&name)).into()
    }
}
