//! The API, driven in process over the ports in memory: requests in, answers and effects out.

mod access;
mod answers;
mod bodies;
mod deliveries;
mod editing;
mod gateway;
mod keys;
mod lists;
mod log;
mod never_fails;
mod replays;
mod retries;
mod secrets;
mod test_orders;
mod webhooks;
mod world;
