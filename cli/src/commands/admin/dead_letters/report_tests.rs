use super::*;
use crate::dead_letters::letter::Subject;
use serde_json::Value;
use std::{cell::RefCell, io, rc::Rc};

/// What was printed.
#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Printed {
    fn text(&self) -> String {
        let text = String::from_utf8(self.0.borrow().clone()).expect("text");
        console::strip_ansi_codes(&text).into_owned()
    }
}

const ATTEMPT: &str = r#"{"kind":"attempt","deliveryId":"dlv_0193a7c2-5b1e-7c3a-9f00-1234567890ab","webhookId":"wh_1"}"#;

fn letter(queue: Source, reason: Option<&str>) -> Letter {
    Letter {
        message_id: "6f1c9a02-8d7e-4b1f-9a55-0c2d3e4f5a6b".to_owned(),
        queue,
        sent_at: Some("2026-11-24T03:24:00Z".parse().expect("a time")),
        reason: reason.map(str::to_owned),
        subject: Subject::read(queue, ATTEMPT),
        body: ATTEMPT.to_owned(),
        receipt: "r".to_owned(),
        group: None,
    }
}

/// What is printed of these messages on a terminal of 80 columns, or as JSON.
fn printed(task: Task, most: usize, json: bool, letters: &[(Letter, Fate)]) -> String {
    let printed = Printed::default();
    let mut output = Output::for_tests(printed.clone(), json, Some(80));
    let mut report = Report::new(&mut output, task, &Source::ALL, most, Some(7));
    for (letter, fate) in letters {
        if report.see(letter, *fate).expect("printed").is_break() {
            break;
        }
    }
    report.end().expect("printed");
    printed.text()
}

#[test]
fn a_list_fits_80_columns_and_steers_no_terminal() {
    let reason =
        "bad\u{1b}[2J: detail.userId must be a string of 1 to 128 visible ASCII characters";
    let letters = [
        (letter(Source::Delivery, None), Fate::Left),
        (letter(Source::Events, Some(reason)), Fate::Left),
    ];
    let text = printed(Task::List, 100, false, &letters);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(lines[1], "6f1c9a02-8d7  delivery  3h   attempt  -", "no room for `about`");
    assert!(lines[2].starts_with("6f1c9a02-8d7  events    3h   "), "{text}");
    // The whole reason, over several lines.
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.ends_with(&reason.replace('\u{1b}', "\\u{1b}")), "{text}");
}

#[test]
fn a_list_ends_at_its_limit() {
    let letters = vec![(letter(Source::Delivery, None), Fate::Left); 3];
    assert_eq!(printed(Task::List, 2, false, &letters).lines().count(), 1 + 2);
}

#[test]
fn a_redrive_shows_what_it_left_and_counts_the_rest() {
    let letters = [
        (letter(Source::Delivery, None), Fate::SentBack),
        (letter(Source::Delivery, Some("not JSON")), Fate::Left),
    ];
    let text = printed(Task::Redrive { with_reason: false }, usize::MAX, false, &letters);
    assert!(text.contains("not JSON"), "{text}");
    let counts = "events    0 sent back, 0 left\ndelivery  1 sent back, 1 left\nrule      0 sent back, 0 left\n";
    assert!(text.ends_with(counts), "{text}");
}

#[test]
fn a_redrive_that_leaves_many_shows_some() {
    let letters = vec![(letter(Source::Events, Some("not JSON")), Fate::Left); MOST_LEFT_SHOWN + 3];
    let text = printed(Task::Redrive { with_reason: false }, usize::MAX, false, &letters);
    assert_eq!(text.matches("not JSON").count(), MOST_LEFT_SHOWN);
    assert!(text.contains("\nand 3 more\n"), "{text}");
}

#[test]
fn json_is_one_object_a_line() {
    let letters = [
        (letter(Source::Delivery, None), Fate::SentBack),
        (letter(Source::Delivery, Some("not JSON")), Fate::Left),
    ];
    let outcomes = |task| -> Vec<Value> {
        let text = printed(task, usize::MAX, true, &letters);
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let lines = outcomes(Task::Redrive { with_reason: false });
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["outcome"], &lines[1]["outcome"]), (&"sentBack".into(), &"left".into()));
    assert_eq!(lines[1]["reason"], "not JSON");
    assert!(outcomes(Task::List).iter().all(|line| line.get("outcome").is_none()));
}
