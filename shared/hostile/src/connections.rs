//! Faults before a request can be sent, or in its connection.

use grapnel_domain::delivery::SUCCESS_RESPONSE_BYTES;

use super::{
    answers::{INTERIM, TOO_MANY_HEADERS, TOO_MUCH},
    case::{Conduct, Expected, Flaw, Hostile, Kept},
    raw::Then,
};

/// A record of TLS that has no meaning in TLS 1.3, and may occur (RFC 8446 section 5).
const CHANGE_CIPHER_SPEC: &[u8] = &[20, 3, 3, 0, 1, 1];

const NO_CONNECTION: &str = "no connection to the receiver came about within {timeout}";

pub(super) fn all() -> Vec<Hostile> {
    let failed = Expected::failed;
    let one = |name, conduct, expected| Hostile { name, expected, conduct };
    vec![
        one(
            "expired certificate",
            Conduct::Certificate(Flaw::Expired),
            failed("the receiver's TLS certificate has expired"),
        ),
        one(
            "self-signed certificate",
            Conduct::Certificate(Flaw::SelfSigned),
            failed(
                "the receiver's TLS certificate is self-signed, from an unknown authority, or \
                 lacks its intermediate certificate",
            ),
        ),
        one(
            "certificate for another host",
            Conduct::Certificate(Flaw::WrongHost),
            failed("the receiver's TLS certificate is for another host name"),
        ),
        one(
            "handshake that hangs",
            Conduct::BytesForTls(b"", Then::Hold),
            failed(NO_CONNECTION).in_all_its_time(),
        ),
        one(
            "no TLS where it is expected",
            Conduct::BytesForTls(b"HTTP/1.1 400 Bad Request\r\n\r\n", Then::Close),
            failed("the receiver does not speak TLS on this port (is it an http server?)"),
        ),
        one(
            "TLS cut in the body",
            Conduct::Tls { once: b"HTTP/1.1 200 OK\r\n\r\nhalf", flood: b"" },
            Expected::success(200).keeping(Kept::Text("half")).cut(),
        ),
        one("1xx flood over TLS", Conduct::Tls { once: b"", flood: INTERIM }, failed(TOO_MUCH)),
        one(
            "endless headers over TLS",
            Conduct::Tls { once: b"HTTP/1.1 200 OK\r\n", flood: b"x-many: 1\r\n" },
            failed(TOO_MANY_HEADERS),
        ),
        one(
            "endless body in chunks of one byte over TLS",
            Conduct::Tls {
                once: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                flood: b"1\r\na\r\n",
            },
            Expected::success(200).keeping(Kept::AsMuchAsFits(SUCCESS_RESPONSE_BYTES)).cut(),
        ),
        one(
            "TLS records without an end",
            Conduct::BytesForTls(b"", Then::Flood(CHANGE_CIPHER_SPEC)),
            failed("the TLS handshake with the receiver failed"),
        ),
        one(
            "no room for a connection",
            Conduct::Congested,
            failed(NO_CONNECTION).in_all_its_time(),
        ),
        one("refused connection", Conduct::Refusing, failed("the receiver refused the connection")),
    ]
}
