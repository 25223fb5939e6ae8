//! The delivery function over AWS in memory: the effect of each message, and no loss if any call
//! fails.

mod attempts;
mod behind;
mod circuits;
mod deadlines;
mod erasures;
mod faults;
mod limits;
mod limits_scale;
mod notices;
mod releases;
mod replays;
mod scale;
mod stale;
mod throttled;
mod together;
mod transforms;
mod waits;
mod wake_ups;
mod world;
