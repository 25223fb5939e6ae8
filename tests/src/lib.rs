//! What the black-box tests drive a deployed system with: its public doors, and a look at its state.
//!
//! `cargo xtask test` deploys the template several times and describes the stacks in a file ([`stack`]).
//! A test asks for a [`world::World`]:
//! a user of its own with a key, a receiver of its own, and hands for everything else:
//!
//! - [`api`]: the HTTP API, as any client sees it; its JSON is spelt out in [`model`];
//! - [`bus`]: events, put on EventBridge;
//! - [`queues`]: messages sent past the bus, and the dead letters;
//! - [`state`]: rows and executions, and [`forged`] ones, which no door brings about;
//! - [`signature`]: whether a request is signed as its receiver was promised;
//! - [`proxy`]: between the functions and AWS, to kill them at a call of [`crash`]; [`functions`]
//!   puts them behind it;
//! - [`permissions`]: what a role may do, and what the functions logged.
//!
//! Tests run side by side. Each looks only at what carries its own ids, never at whole queues or
//! tables, and waits for conditions, never for time: [`until`].

pub mod api;
pub mod aws;
pub mod bus;
pub mod crash;
pub mod forged;
pub mod functions;
pub mod model;
pub mod permissions;
pub mod proxy;
pub mod queues;
pub mod signature;
pub mod stack;
pub mod state;
pub mod until;
pub mod world;
