use super::*;
use serde_json::json;

fn delivery() -> Delivery {
    let json = json!({
        "id": "dlv_1", "webhookId": "wh_1", "event": "lead.created", "eventId": "evt_1",
        "payload": {"userId": "demo"}, "status": "failed", "reason": "attempts_exhausted",
        "attempts": [
            {"attemptNumber": 1, "error": "the receiver did not answer within 10 s",
             "duration": 10001, "attemptedAt": "2026-11-24T06:20:00.000Z"},
            {"attemptNumber": 2, "statusCode": 500, "response": "\u{1b}]0;x\u{7} no\n",
             "error": "the receiver answered 500", "duration": 12, "manual": true,
             "attemptedAt": "2026-11-24T06:21:00.000Z"},
        ],
        "createdAt": "2026-11-24T06:20:00.000Z",
    });
    serde_json::from_value(json).expect("a delivery")
}

fn view() -> View {
    View::for_tests(None)
}

#[test]
fn a_row_says_how_it_went_and_when() {
    let mut table = table(&view());
    table.add(row(&delivery(), &view()));
    assert_eq!(
        console::strip_ansi_codes(&table.text(None)),
        "id     event         status  tries  answer  took   time UTC  age  note\n\
         dlv_1  lead.created  failed  2      500     12 ms  06:21:00  3m   attempts exhausted\n"
    );
}

#[test]
fn a_list_fits_eighty_columns() {
    let mut delivery = delivery();
    delivery.id = "dlv_019aa3f2-c1d0-8123-9456-0123456789ab".to_owned();
    delivery.event = "workflow.completed".to_owned();
    delivery.attempts[1].attempted_at = "2026-10-01T00:00:00Z".parse().expect("a time");
    delivery.waiting_for = Some(WaitingFor::Retry);
    delivery.until = Some("2026-11-24T08:24:00Z".parse().expect("a time"));
    let mut table = table(&view());
    table.add(row(&delivery, &view()));
    let text = table.text(Some(80));
    let text = console::strip_ansi_codes(&text).into_owned();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for shown in
        ["dlv_019aa3f2  ", "workflow.c", "failed", "500", "10-01 00:00", "54d", "retry in 2h"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[test]
fn a_list_of_several_webhooks_names_them() {
    let mut table = table_of_all(&view());
    table.add(row_of_all(&delivery(), &view()));
    assert_eq!(
        console::strip_ansi_codes(&table.text(None)),
        "id     webhook  event         status  tries  answer  time UTC  age  note\n\
         dlv_1  wh_1     lead.created  failed  2      500     06:21:00  3m   attempts exhausted\n"
    );
}

#[test]
fn a_row_says_what_a_delivery_waits_for() {
    let noted = |wait: &str, until: &str| {
        let mut delivery = delivery();
        delivery.reason = None;
        delivery.waiting_for = Some(wait.to_owned().into());
        delivery.until = Some(until.parse().expect("a time"));
        note(&delivery, &view())
    };
    assert_eq!(noted("retry", "2026-11-24T06:29:00Z"), "retry in 5m");
    assert_eq!(noted("circuit", "2026-11-24T06:26:00Z"), "circuit open, next probe in 2m");
    assert_eq!(noted("rateLimit", "2026-11-24T06:25:00Z"), "rate limit, next in 1m");
    assert_eq!(noted("retry", "2026-11-24T06:23:55Z"), "retry now", "never a date in the past");
    assert_eq!(noted("moon", "2026-11-24T06:25:00Z"), "moon in 1m");
}

#[test]
fn a_row_says_that_the_filter_was_passed_over() {
    let noted = |why: &str| {
        let mut delivery = delivery();
        delivery.undecided_filter = Some(why.to_owned().into());
        note(&delivery, &view())
    };
    assert_eq!(noted("out_of_steps"), "filter took too many steps, attempts exhausted");
    assert_eq!(noted("unreadable"), "filter could not be read, attempts exhausted");
    assert_eq!(noted("too_new"), "filter: too new, attempts exhausted");
}

#[test]
fn a_delivery_in_full_shows_each_attempt_and_no_control_character() {
    assert_eq!(
        console::strip_ansi_codes(&facts(&delivery(), &view())),
        "id       dlv_1\n\
         webhook  wh_1\n\
         event    lead.created evt_1\n\
         status   failed\n\
         note     attempts exhausted\n\
         created  2026-11-24 06:20:00 UTC (4m ago)\n\
         \n\
         try  time UTC  age  took      answer  what came back\n\
         1    06:20:00  4m   10001 ms  none    the receiver did not answer within 10 s\n\
         2*   06:21:00  3m   12 ms     500     \\u{1b}]0;x\\u{7} no\n\
         * sent by a manual retry\n\
         \n\
         {\"userId\":\"demo\"}\n"
    );
}

#[test]
fn an_answer_is_shown_whole_on_a_terminal_and_its_status_once() {
    let mut delivery = delivery();
    let shown = |delivery: &Delivery, width| {
        let text = facts(delivery, &View::for_tests(Some(width)));
        console::strip_ansi_codes(&text).into_owned()
    };
    let answer = r#"{"error":"the database is down"}"#;
    delivery.attempts[1].response = Some(answer.into());
    let text = shown(&delivery, 80);
    assert!(text.contains(answer) && !text.contains("answered 500"), "{text}");
    let attempts = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with("try"));
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    delivery.attempts[1].response = Some(format!("<html>{}</html>", "x".repeat(280)));
    for width in 40..200 {
        let text = attempts(&shown(&delivery, width));
        let fits = |line: &str| console::measure_text_width(line) <= width;
        assert!(text.lines().all(fits), "{width}:\n{text}");
        assert_eq!(text.matches('x').count(), 280, "{width}:\n{text}");
    }
}

#[test]
fn where_a_redirect_points_and_what_the_body_is_are_told() {
    let mut attempt = delivery().attempts.remove(1);
    attempt.response = None;
    attempt.location = Some("https://new.example.com/".into());
    attempt.response_remark = Some("the body is compressed, and is not kept".into());
    assert_eq!(
        outcome(&attempt),
        "it points to https://new.example.com/: the body is compressed, and is not kept"
    );
    attempt.status_code = Some(302);
    attempt.error = Some("the receiver answered 302; redirects are not followed".into());
    attempt.response_remark = None;
    assert_eq!(
        outcome(&attempt),
        "redirects are not followed: it points to https://new.example.com/"
    );
}

#[test]
fn a_delivery_in_full_says_what_was_erased() {
    let mut delivery = delivery();
    delivery.payload = None;
    delivery.attempts.clear();
    let ends = |delivery: &Delivery, lines: &str| {
        let shown = facts(delivery, &view());
        let shown = console::strip_ansi_codes(&shown);
        assert!(shown.ends_with(&format!("(4m ago)\n{lines}")), "{shown}");
    };
    ends(&delivery, "\nThe event's data is not kept any more.\n");
    delivery.payload_erased_at = Some("2026-11-24T06:22:00Z".parse().expect("a time"));
    let data = "\nThe event's data was erased 2026-11-24 06:22:00 UTC (2m ago).\n";
    ends(&delivery, data);
    delivery.responses_erased_at = Some("2026-11-24T06:23:00Z".parse().expect("a time"));
    let responses = "What came back before was erased 2026-11-24 06:23:00 UTC (1m ago).\n";
    ends(&delivery, &format!("{responses}{data}"));
}

#[test]
fn what_is_long_is_cut_between_characters() {
    assert_eq!(cut("ééé", 2), "éé… (--json prints all of it)");
    assert_eq!(cut("éé", 2), "éé");
}
