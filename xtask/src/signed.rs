//! Requests to the emulator, signed as AWS requires. Only for calls whose SDK would take longer to build than
//! everything else here.

use crate::emulator::{CREDENTIALS, REGION};
use anyhow::Result;
use aws_sdk_eventbridge::config::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::{Request, request::Builder};
use hyper::body::Bytes;
use std::time::SystemTime;

/// Completes and signs a request to a service.
///
/// # Errors
/// If the address or a header can't be signed.
pub(crate) fn request(
    builder: Builder,
    body: Bytes,
    service: &str,
    settings: SigningSettings,
) -> Result<Request<Bytes>> {
    let mut request = builder.body(body)?;
    let identity = Credentials::new(CREDENTIALS.0, CREDENTIALS.1, None, None, "emulator").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        std::iter::empty(),
        SignableBody::Bytes(request.body()),
    )?;
    let (signature, _) = sign(signable, &parameters)?.into_parts();
    signature.apply_to_request_http1x(&mut request);
    Ok(request)
}
