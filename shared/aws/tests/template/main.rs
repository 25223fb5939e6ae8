//! Parts of `template.yaml` that a test of the deployed system cannot see: the local AWS has
//! neither keys nor alarms nor throttling, and evaluates only some conditions.

mod alarms;
mod console;
mod encryption;
mod functions;
mod logs;
mod reading;
mod roles;
mod rule;
mod tables;
mod waits;
