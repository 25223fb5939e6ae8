//! The SDK's way to the stand-in without a network: concurrent calls are answered in turn, so that
//! each run counts the same.

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use grapnel_bench::standin::StandIn;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct InProcess(pub(crate) Arc<StandIn>);

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            // The other calls of a batch are made before this one is answered, as on AWS.
            tokio::task::yield_now().await;
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let (status, body) = aws.answer(target, request.body().bytes().unwrap_or_default());
            let status = StatusCode::try_from(status);
            let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}
