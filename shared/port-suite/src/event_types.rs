//! [`EventTypes`]. There is one catalogue for all, so
//! each case keeps to names of its own.

use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    ports::EventTypes,
    schema::Schema,
    time::Timestamp,
    webhook::EventPattern,
};
use grapnel_testing::clock::START;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_event_types {
    ($ports:expr) => {
        $crate::contract_tests!(
            event_types,
            $ports,
            [
                everything_said_of_a_type_reads_back,
                saying_it_again_replaces_what_was_said,
                a_type_that_is_deleted_is_gone,
                the_first_of_a_group_is_found,
                some_are_read_by_their_names,
                they_are_listed_by_name_in_pages,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: EventTypes {}
impl<S: EventTypes> Store for S {}

/// A group that nobody else has.
fn a_group() -> String {
    format!("g{}", Uuid::now_v7().simple())
}

fn a_type(group: &str, name: &str) -> OwnType {
    OwnType {
        name: format!("{group}.{name}").parse().expect("a name"),
        description: None,
        deprecated: false,
        schema: None,
        sample: None,
        created_at: START,
        updated_at: START,
    }
}

fn pattern(text: impl Into<String>) -> EventPattern {
    text.into().parse().expect("a pattern")
}

fn exactly(own: &OwnType) -> EventPattern {
    pattern(own.name.as_str())
}

pub async fn everything_said_of_a_type_reads_back<S: Store>(stores: &S) {
    let text = r#"{"type": "object",  "properties": {"n": {"minimum": 1.0}}}"#;
    let full = OwnType {
        description: Some("What it tells of.\nOn two lines.".into()),
        deprecated: true,
        schema: Some(Schema::parse(text, "schema").expect("a schema")),
        sample: Some(r#"{"n": 1.50,  "large": 12345678901234567890}"#.into()),
        updated_at: Timestamp::from_millis(START.as_millis() + 7),
        ..a_type(&a_group(), "full")
    };
    for own in [a_type(&a_group(), "empty"), full] {
        stores.store_event_type(&own).await.expect("stored");
        assert_eq!(stores.first_event_type(&exactly(&own)).await, Ok(Some(own)));
    }
}

pub async fn saying_it_again_replaces_what_was_said<S: Store>(stores: &S) {
    let first = OwnType { sample: Some("{}".into()), ..a_type(&a_group(), "one") };
    stores.store_event_type(&first).await.expect("stored");
    let second = OwnType { deprecated: true, sample: None, ..first };
    stores.store_event_type(&second).await.expect("stored");
    assert_eq!(stores.first_event_type(&exactly(&second)).await, Ok(Some(second)));
}

pub async fn a_type_that_is_deleted_is_gone<S: Store>(stores: &S) {
    let own = a_type(&a_group(), "one");
    assert_eq!(stores.delete_event_type(&own.name).await, Ok(false));
    stores.store_event_type(&own).await.expect("stored");
    assert_eq!(stores.delete_event_type(&own.name).await, Ok(true));
    assert_eq!(stores.first_event_type(&exactly(&own)).await, Ok(None));
    assert_eq!(stores.delete_event_type(&own.name).await, Ok(false));
}

pub async fn the_first_of_a_group_is_found<S: Store>(stores: &S) {
    let group = a_group();
    assert_eq!(stores.first_event_type(&pattern(format!("{group}.*"))).await, Ok(None));
    let (first, second) = (a_type(&group, "a.deep"), a_type(&group, "b"));
    for own in [&second, &first] {
        stores.store_event_type(own).await.expect("stored");
    }
    let found = |text: String| {
        let pattern = pattern(text);
        async move { stores.first_event_type(&pattern).await.expect("read") }
    };
    assert_eq!(found(format!("{group}.*")).await, Some(first.clone()));
    assert_eq!(found(format!("{group}.a.*")).await, Some(first));
    // A name that merely begins like another is another.
    assert_eq!(found(format!("{group}.a")).await, None);
    assert_eq!(found(format!("{group}.b.*")).await, None);
    assert!(found("*".into()).await.is_some());
}

pub async fn some_are_read_by_their_names<S: Store>(stores: &S) {
    let group = a_group();
    let (one, other) = (a_type(&group, "one"), a_type(&group, "other"));
    for own in [&one, &other] {
        stores.store_event_type(own).await.expect("stored");
    }
    let missing = a_type(&group, "missing");
    let names = [&other, &missing, &one].map(|own| own.name.clone());
    let mut found = stores.event_types(&names).await.expect("read");
    found.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(found, [one, other]);
    assert_eq!(stores.event_types(&[]).await, Ok(vec![]));
}

pub async fn they_are_listed_by_name_in_pages<S: Store>(stores: &S) {
    let group = a_group();
    let all: Vec<OwnType> = (0..5).map(|n| a_type(&group, &format!("n{n}"))).collect();
    for own in all.iter().rev() {
        stores.store_event_type(own).await.expect("stored");
    }
    assert!(stores.count_event_types().await.expect("counted") >= all.len());
    // Before all of these, and behind those of other cases that were made before.
    let before: EventTypeName = group.parse().expect("a name");
    for limit in [1, 2, 5] {
        let (mut found, mut after) = (Vec::new(), before.clone());
        while found.len() < all.len() {
            let page = stores.list_event_types(limit, Some(&after)).await.expect("listed");
            assert!(page.items.len() <= limit && !page.items.is_empty());
            after = page.items[page.items.len() - 1].name.clone();
            assert!(page.next.is_none() || page.next.as_ref() == Some(&after));
            found.extend(page.items);
        }
        assert_eq!(found[..all.len()], all[..]);
    }
    let first = stores.list_event_types(1, None).await.expect("listed");
    assert_eq!(first.items.len(), 1);
    assert!(first.next.is_some());
    let last = all[all.len() - 1].name.to_string();
    let end: EventTypeName = format!("z{last}").parse().expect("a name");
    let nothing = stores.list_event_types(5, Some(&end)).await.expect("listed");
    assert_eq!((nothing.items, nothing.next), (vec![], None));
}
