//! Connections to AWS that may have died while they were idle.
//!
//! While a function is frozen, AWS closes its idle connections, and the function's clock may not
//! show how long it was frozen. So a request may be sent on a dead connection. Such a request is
//! sent again at once, on a new connection outside the pool. This retry is separate from the SDK's:
//! it needs no pause and uses none of the SDK's tries, which several dead connections in a row
//! would use up.

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

/// How long an idle connection is kept. DynamoDB and SQS keep idle connections for longer.
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

/// A client that sends a request again on a new connection if the first connection was dead.
#[derive(Debug)]
struct Reconnecting {
    pooled: SharedHttpClient,
    /// Made on first use, because loading the certificates takes time.
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

/// Whether the connection ended before there was a response.
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
            // A zero idle timeout: connections are closed after their request.
            let client = unpooled.get_or_init(|| tls_client(Duration::ZERO));
            client.http_connector(&settings, &components).call(again).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    /// Answers each request on a connection, until the connection is closed.
    async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while stream.read_buf(&mut request).await? > 0 {
            // The body is short and ends with a brace.
            if request.ends_with(b"}") {
                request.clear();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await?;
            }
        }
        Ok(())
    }

    /// The number of connections that two consecutive calls open.
    async fn connections_of_two_calls(client: impl HttpClient + 'static) -> usize {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let opened = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&opened);
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .endpoint_url(url)
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
        for _ in 0..2 {
            dynamodb.describe_limits().send().await.expect("answered");
        }
        server.abort();
        opened.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_connection_is_kept_for_the_idle_time_and_no_longer() {
        assert_eq!(connections_of_two_calls(tls_client(IDLE_TIMEOUT)).await, 1);
        assert_eq!(connections_of_two_calls(tls_client(Duration::ZERO)).await, 2);
        assert_eq!(connections_of_two_calls(http_client()).await, 1, "the functions' own client");
    }

    /// The SDK shows a client's settings only in its debug text.
    fn built_with(client: &dyn HttpClient, idle_timeout: Duration) -> bool {
        format!("{client:?}").contains(&format!("idle_timeout: Some({idle_timeout:?})"))
    }

    #[test]
    fn the_functions_own_client_keeps_a_connection_for_the_documented_time() {
        assert!(built_with(&http_client(), IDLE_TIMEOUT), "{:?}", http_client());
        assert!(!built_with(&http_client(), Duration::from_secs(90)), "hyper's own default");
        let guide = include_str!("../../../../docs/reliability.md");
        let said = format!("idle connection to AWS is kept for {} s", IDLE_TIMEOUT.as_secs());
        assert!(guide.contains(&said), "docs/reliability.md does not say: {said}");
    }
}
