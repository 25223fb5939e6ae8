//! The bounds of every exchange.

use std::time::Duration;

/// Time for a connection, including name resolution and TLS. It is split among the addresses of a
/// name, so a dead first address does not use up a request's default 10 s.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Maximum size of a response's head, in both versions of HTTP. HTTP/1.1 also has hyper's limit of
/// 100 headers.
pub(crate) const HEAD_LIMIT_BYTES: u32 = 64 * 1024;

/// Maximum number of bytes read from a connection in addition to the response's body: the TLS
/// handshake, interim answers, the head, and the framing of the body.
pub(crate) const OVERHEAD_LIMIT_BYTES: usize = 2 * HEAD_LIMIT_BYTES as usize;

/// Maximum number of bytes in flight to this client on an HTTP/2 connection: the protocol's initial
/// value. A larger window would waste traffic, because reading ends after 4 KiB.
pub(crate) const HTTP2_WINDOW_BYTES: u32 = 65_535;
