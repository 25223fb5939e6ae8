//! What API Gateway hands over, made fit for a URL.
//!
//! An HTTP API decodes the path before it puts it into `rawPath` (all but `%25`), and takes query
//! strings with characters that no URL may have. `lambda_http` builds a URL from both and the `Host`
//! header, and panics where that fails: the caller would see the gateway's own 500. A decoded `?`
//! would also begin a query. So whatever is not plain is encoded again before `lambda_http` sees it.

use lambda_http::{LambdaEvent, http::header::HOST, request::LambdaRequest};

const FORWARDED_HOST: &str = "x-forwarded-host";

/// Characters of a path beside letters and digits (RFC 3986 section 3.3). `%` begins the one escape
/// that is left.
const PATH: &[u8] = b"-._~!$&'()*+,;=:@/%";
/// The same for a query (section 3.4), with what browsers send as it is.
const QUERY: &[u8] = b"-._~!$&'()*+,;=:@/%?[]|";

/// The event with a path and a query that make a URL.
#[must_use]
pub fn readable(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        let path = request.raw_path.take().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        request.raw_path = Some(format!("{slash}{}", encoded(&path, PATH)));
        request.raw_query_string =
            request.raw_query_string.take().map(|query| encoded(&query, QUERY));
        // Only the console asks by which name it was called. It gets the name apart, and never one that a
        // caller has put there: of a `Host`, `lambda_http` would make a URL.
        request.headers.remove(FORWARDED_HOST);
        if let Some(host) = request.headers.remove(HOST) {
            request.headers.insert(FORWARDED_HOST, host);
        }
        request.request_context.domain_name = None;
    }
    event
}

fn encoded(text: &str, plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
