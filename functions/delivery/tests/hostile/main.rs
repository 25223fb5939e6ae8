//! The delivery function and the real sender against misbehaving receivers.
//!
//! The receivers run in this process; the function runs in a child process. The child can have the
//! receivers' authority as the system's, and its memory can be measured without the receivers.

mod child;

use child::{BATCH, MARK, Report, Reported, Task};
use grapnel_domain::delivery::DeliveryStatus;
use grapnel_hostile::{Expected, Hostile, Kept, Running, tls::Authority};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command, sync::Mutex};

/// How long beyond its timeout an attempt may hold the function.
const GRACE: Duration = Duration::from_secs(1);

/// The smallest memory of a function.
const LEAST_MEMORY_KIB: u64 = 128 * 1024;

/// The time limit of each attempt in seconds. A busy machine gets a longer one.
const TIMEOUTS_SECONDS: [u32; 3] = [1, 5, 25];

/// If a batch waited longer for the processor, its times are not checked.
const MOST_WITHHELD: Duration = Duration::from_millis(250);

/// Each test uses two processors; if two tests ran at the same time, their times would be useless.
static TURN: Mutex<()> = Mutex::const_new(());

/// Runs the function in a child process that trusts `authority`, with a message for each receiver.
async fn deliver(
    test: &str,
    authority: &Authority,
    receivers: &[Running],
    timeout_seconds: u32,
) -> Report {
    let roots = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.pem"));
    std::fs::write(&roots, authority.pem()).expect("room for a file");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child::delivers_for_its_parent", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", &roots)
        .env_remove("SSL_CERT_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a child");
    let urls = receivers.iter().map(|receiver| receiver.url().to_owned()).collect();
    let mut told = serde_json::to_vec(&Task { urls, timeout_seconds }).expect("serialises");
    told.push(b'\n');
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(&told).await.expect("room for a line");
    let output = child.wait_with_output().await.expect("its end");
    let text = String::from_utf8_lossy(&output.stdout);
    let report = text.split_once(MARK).and_then(|(_, rest)| rest.lines().next());
    let report = report.unwrap_or_else(|| panic!("the child has no report: {text}"));
    assert!(output.status.success(), "{text}");
    serde_json::from_str(report).expect("a report")
}

/// Mixes the list, so that receivers of one kind are in different batches, with other kinds next to
/// them.
fn mixed(receivers: Vec<Hostile>) -> Vec<Hostile> {
    let batches = receivers.len().div_ceil(BATCH);
    let mut numbered: Vec<(usize, Hostile)> = receivers.into_iter().enumerate().collect();
    numbered.sort_by_key(|(number, _)| number % batches);
    numbered.into_iter().map(|(_, receiver)| receiver).collect()
}

async fn start(receivers: &[Hostile], authority: &Authority) -> Vec<Running> {
    let mut running = Vec::new();
    for receiver in receivers {
        running.push(receiver.start(authority).await);
    }
    running
}

/// What is wrong with the result of an attempt.
fn complaints(
    expected: &Expected,
    found: &Reported,
    timeout_seconds: u32,
    withheld: Duration,
) -> Vec<String> {
    let Reported { attempt, status, truncated } = found;
    let mut complaints = Vec::new();
    let mut check = |fits: bool, complaint: String| {
        if !fits {
            complaints.push(complaint);
        }
    };
    let error = expected.error_after(timeout_seconds);
    let wanted = match error {
        None => DeliveryStatus::Success,
        Some(_) => DeliveryStatus::Retrying,
    };
    check(*status == wanted, format!("the delivery is {status:?}, not {wanted:?}"));
    check(
        attempt.status_code == expected.status_code,
        format!("status {:?}, not {:?}", attempt.status_code, expected.status_code),
    );
    check(attempt.error == error, format!("{:?}, not {error:?}", attempt.error));
    let kept = attempt.response.as_deref();
    check(is_kept(expected.response, kept), format!("{kept:?}, not {:?}", expected.response));
    check(
        *truncated == expected.truncated,
        format!("truncated: {truncated}, not {}", expected.truncated),
    );
    let timeout = Duration::from_secs(u64::from(timeout_seconds));
    let took = Duration::from_millis(attempt.duration);
    check(took < timeout + GRACE + withheld, format!("took {took:?}"));
    check(took >= timeout || !expected.takes_all_its_time, format!("took only {took:?}"));
    complaints
}

fn is_kept(expected: Kept, found: Option<&str>) -> bool {
    let found = found.unwrap_or_default();
    match expected {
        Kept::Nothing => found.is_empty(),
        Kept::Text(text) => found == text,
        Kept::Something => !found.is_empty(),
        Kept::AsMuchAsFits(limit) => (limit - 3..=limit).contains(&found.len()),
    }
}

/// Delivers to every receiver once, in a child process, and checks the records.
async fn hold(test: &str, receivers: &[Hostile]) -> Report {
    let _turn = TURN.lock().await;
    let authority = Authority::called("hostile receivers");
    for timeout in TIMEOUTS_SECONDS {
        let running = start(receivers, &authority).await;
        let report = deliver(test, &authority, &running, timeout).await;
        assert_eq!(report.attempts.len(), receivers.len());
        let mut wrong = Vec::new();
        for ((receiver, running), found) in receivers.iter().zip(&running).zip(&report.attempts) {
            let mut complaints = complaints(&receiver.expected, found, timeout, report.withheld);
            if running.requests() > 1 {
                complaints.push(format!("{} requests", running.requests()));
            }
            if !complaints.is_empty() {
                wrong.push(format!("{}: {}", receiver.name, complaints.join("; ")));
            }
        }
        if wrong.is_empty() {
            return report;
        }
        let withheld = report.withheld;
        assert!(withheld > MOST_WITHHELD, "\n{}", wrong.join("\n"));
        println!("{}\nbut the machine was busy for {withheld:?}", wrong.join("\n"));
    }
    panic!("the machine is too busy to tell")
}

#[tokio::test]
async fn every_hostile_receiver_costs_its_own_attempt_and_no_more() {
    let receivers = mixed(Hostile::all());
    let report = hold("every", &receivers).await;
    let slowest = report.attempts.iter().map(|found| found.attempt.duration).max();
    println!("{} hostile receivers, the slowest took {slowest:?} ms", receivers.len());
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn ten_hostile_answers_at_once_fit_into_the_least_memory() {
    let receivers = [
        "endless body",
        "endless error",
        "gzip bomb",
        "HTTP/2 flood of long 1xx",
        "1 MB header",
        "1 MB of headers",
        "endless headers",
        "HTTP/2 endless body",
        "HTTP/2 1xx flood",
        "HTTP/2 endless empty body",
    ]
    .map(Hostile::named);
    let report = hold("memory", &receivers).await;
    let peak = report.peak_kib.expect("Linux tells");
    println!("ten hostile answers at once: at most {peak} KiB resident");
    assert!(peak < LEAST_MEMORY_KIB, "{peak} KiB");
}
