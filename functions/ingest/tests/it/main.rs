//! Tests of fan-out over AWS in memory.

mod audience;
mod conflicts;
mod fan_out;
mod world;
