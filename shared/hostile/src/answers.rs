//! Faults between a request and the end of an HTTP/1 answer.

use super::{
    case::{Conduct, Expected, Hostile, Kept},
    raw::Then,
};
use grapnel_domain::{delivery::SUCCESS_RESPONSE_BYTES, outbound::CAPTURE_LIMIT_BYTES};
use std::{sync::LazyLock, time::Duration};

pub(super) const CLOSED: &str = "the receiver closed the connection before answering";
pub(super) const INVALID: &str = "the receiver's answer is not valid HTTP";
pub(super) const NO_ANSWER: &str = "the receiver did not answer within {timeout}";
pub(super) const TOO_MANY_HEADERS: &str =
    "the receiver's answer has more headers than are accepted";
pub(super) const TOO_MUCH: &str = "the receiver sent too much before its answer";

/// An interim answer, of which there may be any number.
pub(super) const INTERIM: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";

/// An interim answer of almost the maximum length of a head.
static LONG_INTERIM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let link = format!("link: </{}>\r\n", "a".repeat(8000));
    head("103 Early Hints", &link).into()
});

/// The pause between two bytes of a slow answer: about fifty bytes within the time limit.
const PAUSE: Duration = Duration::from_millis(20);

const EMPTY: &str = "content-length: 0\r\n\r\n";

/// 64 KiB of zeros. A gzip file may have any number of these, one after the other.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xed\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\
    \x08\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x6a\xeb\x8e\x97\xd7\0\0\x01\0";

fn one(name: &'static str, bytes: impl Into<Vec<u8>>, then: Then, expected: Expected) -> Hostile {
    Hostile { name, expected, conduct: Conduct::Bytes(bytes.into(), then) }
}

/// A head with this status line and these headers, including its empty line.
fn head(status_line: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status_line}\r\n{headers}\r\n")
}

pub(super) fn all() -> Vec<Hostile> {
    [heads(), interim(), bodies(), statuses()].into_iter().flatten().collect()
}

/// Heads that never come, never end or are malformed.
fn heads() -> Vec<Hostile> {
    let failed = Expected::failed;
    let long = format!("x-long: {}\r\n", "a".repeat(1 << 20));
    let many = "x-many: 1\r\n".repeat(100_000);
    vec![
        one("silence", "", Then::Hold, failed(NO_ANSWER).in_all_its_time()),
        one(
            "slow headers",
            "HTTP/1.1 200 OK\r\n",
            Then::Drip(b"x-slow: 1\r\n", PAUSE),
            failed(NO_ANSWER).in_all_its_time(),
        ),
        one("1 MB header", head("200 OK", &long), Then::Hold, failed(TOO_MANY_HEADERS)),
        one("1 MB of headers", head("200 OK", &many), Then::Hold, failed(TOO_MANY_HEADERS)),
        one(
            "endless headers",
            "HTTP/1.1 200 OK\r\n",
            Then::Flood(b"x-many: 1\r\n"),
            failed(TOO_MANY_HEADERS),
        ),
        one(
            "header without an end",
            "HTTP/1.1 200 OK\r\nx-long: ",
            Then::Flood(b"a"),
            failed(TOO_MANY_HEADERS),
        ),
        one("blank lines without an end", "", Then::Flood(b"\r\n"), failed(TOO_MANY_HEADERS)),
        one(
            "status line without an end",
            "HTTP/1.1 200 ",
            Then::Flood(b"OK "),
            failed(TOO_MANY_HEADERS),
        ),
        one("not HTTP", "SSH-2.0-OpenSSH_9.9\r\n", Then::Hold, failed(INVALID)),
        one("status line without a status", head("OK", EMPTY), Then::Hold, failed(INVALID)),
        one("status 000", head("000 OK", EMPTY), Then::Hold, failed(INVALID)),
        one("HTTP version 3.7", "HTTP/3.7 200 OK\r\n\r\n", Then::Hold, failed(INVALID)),
        one(
            "blank in a header name",
            head("200 OK", "bad name: x\r\n"),
            Then::Hold,
            failed(INVALID),
        ),
        one("NUL in a header value", head("200 OK", "x-nul: \0\r\n"), Then::Hold, failed(INVALID)),
        one(
            "two lengths",
            head("200 OK", "content-length: 1\r\ncontent-length: 2\r\n"),
            Then::Hold,
            failed(INVALID),
        ),
        one("close before the answer", "", Then::Close, failed(CLOSED)),
        one("close in the head", "HTTP/1.1 200 OK\r\nserv", Then::Close, failed(CLOSED)),
        one("reset after the request", "", Then::Reset, failed(CLOSED)),
    ]
}

/// Interim answers.
fn interim() -> Vec<Hostile> {
    let failed = Expected::failed;
    vec![
        one("1xx flood", "", Then::Flood(INTERIM), failed(TOO_MUCH)),
        one("100 flood", "", Then::Flood(b"HTTP/1.1 100 Continue\r\n\r\n"), failed(TOO_MUCH)),
        one("flood of long 1xx", "", Then::Flood(&LONG_INTERIM), failed(TOO_MUCH)),
        one(
            "1xx without an end",
            "HTTP/1.1 103 Early Hints\r\n",
            Then::Flood(b"link: </a>\r\n"),
            failed(TOO_MANY_HEADERS),
        ),
        one(
            "1xx drip",
            "",
            Then::Drip(INTERIM, Duration::from_millis(2)),
            failed(NO_ANSWER).in_all_its_time(),
        ),
        one(
            "1xx flood and an answer",
            [INTERIM.repeat(10_000), head("200 OK", EMPTY).into()].concat(),
            Then::Hold,
            failed(TOO_MUCH),
        ),
        one(
            "flood after a switch of protocols",
            head("101 Switching Protocols", "connection: upgrade\r\nupgrade: chat\r\n"),
            Then::Flood(b"chat "),
            Expected::refused(101, "the receiver answered 101"),
        ),
    ]
}

