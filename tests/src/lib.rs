//! The tools of the black-box tests: the deployed system's public interfaces, and access to its
//! state.
//!
//! `cargo xtask test` deploys the template several times and describes the stacks in a file
//! ([`stack`]). A test asks for a [`world::World`]: a new user with a key, a receiver, and tools
//! for everything else:
//!
//! - [`api`]: the HTTP API, as any client sees it; its JSON is written out in [`model`];
//! - [`bus`]: events, put on EventBridge;
//! - [`queues`]: messages sent without the bus, and the dead letters;
//! - [`state`]: rows and executions, and [`forged`] ones, which the public interfaces cannot
//!   create;
//! - [`signature`]: checks the signatures of a request;
//! - [`proxy`]: stands between the functions and AWS, to kill them at a call of [`crash`];
//!   [`functions`] redirects them to it;
//! - [`permissions`]: the rights of a role, and the functions' logs.
//!
//! Tests run concurrently. Each reads only rows and messages with its own ids, never whole queues
//! or tables, and waits for conditions, never for a fixed time: [`until`].

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
