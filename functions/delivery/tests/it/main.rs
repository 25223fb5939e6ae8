//! The delivery function over AWS in memory: what it does with each message, and that a fault at
//! any call loses nothing.

mod attempts;
mod circuits;
mod deadlines;
mod erasures;
mod faults;
mod limits;
mod limits_scale;
mod notices;
mod replays;
mod scale;
mod stale;
mod throttled;
mod transforms;
mod waits;
mod world;
