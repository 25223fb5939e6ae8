//! Turns an error into a sentence for the webhook's owner.
//!
//! The HTTP client's own messages are not used: they may contain the URL with its query, and they
//! are written for programmers. This module looks at the type of each error in the chain, because
//! the error that tells the cause is wrapped several times.

use std::{error::Error, io, iter, time::Duration};

use grapnel_domain::outbound::SendOutcome;
use rustls::{CertificateError, InvalidMessage, OtherError};

use crate::{
    connection::OnlyIpv6,
    dns::LookUpError,
    error::{ExchangeError, Phase},
    guard::GuardError,
    limits::CONNECT_LIMIT,
    meter,
};

/// The outcome of a request that ended in `error`. `time` is the request's time limit.
pub(crate) fn outcome(error: &ExchangeError, time: Duration) -> SendOutcome {
    match error {
        ExchangeError::UnusableUrl => failed("the webhook's URL cannot be used in an HTTP request"),
        ExchangeError::TimedOut(phase) => timed_out(*phase, time),
        ExchangeError::Broken(phase, cause) => broken(*phase, cause.as_ref(), time),
        ExchangeError::Lost => SendOutcome::ConnectionLost { error: LOST.to_owned() },
    }
}

const LOST: &str = "a connection that was kept open from an earlier request broke before the receiver \
                    answered; the request may have arrived";

/// Whether an HTTP/2 receiver says that it has not looked at the request (RFC 9113 section 8.7).
pub(crate) fn is_refused_stream(error: &(dyn Error + 'static)) -> bool {
    resets(error).any(|reason| reason == h2::Reason::REFUSED_STREAM)
}

/// Whether the receiver reacted to the request, though not with a usable answer. Otherwise the
/// connection broke.
pub(crate) fn is_of_an_answer(error: &(dyn Error + 'static)) -> bool {
    let told = causes(error).find_map(|cause| sentence(cause, Phase::Answering));
    matches!(told, Some(TOO_MANY_HEADERS | TOO_MUCH | INVALID)) || resets(error).next().is_some()
}

/// Why an HTTP/2 receiver ended the request's stream.
fn resets<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = h2::Reason> + 'a {
    let errors = causes(error).filter_map(|cause| cause.downcast_ref::<h2::Error>());
    errors.filter(|error| error.is_reset() && error.is_remote()).filter_map(h2::Error::reason)
}

fn broken(phase: Phase, error: &(dyn Error + 'static), time: Duration) -> SendOutcome {
    for cause in causes(error) {
        if let Some(guard) = cause.downcast_ref::<GuardError>() {
            return guarded(guard);
        }
        // A function outside a VPC has no IPv6 (AWS Lambda developer guide, "Networking and VPC
        // configurations").
        if cause.is::<OnlyIpv6>() {
            return failed(
                "the host name has only IPv6 addresses, which could not be reached: it needs an IPv4 address",
            );
        }
        if phase == Phase::Connecting && has_timed_out(cause) {
            return timed_out(phase, time);
        }
    }
    let told = causes(error).find_map(|cause| sentence(cause, phase));
    failed(told.unwrap_or(match phase {
        Phase::Resolving => "the host name could not be looked up",
        Phase::Connecting => "the connection to the receiver failed",
        Phase::Answering => "the receiver broke off the exchange before answering",
    }))
}

/// Whether no address of a host accepted the connection in its share of the time.
fn has_timed_out(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

fn timed_out(phase: Phase, time: Duration) -> SendOutcome {
    let to_connect = seconds(time.min(CONNECT_LIMIT));
    match phase {
        Phase::Resolving => SendOutcome::ResolverUnavailable {
            error: format!("the name server did not answer within {to_connect}"),
        },
        Phase::Connecting => {
            failed(format!("no connection to the receiver came about within {to_connect}"))
        }
        Phase::Answering => failed(format!("the receiver did not answer within {}", seconds(time))),
    }
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

fn failed(error: impl Into<String>) -> SendOutcome {
    SendOutcome::Failed { error: error.into() }
}

fn guarded(error: &GuardError) -> SendOutcome {
    match error {
        GuardError::LookUp(LookUpError::Unavailable(why)) => {
            SendOutcome::ResolverUnavailable { error: why.clone() }
        }
        GuardError::LookUp(_) | GuardError::Refused { .. } => failed(error.to_string()),
    }
}

/// `error` and every error that it wraps.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| below(*error))
}

/// The error that `error` wraps. An `io::Error` hides it from `source`, and TLS errors are wrapped
/// in an `io::Error`.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let io = error.downcast_ref::<io::Error>();
    match io.and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn sentence(cause: &(dyn Error + 'static), phase: Phase) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error, phase));
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return of_http(error);
    }
    if let Some(error) = cause.downcast_ref::<h2::Error>() {
        return of_http2(error, phase);
    }
    let error = cause.downcast_ref::<io::Error>()?;
    of_io(error.kind(), phase)
}

fn of_tls(error: &rustls::Error, phase: Phase) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the receiver does not speak TLS on this port (is it an http server?)"
        }
        rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => {
            "the receiver and we have no TLS version or cipher in common, or it refused the \
             handshake"
        }
        rustls::Error::NoCertificatesPresented => "the receiver presented no TLS certificate",
        _ if phase == Phase::Answering => "the TLS connection to the receiver broke",
        _ => "the TLS handshake with the receiver failed",
    }
}

