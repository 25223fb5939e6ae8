//! Connections to AWS that survive an idle time.
//!
//! While a function is frozen, AWS closes its idle connections, and the function's clock may not
//! show how long it was frozen. So a request can go out on a connection that is dead. Such a
//! request is sent again at once, on a new connection that is in no pool. This is a retry of its
//! own: it costs neither a pause nor one of the SDK's tries, of which several dead connections in a
//! row would use up all.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        result::ConnectorError,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::{config_bag::ConfigBag, retry::ErrorKind};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How long an idle connection is kept. DynamoDB and SQS keep theirs for longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The HTTP client of all SDK clients.
pub(super) fn http_client() -> impl HttpClient + 'static {
    Reconnecting { pooled: tls_client(IDLE_TIMEOUT), unpooled: Arc::default() }
}

fn tls_client(idle_timeout: Duration) -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .pool_idle_timeout(idle_timeout)
        .build_https()
}

/// A client that sends a request again, on a new connection, if its connection was dead.
#[derive(Debug)]
struct Reconnecting {
    pooled: SharedHttpClient,
    /// Made when it is first needed: to load the certificates takes time.
    unpooled: Arc<OnceLock<SharedHttpClient>>,
}

impl HttpClient for Reconnecting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            pooled: self.pooled.http_connector(settings, components),
            unpooled: Arc::clone(&self.unpooled),
            settings: settings.clone(),
            components: components.clone(),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.pooled.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.pooled.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.pooled.connector_metadata()
    }
}

/// Whether the connection ended before there was an answer.
fn is_lost_connection(error: &ConnectorError) -> bool {
    error.is_io() || error.as_other() == Some(ErrorKind::TransientError)
}

#[derive(Debug)]
struct Connector {
    pooled: SharedHttpConnector,
    unpooled: Arc<OnceLock<SharedHttpClient>>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let again = request.try_clone();
        let first = self.pooled.call(request);
        let unpooled = Arc::clone(&self.unpooled);
        let (settings, components) = (self.settings.clone(), self.components.clone());
        HttpConnectorFuture::new(async move {
            let error = match first.await {
                Err(error) if is_lost_connection(&error) => error,
                answered => return answered,
            };
            let Some(again) = again else { return Err(error) };
            tracing::debug!(%error, "a connection to AWS was dead; a new one is opened");
            // It keeps no connection for longer than a request takes.
            let client = unpooled.get_or_init(|| tls_client(Duration::ZERO));
            client.http_connector(&settings, &components).call(again).await
        })
    }
}
