//! Many lists of deliveries, each newest first, as one list of them all.
//!
//! Ids of deliveries sort by time, so the newest of several lists are those with the largest ids, and
//! one id is a place in all of them: a page holds what is older than its cursor, whatever arrives
//! meanwhile. To know the newest of all, each list must have been read as far as the page reaches. So
//! the merge reads the beginning of each list, and then those lists further whose next deliveries may
//! still be on the page, a round of [`SIDE_BY_SIDE`] at a time.

use crate::request::pagination::Verdict;
use grapnel_domain::{
    delivery::Delivery,
    ids::{DeliveryId, WebhookId},
    ports::Page,
};
use std::collections::BTreeMap;

/// Most lists that are read at the same time.
pub(super) const SIDE_BY_SIDE: usize = 25;

/// Deliveries that one read asks for, at least: about as many as one read unit pays for.
const LEAST_AT_ONCE: usize = 4;

/// Deliveries that a round asks for, at most. A delivery may have 50 KB.
const MOST_OF_A_ROUND: usize = 500;

/// One of the lists.
#[derive(Debug, Clone, Copy)]
struct List {
    webhook: WebhookId,
    /// The last delivery that was read; where the page begins if none was.
    read_to: Option<DeliveryId>,
    /// Whether it was read at all.
    is_begun: bool,
    /// Whether there is no more to read.
    is_over: bool,
}

/// A page of the merged list in the making.
#[derive(Debug)]
pub(super) struct Merge {
    lists: BTreeMap<WebhookId, List>,
    /// The newest that were found, one more than the page holds: it tells whether there is a next page.
    found: BTreeMap<DeliveryId, Delivery>,
    limit: usize,
    /// Deliveries that each read asks for.
    at_once: usize,
    examined: usize,
    most_examined: usize,
}

impl Merge {
    /// A page of up to `limit` of these lists, of deliveries behind `after`. `most_examined` bounds what
    /// is read where a filter leaves much out; `None` if it leaves nothing out.
    pub(super) fn new(
        webhooks: impl IntoIterator<Item = WebhookId>,
        limit: usize,
        after: Option<DeliveryId>,
        most_examined: Option<usize>,
    ) -> Self {
        let list = |webhook| List { webhook, read_to: after, is_begun: false, is_over: false };
        let lists: BTreeMap<_, _> = webhooks.into_iter().map(|id| (id, list(id))).collect();
        let count = lists.len().max(1);
        let at_once = match most_examined {
            None => (2 * limit).div_ceil(count).min(limit + 1),
            Some(most) => most / count,
        };
        let most_at_once = MOST_OF_A_ROUND / count.min(SIDE_BY_SIDE);
        Self {
            lists,
            found: BTreeMap::new(),
            limit,
            at_once: at_once.clamp(LEAST_AT_ONCE, most_at_once.min(100)),
            examined: 0,
            most_examined: most_examined.unwrap_or(usize::MAX),
        }
    }

    /// How many deliveries to ask of each list of a round.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// The lists to read next and where each goes on; empty if the page is complete. Lists that were
    /// not begun come first, then those that hold the page up most.
    pub(super) fn round(&self) -> Vec<(WebhookId, Option<DeliveryId>)> {
        let mut open: Vec<&List> =
            self.lists.values().filter(|list| self.may_have_more(list)).collect();
        if open.iter().all(|list| list.is_begun) && self.examined >= self.most_examined {
            return Vec::new();
        }
        open.sort_by_key(|list| (list.is_begun, std::cmp::Reverse(list.read_to)));
        open.iter().take(SIDE_BY_SIDE).map(|list| (list.webhook, list.read_to)).collect()
    }

    /// Whether the list may hold more deliveries of the page.
    fn may_have_more(&self, list: &List) -> bool {
        let oldest = self.oldest_on_page();
        !list.is_over && (!list.is_begun || oldest.is_none() || list.read_to > oldest)
    }

    /// The last delivery that the page has room for, and one more; `None` while there is room.
    fn oldest_on_page(&self) -> Option<DeliveryId> {
        if self.found.len() > self.limit { self.found.keys().next().copied() } else { None }
    }

    /// Takes in what was read of a list.
    pub(super) fn take(
        &mut self,
        webhook: WebhookId,
        page: Page<Delivery, DeliveryId>,
        verdict: impl Fn(&Delivery) -> Verdict,
    ) {
        let Some(list) = self.lists.get_mut(&webhook) else { return };
        list.is_begun = true;
        list.is_over = page.next.is_none();
        self.examined += page.items.len();
        for delivery in page.items {
            list.read_to = Some(delivery.id);
            match verdict(&delivery) {
                Verdict::Include => {
                    self.found.insert(delivery.id, delivery);
                    if self.found.len() > self.limit + 1 {
                        self.found.pop_first();
                    }
                }
                Verdict::LeaveOut => {}
                Verdict::End => {
                    list.is_over = true;
                    break;
                }
            }
        }
    }

    /// The page, newest first. The next one begins behind the last delivery down to which every list
    /// was read.
    pub(super) fn finish(mut self) -> Page<Delivery, DeliveryId> {
        // What is older than this was not read of every list. No list is open if the page is complete.
        let open = self.lists.values().filter(|list| self.may_have_more(list));
        let read_to = open.filter_map(|list| list.read_to).max();
        if let Some(read_to) = read_to {
            let newer = self.found.split_off(&read_to);
            self.found = newer;
        }
        let is_full = self.found.len() > self.limit;
        if is_full {
            self.found.pop_first();
        }
        let next = if is_full { self.found.keys().next().copied() } else { read_to };
        Page { items: self.found.into_values().rev().collect(), next }
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
