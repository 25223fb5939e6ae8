//! The deployed system, seen from outside. One binary: each file is a subject, each test a
//! behaviour, and all of them run side by side.

mod bad_input;
mod circuit;
mod cli;
mod console;
mod crash_points;
mod dead_letters;
mod delivered;
mod deploy;
mod echoes;
mod editing;
mod encryption;
mod erasures;
mod explanations;
mod fan_out;
mod guard;
mod keys;
mod lists;
mod manners;
mod manual;
mod notices;
mod payloads;
mod permissions;
mod poison;
mod publishing;
mod rate_limit;
mod replay;
mod retried;
mod schedule;
mod stale;
mod stats;
mod tenancy;
mod test_endpoint;
mod tokens;
mod waits;