/// Bodies that are too long, too slow or not as announced. The status has decided before.
fn bodies() -> Vec<Hostile> {
    let ok = Expected::success(200);
    let gzip = head("200 OK", "content-encoding: gzip\r\n");
    let chunked = head("200 OK", "transfer-encoding: chunked\r\n");
    vec![
        one(
            "dripping body",
            head("200 OK", "content-length: 1000000\r\n"),
            Then::Drip(b"drip ", PAUSE),
            ok.keeping(Kept::Something).cut().in_all_its_time(),
        ),
        one(
            "body that stops",
            head("200 OK", "content-length: 1000000000\r\n") + "half",
            Then::Hold,
            ok.keeping(Kept::Text("half")).cut().in_all_its_time(),
        ),
        one(
            "endless body",
            head("200 OK", ""),
            Then::Flood(b"more and "),
            ok.keeping(Kept::AsMuchAsFits(SUCCESS_RESPONSE_BYTES)).cut(),
        ),
        one(
            "endless error",
            head("500 No", ""),
            Then::Flood(b"more and "),
            Expected::refused(500, "the receiver answered 500")
                .keeping(Kept::AsMuchAsFits(CAPTURE_LIMIT_BYTES))
                .cut(),
        ),
        one("gzip bomb", gzip, Then::Flood(GZIP), ok.keeping(Kept::Nothing).cut()),
        one(
            "body shorter than promised",
            head("200 OK", "content-length: 100\r\n") + "half",
            Then::Close,
            ok.keeping(Kept::Text("half")).cut(),
        ),
        one(
            "body longer than promised",
            head("200 OK", "content-length: 2\r\n") + "ok" + &head("500 No", EMPTY),
            Then::Close,
            ok.keeping(Kept::Text("ok")),
        ),
        one("reset in the body", head("200 OK", "content-length: 100\r\n"), Then::Reset, ok.cut()),
        one(
            "broken chunk",
            chunked.clone() + "4\r\nhalf\r\nzz\r\n",
            Then::Hold,
            ok.keeping(Kept::Text("half")).cut(),
        ),
        one(
            "chunk of 16 exbibytes",
            chunked.clone() + "ffffffffffffffff\r\nhalf",
            Then::Close,
            ok.keeping(Kept::Text("half")).cut(),
        ),
        one(
            "endless body in chunks of one byte",
            chunked.clone(),
            Then::Flood(b"1\r\na\r\n"),
            ok.keeping(Kept::AsMuchAsFits(SUCCESS_RESPONSE_BYTES)).cut(),
        ),
        one(
            "endless error in chunks of one byte",
            head("500 No", "transfer-encoding: chunked\r\n"),
            Then::Flood(b"1\r\na\r\n"),
            Expected::refused(500, "the receiver answered 500")
                .keeping(Kept::AsMuchAsFits(CAPTURE_LIMIT_BYTES))
                .cut(),
        ),
        one(
            "chunk extension without an end",
            chunked.clone() + "2;a=",
            Then::Flood(b"a"),
            ok.keeping(Kept::Nothing).cut(),
        ),
        one(
            "chunks with long extensions",
            chunked.clone(),
            Then::Flood(b"1;a=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\r\na\r\n"),
            ok.keeping(Kept::Something).cut(),
        ),
        one(
            "trailer without an end",
            chunked.clone() + "2\r\nok\r\n0\r\nx-long: ",
            Then::Flood(b"a"),
            ok.keeping(Kept::Text("ok")).cut(),
        ),
        one(
            "endless trailers",
            chunked + "2\r\nok\r\n0\r\n",
            Then::Flood(b"x-many: 1\r\n"),
            ok.keeping(Kept::Text("ok")).cut(),
        ),
        one(
            "body that is no text",
            [head("200 OK", "content-length: 4\r\n").as_bytes(), b"\xff\0\xe2\x82"].concat(),
            Then::Hold,
            ok.keeping(Kept::Nothing),
        ),
    ]
}

/// Statuses that require more than a record.
fn statuses() -> Vec<Hostile> {
    let elsewhere = "location: http://169.254.169.254/latest/meta-data/\r\n";
    vec![
        one(
            "204 with a body",
            head("204 No Content", "content-length: 5\r\n") + "hello",
            Then::Hold,
            Expected::success(204),
        ),
        one(
            "redirect to a private address",
            head("302 Found", &(elsewhere.to_owned() + "content-length: 4\r\n")) + "this",
            Then::Hold,
            Expected::refused(302, "the receiver answered 302; redirects are not followed")
                .keeping(Kept::Text("this")),
        ),
        one(
            "redirect to itself",
            head("307 Again", &("location: /in\r\n".to_owned() + "content-length: 0\r\n")),
            Then::Hold,
            Expected::refused(307, "the receiver answered 307; redirects are not followed"),
        ),
        one(
            "switch of protocols",
            head("101 Switching Protocols", "connection: upgrade\r\nupgrade: chat\r\n") + "hi",
            Then::Hold,
            Expected::refused(101, "the receiver answered 101"),
        ),
        one(
            "status out of every class",
            head("999 Whatever", "content-length: 0\r\n"),
            Then::Hold,
            Expected::refused(999, "the receiver answered 999"),
        ),
    ]
}
