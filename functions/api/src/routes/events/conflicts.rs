//! Events that bring the id of a stored event and differ from it. They are refused before anything is
//! published, as far as the stored event can be seen: one read for each event that brings an id. What
//! slips through, because both are published at the same moment, is found and told by fan-out.

use super::draft::Draft;
use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    event::{Difference, Event, EventContent},
    fault::FieldFault,
    ids::UserId,
    ports::{Consistency, ReadEvents},
};

/// Reads of one request that are under way at the same time.
pub(super) const CONCURRENT_READS: usize = 8;

/// Refuses all of the events if one of them conflicts with a stored event.
///
/// # Errors
/// 409 with each of those.
pub(super) async fn refuse<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    drafts: &[Draft],
) -> Result<(), Problem> {
    let known = drafts.iter().enumerate();
    let known = known.filter_map(|(place, draft)| Some((place, draft.own_id(user)?)));
    let reads = stream::iter(known.collect::<Vec<_>>()).map(|(place, id)| async move {
        let stored = api.events.event(user, id, Consistency::Eventual).await?;
        Ok::<_, Problem>(stored.and_then(|stored| fault(&drafts[place], &stored)))
    });
    let faults: Vec<Option<FieldFault>> = reads.buffered(CONCURRENT_READS).try_collect().await?;
    let faults: Vec<FieldFault> = faults.into_iter().flatten().collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::event_conflict(faults)) }
}

fn fault(draft: &Draft, stored: &Event) -> Option<FieldFault> {
    let content = EventContent {
        event_type: draft.event_type().to_owned(),
        data: draft.data().to_owned(),
        ..stored.content.clone()
    };
    let other = match stored.difference(&content)? {
        Difference::OtherType => format!("of type `{}`", stored.content.event_type),
        Difference::OtherData => "with other data".to_owned(),
    };
    let message = format!("names {}, which was stored {} {other}", stored.id, stored.stored_at);
    Some(FieldFault { field: format!("{}id", draft.path), message })
}