fn of_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the receiver's TLS certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the receiver's TLS certificate is not valid yet"
        }
        CertificateError::UnknownIssuer => UNKNOWN_ISSUER,
        CertificateError::Other(other) if is_authority_for_itself(other) => UNKNOWN_ISSUER,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the receiver's TLS certificate is for another host name"
        }
        CertificateError::Revoked => "the receiver's TLS certificate has been revoked",
        _ => "the receiver's TLS certificate is not valid",
    }
}

const UNKNOWN_ISSUER: &str = "the receiver's TLS certificate is self-signed, from an unknown \
                              authority, or lacks its intermediate certificate";

/// A typical self-signed certificate is marked as a certificate authority's, and is refused for
/// that first.
fn is_authority_for_itself(error: &OtherError) -> bool {
    matches!(error.0.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn of_http(error: &hyper::Error) -> Option<&'static str> {
    if error.is_parse_too_large() {
        Some(TOO_MANY_HEADERS)
    } else if error.is_parse() {
        Some(INVALID)
    } else if error.is_incomplete_message() {
        Some(CLOSED)
    } else {
        None
    }
}

/// Errors that our side detected. If the receiver says that we made an error, that is only a
/// refusal.
fn of_http2(error: &h2::Error, phase: Phase) -> Option<&'static str> {
    if let Some(error) = error.get_io() {
        return of_io(error.kind(), phase);
    }
    if !error.is_library() {
        return None;
    }
    match error.reason()? {
        // h2 reports this for headers without end.
        h2::Reason::ENHANCE_YOUR_CALM => Some(TOO_MANY_HEADERS),
        _ => Some(INVALID),
    }
}

const TOO_MANY_HEADERS: &str = "the receiver's answer has more headers than are accepted";
const TOO_MUCH: &str = "the receiver sent too much before its answer";
const INVALID: &str = "the receiver's answer is not valid HTTP";
const CLOSED: &str = "the receiver closed the connection before answering";

fn of_io(kind: io::ErrorKind, phase: Phase) -> Option<&'static str> {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        NetworkUnreachable, NotConnected, UnexpectedEof,
    };
    match kind {
        meter::TOO_MUCH => Some(TOO_MUCH),
        ConnectionRefused => Some("the receiver refused the connection"),
        HostUnreachable | NetworkUnreachable => Some("there is no route to the receiver"),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof => {
            Some(match phase {
                Phase::Resolving | Phase::Connecting => {
                    "the receiver closed the connection before it was established"
                }
                Phase::Answering => CLOSED,
            })
        }
        _ => None,
    }
}
