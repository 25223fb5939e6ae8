//! Dead letters: messages that ingest, delivery or EventBridge could not hand on.
//!
//! A message that SQS made a dead letter may have killed its function each time. So it goes to the
//! function's isolation queue, where no other message is in its batch. A message is deleted only after
//! its copy was accepted, so an interruption leaves at worst a copy, and copies die out by themselves. A
//! message that a function put aside itself has the attribute `reason`: it cannot be processed as it
//! is, so it is left unless somebody asks for it.
//!
//! - [`source`] has the queues, [`letter`] one message, [`selection`] the messages that are wanted.
//! - [`walk`] goes through a queue, over the trait `Queues`; [`sqs`] has the queues of a stack.

#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "nothing asks AWS"))]
pub(crate) mod letter;
pub(crate) mod selection;
#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "nothing asks AWS"))]
pub(crate) mod source;
#[cfg(feature = "aws")]
pub(crate) mod sqs;
#[cfg(not(feature = "aws"))]
#[path = "dead_letters/without_aws.rs"]
pub(crate) mod sqs;
pub(crate) mod walk;
