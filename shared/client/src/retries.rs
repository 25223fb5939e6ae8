//! When a request is sent again.

use crate::Answer;
use reqwest::Method;
use std::time::Duration;

/// Tries of a request that may be repeated, the first included.
pub(crate) const TRIES: u32 = 3;

/// The pause after the first try; each is four times the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Longest pause that an answer can ask for. A longer one is the caller's to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long to wait before the request is sent again; `None` if it is not. `tries` were made, of
/// `most`; `answer` is the last one's, `None` if it was lost.
///
/// Only a method that is idempotent by RFC 9110 is repeated: an answer that was lost, or a 503, may
/// have had its effect.
pub(crate) fn pause(
    method: &Method,
    tries: u32,
    most: u32,
    answer: Option<&Answer>,
) -> Option<Duration> {
    let passing = answer.is_none_or(|it| matches!(it.status, 429 | 502 | 503 | 504));
    if !method.is_idempotent() || !passing || tries >= most {
        return None;
    }
    let own = FIRST_PAUSE * 4_u32.pow(tries.saturating_sub(1).min(8));
    let asked = answer.and_then(Answer::retry_after).unwrap_or_default();
    (asked <= LONGEST_PAUSE).then(|| own.max(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header;
    use rstest::rstest;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = header::HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(header::RETRY_AFTER, value.parse().expect("a header value"));
        }
        Answer { status, headers, text: String::new(), tries: 1 }
    }

    #[rstest]
    fn what_may_be_repeated_is_after_a_growing_pause(
        #[values(Method::GET, Method::PUT, Method::DELETE)] method: Method,
    ) {
        let pauses: Vec<_> = (1..=3).map(|tries| pause(&method, tries, 3, None)).collect();
        let [first, second] = [250, 1000].map(|millis| Some(Duration::from_millis(millis)));
        assert_eq!(pauses, [first, second, None]);
    }

    #[test]
    fn a_post_is_never_repeated() {
        assert_eq!(pause(&Method::POST, 1, 3, None), None);
        assert_eq!(pause(&Method::POST, 1, 3, Some(&answer(503, Some("2")))), None);
    }

    #[rstest]
    fn an_answer_is_repeated_only_where_it_passes(
        #[values(200, 400, 401, 404, 409, 422, 500)] status: u16,
    ) {
        assert_eq!(pause(&Method::GET, 1, 3, Some(&answer(status, None))), None);
        assert!(pause(&Method::GET, 1, 3, Some(&answer(503, None))).is_some());
    }

    #[test]
    fn an_answer_says_how_long_to_wait_within_reason() {
        let after = |value| pause(&Method::GET, 1, 3, Some(&answer(503, Some(value))));
        assert_eq!(after("2"), Some(Duration::from_secs(2)));
        assert_eq!(after("0"), Some(FIRST_PAUSE));
        assert_eq!(after("soon"), Some(FIRST_PAUSE));
        assert_eq!(after("3600"), None);
    }

    #[rstest]
    #[case::soon("Tue, 24 Nov 2026 06:24:07 GMT", Some(Duration::from_secs(7)))]
    #[case::past("Tue, 24 Nov 2026 06:23:00 GMT", Some(FIRST_PAUSE))]
    #[case::too_far_off("Wed, 25 Nov 2026 06:24:00 GMT", None)]
    fn an_answer_may_say_by_a_date_how_long_to_wait(
        #[case] date: &str,
        #[case] expected: Option<Duration>,
    ) {
        let mut answer = answer(503, Some(date));
        let sent = "Tue, 24 Nov 2026 06:24:00 GMT".parse().expect("a header value");
        answer.headers.insert(header::DATE, sent);
        assert_eq!(pause(&Method::GET, 1, 3, Some(&answer)), expected);
    }
}
