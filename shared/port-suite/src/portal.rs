//! [`PortalLinks`].

use super::{NEVER, a_user, eventually};
use futures::future::join_all;
use grapnel_domain::{
    ids::KeyId,
    key::{ApiKey, KeyHash, KeyUse, Look, PortalLink, Theme},
    ports::{Keys, PortError, PortalLinks},
    scope::Scope,
};
use grapnel_testing::clock::START;
use std::time::Duration;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_portal {
    ($ports:expr) => {
        $crate::contract_tests!(
            portal,
            $ports,
            [
                a_link_reads_back_and_is_stored_once,
                a_link_is_no_key_and_is_not_listed,
                a_link_becomes_a_session_and_is_gone,
                of_many_exchanges_one_makes_a_session,
                what_is_no_link_makes_no_session,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: PortalLinks + Keys {}
impl<S: PortalLinks + Keys> Store for S {}

fn a_hash() -> KeyHash {
    KeyHash::of(&Uuid::now_v7().to_string())
}

fn a_link() -> PortalLink {
    PortalLink {
        user_id: a_user(),
        scopes: vec![Scope::WebhooksRead, Scope::DeliveriesRetry],
        session: Duration::from_secs(3600),
        next: Some("webhooks/wh_1".into()),
        look: Look { theme: Some(Theme::Light), hides_navigation: true },
        expires_at: NEVER,
    }
}

async fn there<S: Store>(stores: &S) -> (KeyHash, PortalLink) {
    let (hash, link) = (a_hash(), a_link());
    stores.store_link(&hash, &link).await.expect("stored");
    (hash, link)
}

fn session_of(link: &PortalLink) -> (KeyHash, ApiKey) {
    let id = KeyId::from_uuid(Uuid::now_v7());
    let key = ApiKey::new(id, link.user_id.clone(), link.scopes.clone(), START);
    (a_hash(), ApiKey { expires_at: Some(NEVER), purpose: KeyUse::Portal, ..key })
}

pub async fn a_link_reads_back_and_is_stored_once<S: Store>(stores: &S) {
    let (hash, link) = there(stores).await;
    let wider = PortalLink { scopes: Scope::OF_USERS.to_vec(), ..link.clone() };
    stores.store_link(&hash, &wider).await.expect("repeated");
    assert_eq!(stores.link(&hash).await, Ok(Some(link)));
    assert_eq!(stores.link(&a_hash()).await, Ok(None));
}

pub async fn a_link_is_no_key_and_is_not_listed<S: Store>(stores: &S) {
    let (hash, link) = there(stores).await;
    assert_eq!(stores.key(&hash).await, Ok(None));
    let (other, key) = session_of(&link);
    let (second, _) = there(stores).await;
    assert_eq!(stores.exchange_link(&second, &other, &key).await, Ok(true));
    // Once the session is in the list, the older link would be.
    let listed =
        || async { stores.list_keys(&link.user_id, 100, None).await.map(|page| page.items) };
    eventually(&Ok(vec![key]), listed).await;
}

pub async fn a_link_becomes_a_session_and_is_gone<S: Store>(stores: &S) {
    let (hash, link) = there(stores).await;
    let (session, key) = session_of(&link);
    assert_eq!(stores.exchange_link(&hash, &session, &key).await, Ok(true));
    assert_eq!(stores.key(&session).await, Ok(Some(key)));
    assert_eq!(stores.link(&hash).await, Ok(None));
    let (second, key) = session_of(&link);
    assert_eq!(stores.exchange_link(&hash, &second, &key).await, Ok(false));
    assert_eq!(stores.key(&second).await, Ok(None));
}

pub async fn of_many_exchanges_one_makes_a_session<S: Store>(stores: &S) {
    let (hash, link) = there(stores).await;
    let sessions: Vec<_> = (0..8).map(|_| session_of(&link)).collect();
    let exchanges = sessions.iter().map(|(session, key)| stores.exchange_link(&hash, session, key));
    let answers = join_all(exchanges).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(true)).count(), 1, "{answers:?}");
    for ((session, _), answer) in sessions.iter().zip(&answers) {
        // A request that met another one may be asked to come again, and is then refused.
        let lost = matches!(answer, Ok(false) | Err(PortError::Throttled(_)));
        assert_eq!(stores.key(session).await.expect("read").is_none(), lost, "{answer:?}");
    }
}

pub async fn what_is_no_link_makes_no_session<S: Store>(stores: &S) {
    let (session, key) = session_of(&a_link());
    assert_eq!(stores.exchange_link(&a_hash(), &session, &key).await, Ok(false));
    // A key is no link.
    let (link, _) = there(stores).await;
    assert_eq!(stores.exchange_link(&link, &session, &key).await, Ok(true));
    let (second, other) = session_of(&a_link());
    assert_eq!(stores.exchange_link(&session, &second, &other).await, Ok(false));
    assert_eq!(stores.key(&session).await, Ok(Some(key)));
}
