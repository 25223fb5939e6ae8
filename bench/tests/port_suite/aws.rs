//! A stand-in and its clients for one case.

use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{Clients, sdk_defaults};
use grapnel_bench::standin::StandIn;

/// A stand-in for one case, which lives until all cases have ended: a case takes a port, not what
/// is behind it.
pub(crate) fn standin() -> &'static StandIn {
    Box::leak(Box::new(StandIn::start().expect("a stand-in")))
}

pub(crate) async fn clients(aws: &StandIn) -> Clients {
    let config = sdk_defaults()
        .endpoint_url(aws.url())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load()
        .await;
    Clients::new(&config)
}
