//! The tend function over AWS in memory: what a visit releases, and no loss if any call fails.

mod faults;
mod visits;
mod world;
