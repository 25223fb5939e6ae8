//! Senders that go away before they are answered.

use super::*;
use rstest::rstest;

fn head(bytes: usize) -> String {
    format!(
        "POST /hook HTTP/1.1\r\nhost: a\r\nwebhook-id: evt_1\r\ncontent-length: {bytes}\r\n\r\n"
    )
}

/// The line about a sender that sends this text and goes away.
async fn told_of(answering: Answering, save: Option<PathBuf>, text: &[u8]) -> Seen {
    let receiver = Receiver::bind(0).await.expect("a port");
    let address = receiver.address;
    let (tell, mut told) = mpsc::channel(1);
    let rules = Arc::new(rules(secrets(), answering, save));
    let serving = tokio::spawn(serve(receiver.listener, rules, tell));
    let mut sender = TcpStream::connect(address).await.expect("connected");
    sender.write_all(text).await.expect("sent");
    drop(sender);
    let seen = timeout(READ_LIMIT, told.recv()).await.expect("in time").expect("seen");
    serving.abort();
    seen
}

#[tokio::test]
async fn a_request_whose_sender_gave_up_is_told() {
    let slow = Answering { delay: Duration::from_secs(3600), ..answering(200) };
    let text = [head(BODY.len()).as_bytes(), BODY].concat();
    let seen = told_of(slow, None, &text).await;
    assert_eq!((seen.status, seen.id.as_deref(), seen.bytes), (None, Some("evt_1"), BODY.len()));
    assert_eq!(seen.event.as_deref(), Some("lead.created"));
    let line = seen.line(&Clock::system(true));
    assert!(line.contains("no answer") && line.contains("the sender gave up after 0."), "{line}");
    assert_eq!(seen.json()["status"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_request_that_could_not_be_kept_is_told_though_its_sender_gave_up() {
    let slow = Answering { delay: Duration::from_secs(3600), ..answering(200) };
    let text = [head(BODY.len()).as_bytes(), BODY].concat();
    let remark = told_of(slow, lost_folder(), &text).await.remark.expect("a remark");
    assert!(remark.starts_with("not saved: "), "{remark}");
    assert!(remark.contains("; the sender gave up after 0."), "{remark}");
}

#[tokio::test]
async fn a_request_that_is_passed_on_is_told_too() {
    let target = TestReceiver::start().await.expect("starts");
    target.answer_with("/hook", Scripted::hang());
    let text = [head(BODY.len()).as_bytes(), BODY].concat();
    let seen = told_of(passing_on(&target.url("/hook")), None, &text).await;
    assert_eq!((seen.status, seen.id.as_deref()), (None, Some("evt_1")));
}

#[rstest]
#[case::half_a_body(&b"{"[..])]
#[case::no_body(&b""[..])]
#[tokio::test]
async fn a_body_that_breaks_off_is_told(#[case] body: &[u8]) {
    let seen = told_of(answering(200), None, &[head(10).as_bytes(), body].concat()).await;
    assert_eq!((seen.status, seen.id.as_deref()), (None, Some("evt_1")));
    assert!(seen.remark.expect("a remark").ends_with(": the body broke off"));
}
