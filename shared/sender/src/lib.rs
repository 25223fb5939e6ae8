//! The functions' only HTTP client. It sends requests to receivers.
//!
//! A user chooses a receiver's URL, and the owner of the host chooses the answer: both are untrusted.
//! This crate sends an [`OutboundRequest`] so that neither can reach a private network, hold a
//! function longer than the request's time, fill its memory, or make one attempt go out twice. It
//! also turns each failure into a sentence for the owner of the webhook.
//!
//! The path of a request:
//!
//! 1. [`Sender`] checks the URL again by the domain's rules (scheme, literal addresses, local names).
//!    No later step looks at a literal address, so this is the only place that can refuse one.
//! 2. `exchange` runs the next steps, each until its deadline. There is no code for redirects,
//!    proxies, cookies, decompression, retries or pooled connections.
//! 3. `guard` provides the addresses to connect to. It asks `dns` **once**, refuses the whole answer
//!    if one address in it is not globally reachable, and returns exactly the addresses that it
//!    checked: there is no second look-up that could have another answer.
//! 4. `dns` asks the system's name servers for absolute names (no search list, no `ndots`), so that a
//!    host name means the same here as it does to its owner.
//! 5. `connection` connects, speaks TLS, and sends the request with `hyper`, with limits on the head
//!    of the response. `meter` sits between the socket and TLS and limits all bytes that are read.
//! 6. `response_body` keeps the status and the start of the body, and then drops the connection.
//! 7. `failure` turns every error into a sentence. A sentence may have addresses and the host, never
//!    a query, a header or a body.
//!
//! The deployment itself makes one kind of request: for the public keys of the issuer whose tokens it
//! accepts ([`IssuerKeys`]). `fetch` reads them with the same `exchange`, and so with the same guard
//! and the same limits.
//!
//! # One connection per attempt
//!
//! There is no connection pool. Lambda freezes an instance between invocations. A connection that
//! dies meanwhile still looks alive: the next request on it is lost, and it is impossible to know
//! whether the receiver got it. A retry could deliver the attempt twice; without a retry, the
//! receiver would be charged for our freeze. A new connection has no such case: a failure is the
//! receiver's or the network's, at this moment. It also puts every request behind its own address
//! check. The price is a TCP and TLS handshake per attempt; TLS sessions are remembered and resumed.
//!
//! [`OutboundRequest`]: grapnel_domain::outbound::OutboundRequest

mod client;
mod connection;
mod dns;
mod exchange;
mod failure;
mod fetch;
mod guard;
mod issuer;
mod meter;
mod response_body;
mod sender;

pub use client::SenderError;
pub use fetch::FetchLimits;
pub use issuer::IssuerKeys;
pub use sender::{Sender, SenderConfig};

#[cfg(test)]
mod tests;
