//! Message attributes in the SDK's types.

use aws_sdk_sqs::{primitives::Blob, types::MessageAttributeValue};
use grapnel_domain::{
    message::{Attribute, AttributeValue},
    ports::PortError,
};
use std::collections::{BTreeMap, HashMap};

/// The attributes of a message to send; `None` if it has none, because SQS refuses an empty list.
pub(super) fn of_sdk(
    attributes: BTreeMap<String, Attribute>,
) -> Result<Option<HashMap<String, MessageAttributeValue>>, PortError> {
    if attributes.is_empty() {
        return Ok(None);
    }
    let each = attributes.into_iter().map(|(name, Attribute { data_type, value })| {
        let attribute = MessageAttributeValue::builder().data_type(data_type);
        let attribute = match value {
            AttributeValue::Text(text) => attribute.string_value(text),
            AttributeValue::Binary(bytes) => attribute.binary_value(Blob::new(bytes)),
        };
        let unusable = || PortError::Unusable(format!("the attribute {name} is incomplete"));
        let attribute = attribute.build().map_err(|_| unusable())?;
        Ok((name, attribute))
    });
    each.collect::<Result<_, _>>().map(Some)
}
