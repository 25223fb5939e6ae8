//! A request that was kept: headers, an empty line, the body, as a proxy or `listen --save` writes
//! them.

use grapnel_domain::signature::verify::Received;

/// Most headers of a request.
const HEADERS: usize = 100;

/// Why a text is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    #[error("the headers do not end: there is no empty line")]
    NoEnd,
    #[error("this is no request: {0}")]
    NoHeaders(httparse::Error),
    #[error("the body is written as `{0}`: its own bytes are needed")]
    Encoded(String),
}

/// A request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SavedRequest {
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What is unusual about it, for the person who saved it.
    pub remarks: Vec<String>,
}

impl SavedRequest {
    /// A header's value; the first, if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What a check needs of it.
    #[must_use]
    pub fn received(&self) -> Received<'_> {
        Received::read(&self.body, |name| self.header(name))
    }

    /// Reads one from text in which a request line may come first.
    ///
    /// # Errors
    /// When that is not what it is.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidRequest> {
        let rest = without_request_line(text);
        let mut found = [httparse::EMPTY_HEADER; HEADERS];
        let (end, parsed) = match httparse::parse_headers(rest, &mut found) {
            Ok(httparse::Status::Complete(done)) => done,
            Ok(httparse::Status::Partial) => {
                return Err(InvalidRequest::NoEnd);
            }
            Err(error) => return Err(InvalidRequest::NoHeaders(error)),
        };
        let headers = parsed.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_owned(), value)
        });
        let headers = headers.collect();
        let captured = Self { headers, body: rest[end..].to_vec(), remarks: Vec::new() };
        let encoding = captured.header("transfer-encoding").unwrap_or("identity");
        if !encoding.eq_ignore_ascii_case("identity") {
            return Err(InvalidRequest::Encoded(encoding.to_owned()));
        }
        Ok(captured.remark_on_length())
    }

    /// What is strange about the body, which stays as it was kept: a line break that an editor added
    /// is what the signature does not fit.
    fn remark_on_length(mut self) -> Self {
        let sent = self.header("content-length").and_then(|value| value.parse::<usize>().ok());
        let kept = self.body.len();
        if let Some(sent) = sent.filter(|sent| *sent != kept) {
            let remark = format!("the body has {kept} bytes, and its Content-Length is {sent}");
            self.remarks.push(remark);
        }
        self
    }

    /// Reads a header as it is given to an option: `Name: value`.
    ///
    /// # Errors
    /// When it has no colon.
    pub fn parse_header(text: &str) -> Result<(String, String), String> {
        let (name, value) = text.split_once(':').ok_or("expected `Name: value`")?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    }
}

/// What comes after the first line, if that is a request's.
fn without_request_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1);
    let (first, rest) = text.split_at(end);
    let last_word = first.trim_ascii_end().rsplit(|byte| *byte == b' ').next();
    if last_word.is_some_and(|word| word.starts_with(b"HTTP/")) { rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_sent(b"POST /hook HTTP/1.1\r\nWebhook-Id: evt_1\r\n\r\n{}")]
    #[case::of_http_2(b"POST /hook HTTP/2\nwebhook-id: evt_1\n\n{}")]
    #[case::headers_alone(b"webhook-id:evt_1\n\n{}")]
    fn a_request_is_read_as_people_keep_it(#[case] text: &[u8]) {
        let captured = SavedRequest::parse(text).expect("read");
        assert_eq!(captured.header("webhook-id"), Some("evt_1"));
        assert_eq!(captured.body, b"{}");
    }

    #[test]
    fn a_body_of_another_length_is_remarked_on_and_stays() {
        let longer = SavedRequest::parse(b"content-length: 2\n\n{}\r\n").expect("read");
        assert_eq!(longer.remarks, ["the body has 4 bytes, and its Content-Length is 2"]);
        assert_eq!(longer.body, b"{}\r\n", "nothing is repaired");
        let shorter = SavedRequest::parse(b"content-length: 3\n\n{}").expect("read");
        assert_eq!(shorter.remarks, ["the body has 2 bytes, and its Content-Length is 3"]);
        assert!(SavedRequest::parse(b"content-length: 2\n\n{}").expect("read").remarks.is_empty());
    }

    #[rstest]
    #[case::nothing(b"", InvalidRequest::NoEnd)]
    #[case::headers_without_end(b"webhook-id: evt_1\n", InvalidRequest::NoEnd)]
    #[case::chunked(
        b"transfer-encoding: chunked\n\n2\r\n{}\r\n0\r\n\r\n",
        InvalidRequest::Encoded("chunked".into())
    )]
    fn what_is_no_request_is_refused(#[case] text: &[u8], #[case] expected: InvalidRequest) {
        assert_eq!(SavedRequest::parse(text), Err(expected));
    }

    #[test]
    fn a_body_alone_is_no_request() {
        let refused = SavedRequest::parse(b"{\"id\": \"evt_1\"}").expect_err("refused");
        assert!(matches!(refused, InvalidRequest::NoHeaders(_)), "{refused}");
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(SavedRequest::parse_header("A: b:c "), pair("A", "b:c"));
        assert!(SavedRequest::parse_header("A b").is_err());
    }
}
