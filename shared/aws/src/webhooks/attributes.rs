//! The attributes of the webhooks table that a role is limited to. The template repeats each list in the
//! role's policy, and a test compares them.

/// What fan-out reads of a webhook, and of the health beside it. Nothing that is secret is among it.
pub const SUBSCRIPTION: [&str; 7] =
    ["userId", "id", "events", "filter", "status", "openUntil", "disabled"];

/// What the health of an endpoint consists of.
pub const HEALTH: [&str; 12] = [
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
    "notified",
];

/// What the limiter of a webhook consists of.
pub const LIMITER: [&str; 3] = ["userId", "id", "next"];
