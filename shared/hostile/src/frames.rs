//! Faults between a request and the end of an HTTP/2 answer.

use super::{
    answers::{INVALID, NO_ANSWER, TOO_MANY_HEADERS, TOO_MUCH},
    case::{Conduct, Expected, Hostile, Kept},
    http2::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS,
        STATUS_103, STATUS_200, UNKNOWN, VIA, frame, many_fields,
    },
};
use grapnel_domain::delivery::SUCCESS_RESPONSE_BYTES;

const BROKEN_OFF: &str = "the receiver broke off the exchange before answering";

fn one(name: &'static str, once: Vec<u8>, flood: Vec<u8>, expected: Expected) -> Hostile {
    Hostile { name, expected, conduct: Conduct::Frames { once, flood } }
}

pub(super) fn all() -> Vec<Hostile> {
    let failed = Expected::failed;
    let ok = Expected::success(200);
    let nothing = Vec::new;
    let head = || frame(HEADERS, END_HEADERS, 1, &[STATUS_200]);
    let going_away = |reason| frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, reason]);
    vec![
        one("HTTP/2 silence", nothing(), nothing(), failed(NO_ANSWER).in_all_its_time()),
        one("HTTP/2 GOAWAY without an error", going_away(0), nothing(), failed(BROKEN_OFF)),
        one("HTTP/2 GOAWAY with an error", going_away(1), nothing(), failed(BROKEN_OFF)),
        one(
            "HTTP/2 refused stream",
            frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]),
            nothing(),
            failed(BROKEN_OFF),
        ),
        one(
            "HTTP/2 reset in the body",
            [head(), frame(DATA, 0, 1, b"half"), frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])].concat(),
            nothing(),
            ok.keeping(Kept::Text("half")).cut(),
        ),
        one(
            "HTTP/2 broken headers",
            frame(HEADERS, END_HEADERS, 1, &[0xff; 10]),
            nothing(),
            failed(INVALID),
        ),
        one(
            "HTTP/2 answered in HTTP/1",
            b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
            nothing(),
            failed(INVALID),
        ),
        one(
            "HTTP/2 1 MB of headers",
            [
                frame(HEADERS, END_STREAM, 1, &[STATUS_200]),
                frame(CONTINUATION, 0, 1, &many_fields()).repeat(80),
                frame(CONTINUATION, END_HEADERS, 1, &many_fields()),
            ]
            .concat(),
            nothing(),
            failed(TOO_MANY_HEADERS),
        ),
        one(
            "HTTP/2 endless headers",
            frame(HEADERS, END_STREAM, 1, &[STATUS_200]),
            frame(CONTINUATION, 0, 1, b""),
            failed(TOO_MANY_HEADERS),
        ),
        one(
            "HTTP/2 1xx flood",
            nothing(),
            frame(HEADERS, END_HEADERS, 1, &STATUS_103),
            failed(TOO_MUCH),
        ),
        one(
            "HTTP/2 flood of long 1xx",
            nothing(),
            frame(HEADERS, END_HEADERS, 1, &[&STATUS_103, [VIA; 1800].as_slice()].concat()),
            failed(TOO_MUCH),
        ),
        one(
            "HTTP/2 1xx without an end",
            frame(HEADERS, 0, 1, &STATUS_103),
            frame(CONTINUATION, 0, 1, &many_fields()),
            failed(TOO_MANY_HEADERS),
        ),
        one("HTTP/2 settings flood", nothing(), frame(SETTINGS, 0, 0, &[]), failed(TOO_MUCH)),
        one("HTTP/2 ping flood", nothing(), frame(PING, 0, 0, &[0; 8]), failed(TOO_MUCH)),
        one(
            "HTTP/2 flood of frames of an unknown kind",
            nothing(),
            frame(UNKNOWN, 0, 0, &[0; 1024]),
            failed(TOO_MUCH),
        ),
        one(
            "HTTP/2 endless body",
            head(),
            frame(DATA, 0, 1, &[b'.'; 1024]),
            ok.keeping(Kept::AsMuchAsFits(SUCCESS_RESPONSE_BYTES)).cut(),
        ),
        one(
            "HTTP/2 endless body in frames of one byte",
            head(),
            frame(DATA, 0, 1, b"."),
            ok.keeping(Kept::Something).cut(),
        ),
        one("HTTP/2 endless empty body", head(), frame(DATA, 0, 1, &[]), ok.cut()),
    ]
}
