//! Limits of requests and answers.

use std::ops::RangeInclusive;

/// Maximum characters of a key's name.
pub const KEY_NAME_CHARS: usize = 100;
/// Maximum characters of a key's description.
pub const KEY_DESCRIPTION_CHARS: usize = 500;
/// Days until a key expires: at most ten years. A key that lasts longer does not expire.
pub const KEY_DAYS: RangeInclusive<u32> = 1..=3653;

/// Minutes until a portal link expires.
pub const LINK_MINUTES: RangeInclusive<u64> = 1..=60;
/// The same, if the request does not say.
pub const LINK_MINUTES_DEFAULT: u64 = 10;
/// Hours that a portal session lasts.
pub const SESSION_HOURS: RangeInclusive<u64> = 1..=12;
/// The same, if the request does not say.
pub const SESSION_HOURS_DEFAULT: u64 = 1;

/// Maximum characters of the path of a page of the console.
pub const CONSOLE_PAGE_CHARS: usize = 2000;

/// Pages of the console that a link can open, and those below them.
pub const CONSOLE_PAGES: [&str; 6] =
    ["overview", "deliveries", "webhooks", "events", "replays", "verify"];

/// Seconds for which a secret signs after it was replaced: up to a week.
pub const GRACE_SECONDS: RangeInclusive<u64> = 0..=604_800;
/// The same, if the request does not say: a day.
pub const GRACE_SECONDS_DEFAULT: u64 = 86_400;
/// Maximum number of secrets that sign after they were replaced. A signature takes 48 characters or so,
/// and a receiver's server may allow 4 KiB for a header.
pub const PREVIOUS_SECRETS: usize = 10;

/// Maximum bytes of a name in an event: its type, its source, its id.
pub const EVENT_NAME_BYTES: usize = 256;
/// Maximum number of events in one request.
pub const EVENTS: usize = 100;
/// Maximum bytes of a request that publishes events.
pub const EVENTS_BODY_BYTES: usize = 1024 * 1024;

/// Maximum characters of an event type's description.
pub const EVENT_TYPE_DESCRIPTION_CHARS: usize = 1000;
/// Maximum bytes of an event type's sample.
pub const SAMPLE_BYTES: usize = 32 * 1024;

/// Maximum number of requests that an echo answers.
pub const ECHO_REQUESTS: usize = 20;
/// Maximum number of requests that an echo can be told to fail.
pub const ECHO_FAILURES: usize = 5;
/// Maximum bytes of the message id of a request to an echo.
pub const ECHO_MESSAGE_ID_BYTES: usize = 128;
/// Maximum bytes of the version of a request's sender.
pub const ECHO_VERSION_BYTES: usize = 32;

/// Maximum characters of a webhook's name.
pub const WEBHOOK_NAME_CHARS: usize = 200;
/// Maximum bytes of a webhook's URL.
pub const WEBHOOK_URL_BYTES: usize = 2048;
/// Number of event types and patterns that a webhook subscribes to.
pub const WEBHOOK_EVENTS: RangeInclusive<usize> = 1..=50;
/// Maximum characters of a webhook's description.
pub const WEBHOOK_DESCRIPTION_CHARS: usize = 1000;
/// Maximum entries of a webhook's metadata.
pub const METADATA_ENTRIES: usize = 50;
/// Maximum characters of a name in metadata.
pub const METADATA_NAME_CHARS: usize = 64;
/// Maximum characters of a value in metadata.
pub const METADATA_VALUE_CHARS: usize = 512;
/// Maximum bytes of all names and values in metadata. Every event and every delivery reads the webhook,
/// and pays by its size.
pub const METADATA_BYTES: usize = 4096;
/// Maximum number of headers of a webhook.
pub const HEADERS: usize = 20;
/// Maximum bytes of a header's name.
pub const HEADER_NAME_BYTES: usize = 128;
/// Maximum bytes of a header's value.
pub const HEADER_VALUE_BYTES: usize = 1024;
/// Requests per second that a webhook can be limited to.
pub const RATE_LIMIT: RangeInclusive<u32> = 1..=1000;

/// Number of attempts, including the first.
pub const ATTEMPTS: RangeInclusive<u32> = 1..=20;
/// The same, if the request does not say.
pub const ATTEMPTS_DEFAULT: u32 = 5;
/// Seconds that a receiver has to answer.
pub const TIMEOUT_SECONDS: RangeInclusive<u32> = 1..=30;
/// The same, if the request does not say.
pub const TIMEOUT_SECONDS_DEFAULT: u32 = 10;
/// Seconds of one delay between attempts.
pub const DELAY_SECONDS: RangeInclusive<u32> = 1..=86_400;
/// Number of delays: one fewer than the maximum number of attempts.
pub const DELAYS: RangeInclusive<usize> = 1..=19;
/// The delays in seconds, if the request does not say: 1 minute, 5 minutes, 30 minutes and 2 hours.
pub const DELAYS_DEFAULT: [u32; 4] = [60, 300, 1800, 7200];
/// Factor from one delay to the next.
pub const BACKOFF_MULTIPLIER: RangeInclusive<f64> = 1.0..=10.0;

/// Upper bounds of the ranges in which receivers' response times are counted, in milliseconds. A longer
/// time is counted in one more range, without a bound.
pub const RECEIVER_TIME_BOUNDS: [u64; 10] =
    [25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];
/// Days for which figures are kept, and maximum days of one request.
pub const STATS_DAYS: i64 = 90;
/// Maximum days of one request that asks for each hour.
pub const STATS_DAYS_BY_HOUR: i64 = 31;
/// Hours up to which a request that does not say gets each hour.
pub const STATS_HOURS_BY_DEFAULT: i64 = 48;
