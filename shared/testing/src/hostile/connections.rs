//! What goes wrong before a request can be sent, or with the connection that carries it.

use super::{Conduct, Expected, Flaw, Hostile, Kept, answers::NO_ANSWER, raw::Then};

/// An answer before the answer, of which there may be any number.
const INTERIM: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";

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
        // Over TLS, as in production. Without it, which is for local use, what floods a local
        // socket is read in pieces so large that a timeout is noticed seconds late.
        one(
            "1xx flood",
            Conduct::Tls { once: b"", flood: INTERIM },
            failed(NO_ANSWER).in_all_its_time(),
        ),
        one(
            "no room for a connection",
            Conduct::Congested,
            failed(NO_CONNECTION).in_all_its_time(),
        ),
        one("refused connection", Conduct::Refusing, failed("the receiver refused the connection")),
    ]
}
