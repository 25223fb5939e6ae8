use super::*;
use crate::samples;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn secret(number: u8) -> Secret {
    Secret::from_random([number; 32])
}

fn after(hours: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(hours * 3600))
}

/// Its secret has the number 0.
fn webhook() -> Webhook {
    samples::webhook(NOW)
}

/// The numbers of the old secrets that sign `hours` from now, below 100.
fn signing(webhook: &Webhook, hours: u64) -> Vec<u8> {
    let live = webhook.live_previous_secrets(after(hours));
    live.map(|live| (0..100).find(|n| secret(*n) == live.secret).expect("known")).collect()
}

#[test]
fn each_old_secret_signs_until_its_own_end() {
    let twice =
        webhook().rotated(&secret(1), after(24), NOW).rotated(&secret(2), after(12), after(1));
    assert_eq!(twice.secret, secret(2));
    assert_eq!(signing(&twice, 1), [1, 0]);
    assert_eq!(signing(&twice, 12), [0]);
    assert_eq!(signing(&twice, 24), [0_u8; 0]);
}

#[test]
fn a_rotation_without_grace_ends_only_the_secret_that_it_replaces() {
    let twice = webhook().rotated(&secret(1), after(24), NOW).rotated(&secret(2), NOW, NOW);
    assert_eq!(signing(&twice, 0), [0]);
}

#[test]
fn what_has_ended_is_not_kept() {
    let twice =
        webhook().rotated(&secret(1), after(1), NOW).rotated(&secret(2), after(24), after(1));
    assert_eq!(twice.previous_secrets.len(), 1);
}

#[test]
fn the_secret_that_was_replaced_first_goes_when_there_are_too_many() {
    let many = (1..=12).fold(webhook(), |it, n| it.rotated(&secret(n), after(24), NOW));
    assert_eq!(signing(&many, 0), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
}

#[test]
fn a_secret_that_comes_back_is_the_current_one_alone() {
    let back = webhook().rotated(&secret(1), after(24), NOW).rotated(&secret(0), after(12), NOW);
    assert_eq!((&back.secret, signing(&back, 0)), (&secret(0), vec![1]));
    let and_again = back.rotated(&secret(1), after(6), NOW);
    assert_eq!((&and_again.secret, signing(&and_again, 0)), (&secret(1), vec![0]));
}

#[test]
fn a_rotation_that_is_repeated_changes_nothing_but_the_version() {
    let once = webhook().rotated(&secret(1), after(24), NOW);
    let again = once.rotated(&secret(1), after(48), after(1));
    assert_eq!(again.previous_secrets, once.previous_secrets);
    assert!(again.updated_at > once.updated_at);
}
