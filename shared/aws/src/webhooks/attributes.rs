//! The attributes of the webhooks table that a role may access. The template repeats each list in
//! the role's policy, and a test compares them.

/// The attributes of a webhook and its health that fan-out reads. None of them is secret.
pub const SUBSCRIPTION: [&str; 7] =
    ["userId", "id", "events", "filter", "status", "openUntil", "disabled"];

/// The attributes of an endpoint's health.
pub const HEALTH: [&str; 14] = [
    "userId",
    "id",
    "version",
    "openUntil",
    "disabled",
    "failures",
    "failingSince",
    "deliveries",
    "intervals",
    "lastDue",
    "lastTried",
    "triedBefore",
    "behind",
    "notified",
];

/// The attributes of a health that are written alone: its notes of a wake-up and of a release.
pub const NOTES: [&str; 2] = [WAKE_UP, RELEASE];
pub(super) const WAKE_UP: &str = "wakeUp";
pub(super) const RELEASE: &str = "release";

/// The attributes of a webhook's limiter.
pub const LIMITER: [&str; 3] = ["userId", "id", "next"];
