//! Requests that wait for their answer when the program is stopped.

use super::*;
use rstest::rstest;

const SOON: Duration = Duration::from_secs(30);

/// What a line says: the answer, the id, the body's size and the remark.
type Said = (Option<u16>, Option<String>, usize, String);

/// A receiver that runs, and what stops it.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<Vec<Said>>,
}

impl Running {
    async fn start(answering: Answering, save: Option<PathBuf>) -> Self {
        let receiver = Receiver::bind(0).await.expect("a port");
        let address = receiver.address;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let mut said = Vec::new();
            let stopped = async { stopped.await.expect("the test stops it") };
            let print = |seen: &Seen| -> Result<(), Failure> {
                let remark = seen.remark.clone().unwrap_or_default();
                said.push((seen.status, seen.id.clone(), seen.bytes, remark));
                Ok(())
            };
            receiver.run(secrets(), answering, save, stopped, print).await.expect("runs");
            said
        });
        Self { address, stop, serving }
    }

    async fn send(&self, text: &[u8]) -> TcpStream {
        let mut sender = TcpStream::connect(self.address).await.expect("connected");
        sender.write_all(text).await.expect("sent");
        sender
    }

    async fn stop(self) -> Vec<Said> {
        self.stop.send(()).expect("it runs");
        timeout(SOON, self.serving).await.expect("it ends").expect("no panic")
    }
}

fn request(id: &str) -> Vec<u8> {
    let length = BODY.len();
    let head =
        format!("POST / HTTP/1.1\r\nhost: a\r\nwebhook-id: {id}\r\ncontent-length: {length}");
    [head.as_bytes(), b"\r\n\r\n", BODY].concat()
}

fn slow() -> Answering {
    Answering { delay: Duration::from_secs(3600), ..answering(200) }
}

fn is_told_of_the_stop(said: &Said) -> bool {
    let (status, id, bytes, remark) = said;
    (*status, *bytes) == (None, BODY.len())
        && id.as_deref().is_some_and(|id| id.starts_with("evt_1"))
        && remark.starts_with("not answered: `grapnel listen` was stopped after 0.")
        && remark.ends_with(" s")
}

#[rstest]
#[case(1)]
#[case(3)]
// As many as are served at a time.
#[case(CONNECTIONS)]
#[tokio::test]
async fn a_request_that_waits_for_its_answer_is_told_at_the_stop(#[case] requests: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(slow(), Some(folder.path().to_owned())).await;
    let mut senders = Vec::new();
    for number in 0..requests {
        // A file is named by its request's id.
        senders.push(running.send(&request(&format!("evt_1{number}"))).await);
    }
    let saved = async {
        while std::fs::read_dir(folder.path()).expect("read").count() < requests {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, saved).await.expect("all arrive");
    let said = running.stop().await;
    assert_eq!(said.len(), requests, "{said:?}");
    assert!(said.iter().all(is_told_of_the_stop), "{said:?}");
    for mut sender in senders {
        let mut answer = Vec::new();
        // A reset is an end, too.
        let _ = sender.read_to_end(&mut answer).await;
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn a_request_that_was_passed_on_is_told_at_the_stop() {
    let target = TestReceiver::start().await.expect("starts");
    target.answer_with("/hook", Scripted::hang());
    let running = Running::start(passing_on(&target.url("/hook")), None).await;
    let _sender = running.send(&request("evt_1")).await;
    let passed = async {
        while target.received("/hook").is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, passed).await.expect("it is passed on");
    let said = running.stop().await;
    assert!(said.len() == 1 && is_told_of_the_stop(&said[0]), "{said:?}");
}

#[tokio::test]
async fn a_request_whose_body_is_still_coming_is_told_at_the_stop() {
    let running = Running::start(answering(200), None).await;
    let head = "POST /hook HTTP/1.1\r\nhost: a\r\nwebhook-id: evt_1\r\nexpect: 100-continue\r\n\
                content-length: 10\r\n\r\n";
    let mut sender = running.send(head.as_bytes()).await;
    // The receiver says this when it begins to read the body.
    let mut continues = [0; 12];
    sender.read_exact(&mut continues).await.expect("read");
    assert_eq!(&continues, b"HTTP/1.1 100");
    sender.write_all(b"{").await.expect("sent");
    let said = running.stop().await;
    let [(None, Some(id), 0, remark)] = &said[..] else { panic!("one line: {said:?}") };
    assert_eq!(id, "evt_1");
    assert!(remark.starts_with("not answered: `grapnel listen` was stopped"), "{remark}");
    assert!(remark.ends_with(", before the whole body came"), "{remark}");
}

#[tokio::test]
async fn a_request_that_was_answered_keeps_its_line_at_the_stop() {
    let running = Running::start(answering(202), None).await;
    let mut sender = running.send(&request("evt_1")).await;
    let mut answer = [0; 12];
    sender.read_exact(&mut answer).await.expect("answered");
    let said = running.stop().await;
    assert_eq!(said, [(Some(202), Some("evt_1".to_owned()), BODY.len(), String::new())]);
}
