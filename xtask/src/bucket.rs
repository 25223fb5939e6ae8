//! Stores artifacts where the emulator's CloudFormation finds them.

use crate::{http_client::HttpClient, signed};
use anyhow::{Result, ensure};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SigningSettings, UriPathNormalizationMode,
};
use http::Request;
use hyper::body::Bytes;

/// The bucket's name. Each emulator is new, so the bucket never exists before.
const BUCKET: &str = "grapnel-artifacts";

#[derive(Debug)]
pub(crate) struct Bucket {
    client: HttpClient,
    url: String,
}

impl Bucket {
    /// Creates the bucket. If it exists, that is no error.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(crate) async fn create(endpoint_url: &str) -> Result<Self> {
        let bucket = Self { client: HttpClient::new(), url: format!("{endpoint_url}/{BUCKET}") };
        bucket.put_url(&bucket.url, Bytes::new()).await?;
        Ok(bucket)
    }

    /// Stores an object and returns its `s3://` address.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(crate) async fn put(&self, key: &str, content: impl Into<Bytes>) -> Result<String> {
        self.put_url(&self.url_of(key), content.into()).await?;
        Ok(format!("s3://{BUCKET}/{key}"))
    }

    pub(crate) fn url_of(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    async fn put_url(&self, url: &str, content: Bytes) -> Result<()> {
        let mut settings = SigningSettings::default();
        // S3 signs the path as it is and requires the body's hash in a header.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let request = signed::request(Request::put(url), content, "s3", settings)?;
        let response = self.client.send(request).await?;
        let text = String::from_utf8_lossy(&response.body);
        ensure!(response.status.is_success(), "PUT {url} answered {}: {text}", response.status);
        Ok(())
    }
}
