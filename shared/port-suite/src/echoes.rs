//! [`Echoes`].

use super::NEVER;
use futures::future::join_all;
use grapnel_domain::{
    echo::{
        Echo, EchoedRequest, MAX_FAIL_FIRST, MAX_MESSAGE_ID_BYTES, MAX_REQUESTS, MAX_VERSION_BYTES,
    },
    ids::EchoId,
    ports::Echoes,
    signature::Secret,
};
use grapnel_testing::clock::START;
use std::time::Duration;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_echoes {
    ($ports:expr) => {
        $crate::contract_tests!(
            echoes,
            $ports,
            [
                an_echo_reads_back_and_is_stored_once,
                requests_are_kept_in_their_order,
                requests_at_once_have_a_place_each,
                no_more_requests_are_kept_than_may_be,
                the_longest_requests_are_kept,
                an_echo_is_deleted_once,
                an_echo_that_is_gone_records_nothing,
            ]
        );
    };
}

fn an_echo() -> Echo {
    Echo {
        id: EchoId::from_uuid(Uuid::now_v7()),
        secret: Secret::from_random([7; 32]),
        fail_first: MAX_FAIL_FIRST,
        expires_at: NEVER,
        requests: Vec::new(),
    }
}

/// The request that comes so many seconds after the first.
fn request(seconds: usize) -> EchoedRequest {
    let passed = Duration::from_secs(u64::try_from(seconds).expect("few"));
    EchoedRequest {
        message_id: format!("evt_{seconds}"),
        at: START.plus(passed),
        sender_version: (seconds != 1).then(|| format!("0.{seconds}.0")),
    }
}

async fn there<S: Echoes>(store: &S) -> Echo {
    let echo = an_echo();
    store.store_echo(&echo).await.expect("stored");
    echo
}

pub async fn an_echo_reads_back_and_is_stored_once<S: Echoes>(store: &S) {
    let echo = there(store).await;
    let other = Echo { fail_first: 0, secret: Secret::from_random([8; 32]), ..echo.clone() };
    store.store_echo(&other).await.expect("repeated");
    assert_eq!(store.echo(echo.id).await, Ok(Some(echo)));
    assert_eq!(store.echo(an_echo().id).await, Ok(None));
}

pub async fn requests_are_kept_in_their_order<S: Echoes>(store: &S) {
    let echo = there(store).await;
    let requests: Vec<EchoedRequest> = (0..3).map(request).collect();
    for (place, request) in requests.iter().enumerate() {
        assert_eq!(store.record_request(echo.id, request).await, Ok(Some(place)));
    }
    assert_eq!(store.echo(echo.id).await, Ok(Some(Echo { requests, ..echo })));
}

pub async fn requests_at_once_have_a_place_each<S: Echoes>(store: &S) {
    let echo = there(store).await;
    let requests: Vec<EchoedRequest> = (0..8).map(request).collect();
    let records = requests.iter().map(|request| store.record_request(echo.id, request));
    let places = join_all(records).await;
    let mut sorted: Vec<Option<usize>> =
        places.iter().map(|place| place.clone().expect("recorded")).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..8).map(Some).collect::<Vec<_>>());
    let kept = store.echo(echo.id).await.expect("read").expect("there").requests;
    for (request, place) in requests.iter().zip(places) {
        let place = place.expect("recorded").expect("a place");
        assert_eq!(&kept[place], request);
    }
}

pub async fn no_more_requests_are_kept_than_may_be<S: Echoes>(store: &S) {
    let echo = there(store).await;
    for place in 0..MAX_REQUESTS {
        assert_eq!(store.record_request(echo.id, &request(place)).await, Ok(Some(place)));
    }
    assert_eq!(store.record_request(echo.id, &request(MAX_REQUESTS)).await, Ok(None));
    let kept = store.echo(echo.id).await.expect("read").expect("there").requests;
    assert_eq!(kept, (0..MAX_REQUESTS).map(request).collect::<Vec<_>>());
}

pub async fn the_longest_requests_are_kept<S: Echoes>(store: &S) {
    let echo = there(store).await;
    let longest = EchoedRequest {
        message_id: "\"".repeat(MAX_MESSAGE_ID_BYTES),
        at: START,
        sender_version: Some("9".repeat(MAX_VERSION_BYTES)),
    };
    assert_eq!(store.record_request(echo.id, &longest).await, Ok(Some(0)));
    let kept = store.echo(echo.id).await.expect("read").expect("there").requests;
    assert_eq!(kept, [longest]);
}

pub async fn an_echo_is_deleted_once<S: Echoes>(store: &S) {
    let (echo, other) = (there(store).await, there(store).await);
    assert_eq!(store.delete_echo(echo.id).await, Ok(true));
    assert_eq!(store.delete_echo(echo.id).await, Ok(false));
    assert_eq!(store.echo(echo.id).await, Ok(None));
    assert_eq!(store.echo(other.id).await, Ok(Some(other)));
}

pub async fn an_echo_that_is_gone_records_nothing<S: Echoes>(store: &S) {
    let echo = there(store).await;
    assert_eq!(store.delete_echo(echo.id).await, Ok(true));
    for id in [echo.id, an_echo().id] {
        assert_eq!(store.record_request(id, &request(0)).await, Ok(None));
        assert_eq!(store.echo(id).await, Ok(None), "an update makes no echo");
    }
}
