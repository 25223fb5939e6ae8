//! Patterns of event types that only the deployment's own types match.

use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    ports::EventTypes,
    webhook::{EventPattern, draft::Draft},
};
use serde_json::{Map, Value};

/// Event types that are looked up at the same time.
const LOOK_UPS_AT_ONCE: usize = 8;

/// Those of a document's patterns that match one of the deployment's own event types. The table is
/// asked only for those that nothing built in matches: hardly ever.
pub(super) async fn known_patterns<P: Ports>(
    api: &Api<P>,
    document: &Map<String, Value>,
) -> Result<Vec<EventPattern>, Problem> {
    let asked = Draft::patterns_to_look_up(document).into_iter().map(|pattern| async move {
        let found = api.event_types.first_event_type(&pattern).await?;
        Ok::<_, Problem>(found.map(|_| pattern))
    });
    let found: Vec<_> = stream::iter(asked).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
