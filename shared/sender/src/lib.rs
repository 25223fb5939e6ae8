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
//!    proxies, cookies or decompression.
//! 3. `guard` provides the addresses to connect to. It asks `dns` **once**, refuses the whole answer
//!    if one address in it is not globally reachable, and returns exactly the addresses that it
//!    checked: there is no second look-up that could have another answer.
//! 4. `dns` asks the system's name servers for absolute names (no search list, no `ndots`), so that a
//!    host name means the same here as it does to its owner.
//! 5. `connection` connects, speaks TLS, and sends the request with `hyper`, with limits on the head
//!    of the response. `meter` sits between the socket and TLS and limits all bytes that are read.
//! 6. `response_body` keeps the status and the start of the body. `kept` keeps the connection if the
//!    body was read to its end; otherwise it is dropped.
//! 7. `failure` turns every error into a sentence. A sentence may have addresses and the host, never
//!    a query, a header or a body.
//!
//! The deployment itself makes one kind of request: for the public keys of the issuer whose tokens it
//! accepts ([`IssuerKeys`]). `fetch` reads them with the same `exchange`, and so with the same guard
//! and the same limits.
//!
//! # Kept connections
//!
//! A connection that has carried a request waits in `kept` for the same user's next request to the
//! same receiver. It never makes a request go out twice, and is never a way around the guard:
//!
//! - It is kept only if the request was sent whole and the answer was read to its end, and waits at most a second by the wall clock.
//!   Lambda freezes an instance between invocations, and a connection that dies meanwhile looks alive.
//! - Its key is the user, the scheme, the host, the port and the address. Every request looks its host
//!   up and has all addresses checked first, and takes a connection only to one of these.
//! - If it breaks before the library began to write the request, or an HTTP/2 receiver refuses the
//!   stream, the request goes out over a new connection. Otherwise nobody can know whether the request
//!   arrived: the attempt has failed ([`SendOutcome::ConnectionLost`]), and that does not count against
//!   the endpoint.
//! - It carries one request at a time, with the limits of a new connection for each.
//!
//! TLS sessions are remembered and resumed as well.
//!
//! [`SendOutcome::ConnectionLost`]: grapnel_domain::outbound::SendOutcome::ConnectionLost
//! [`OutboundRequest`]: grapnel_domain::outbound::OutboundRequest

mod client;
mod connection;
mod dns;
mod error;
mod exchange;
mod failure;
mod fetch;
mod guard;
mod issuer;
mod kept;
mod limits;
mod meter;
mod response_body;
mod sender;

pub use client::SenderError;
pub use fetch::FetchLimits;
pub use issuer::IssuerKeys;
pub use sender::{Sender, SenderConfig};

#[cfg(test)]
mod tests;
