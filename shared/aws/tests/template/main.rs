//! What `template.yaml` deploys, where a test of the deployed system can't see it: the local AWS knows
//! neither keys nor alarms nor throttles, and evaluates conditions in part.

mod alarms;
mod encryption;
mod logs;
mod reading;
mod roles;
mod rule;
mod tables;
