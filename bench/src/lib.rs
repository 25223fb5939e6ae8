//! Measures the functions from outside: what a delivery costs in processor time, calls and units of
//! AWS, and bytes.
//!
//! [`standin`] takes the place of AWS, with the tables, queues and state machines of
//! [`template`]; [`counts`] are what it was asked. The program `grapnel-bench` drives the functions'
//! programs with it: `cargo xtask bench`. `tests/guard` counts what each path of a delivery costs,
//! and compares that with a file.

pub mod counts;
pub mod standin;
pub mod template;
