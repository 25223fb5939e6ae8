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
//!    names). An HTTP client does not ask its resolver for a literal address, so this is the only
//!    place to catch one.
//! 2. `client` is the configured `reqwest` client: no redirects, proxies, decompression, cookies,
//!    retries or pooled connections, and bounds on what a response's head may take.
//! 3. `guard` is what that client asks for addresses. It asks `names` **once**, refuses the whole
//!    answer if one address in it is not globally reachable, and hands over exactly what it
//!    checked: there is no second look-up that could answer differently.
//! 4. `names` looks names up at the system's name servers, as absolute names (no search list, no
//!    `ndots`), so that a host name means the same here as it does to its owner.
//! 5. `capture` keeps the status and the start of the body, and drops the connection as soon as it
//!    has them.
//! 6. `failure` turns every error on the way into a sentence, with `progress` saying how far the
//!    request had come. Sentences name addresses and the host, never a query, a header or a body.
//!
//! The deployment itself has one thing to ask over HTTP: the public keys of the issuer whose tokens
//! it believes ([`IssuerKeys`]). `fetch` reads them with the same client, and so behind the same
//! guard.
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
mod failure;
mod fetch;
mod guard;
mod issuer;
mod names;
mod progress;
mod sender;

pub use client::SenderError;
pub use fetch::FetchLimits;
pub use issuer::IssuerKeys;
pub use sender::{Sender, SenderConfig};

#[cfg(test)]
mod tests;
