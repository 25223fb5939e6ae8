//! The API, driven in process over the ports in memory: requests in, answers and effects out.

mod access;
mod answers;
mod bodies;
mod contract;
mod deliveries;
mod document;
mod editing;
mod erasures;
mod filters;
mod gateway;
mod keys;
mod lists;
mod log;
mod never_fails;
mod portal;
mod quotas;
mod replays;
mod retries;
mod routes;
mod secrets;
mod test_orders;
mod tokens;
mod transforms;
mod webhooks;
mod world;
