//! The one HTTP client: it talks to receivers.
//!
//! A receiver's URL is chosen by a user, its answer by whoever owns the host, and both are
//! untrusted. This crate carries out an [`OutboundRequest`] so that neither can reach a private
//! network, hold a function longer than the request's time, fill its memory, or make one attempt
//! go out twice; and it words what went wrong for the owner of the webhook.
//!
//! How a request passes through, in order:
//!
//! 1. [`Sender`] checks the URL once more by the domain's rules (scheme, literal addresses, local
//!    names). Nothing later looks at a literal address, so this is the only place to catch one.
//! 2. `exchange` goes through the steps that follow, each until its deadline. There is no code for
//!    redirects, proxies, cookies, decompression, retries or pooled connections.
//! 3. `guard` gives it the addresses to dial. It asks `names` **once**, refuses the whole answer if
//!    one address in it is not globally reachable, and hands over exactly what it checked: there is
//!    no second look-up that could answer differently.
//! 4. `names` looks names up at the system's name servers, as absolute names (no search list, no
//!    `ndots`), so that a host name means the same here as it does to its owner.
//! 5. `connection` dials, speaks TLS, and sends the request by `hyper`, with bounds on the head of
//!    the response. `meter` sits between the socket and TLS and bounds all that is read.
//! 6. `capture` keeps the status and the start of the body, and drops the connection as soon as it
//!    has them.
//! 7. `failure` turns every error on the way into a sentence. Sentences name addresses and the host,
//!    never a query, a header or a body.
//!
//! The deployment itself has one thing to ask over HTTP: the public keys of the issuer whose tokens
//! it believes ([`IssuerKeys`]). `fetch` reads them by the same `exchange`, and so behind the same guard
//! and within the same bounds.
//!
//! # One connection per attempt
//!
//! Nothing is pooled. A Lambda instance is frozen between invocations, and a connection that dies
//! in that time looks alive afterwards: the next request on it is written into the void, and
//! nobody can say whether it arrived. Retrying it could deliver an attempt twice, not retrying
//! would charge our freeze to the receiver. With a fresh connection there is no such case: what
//! fails is the receiver's or the network's doing, now. It also means that every request is behind
//! an address check of its own. The price is a TCP and TLS handshake per attempt; TLS sessions are
//! remembered and resumed.
//!
//! [`OutboundRequest`]: grapnel_domain::outbound::OutboundRequest

mod capture;
mod client;
mod connection;
mod exchange;
mod failure;
mod fetch;
mod guard;
mod issuer;
mod meter;
mod names;
mod sender;

pub use client::SenderError;
pub use fetch::FetchLimits;
pub use issuer::IssuerKeys;
pub use sender::{Sender, SenderConfig};

#[cfg(test)]
mod tests;
