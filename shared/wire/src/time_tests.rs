use super::*;

#[test]
fn timestamps_have_one_sortable_spelling() {
    let time: Timestamp = "2026-11-24T06:24:00+01:00".parse().expect("valid");
    assert_eq!(time.to_string(), "2026-11-24T05:24:00.000Z");
    assert!("tomorrow".parse::<Timestamp>().is_err());
    for text in [
        "2026-11-24t06:24:00z",
        "2026-11-24T06:24:00.123456789Z",
        "2026-11-24T06:24:00-23:59",
        "0000-01-01T00:00:00Z",
    ] {
        assert!(text.parse::<Timestamp>().is_ok(), "{text}");
    }
    for text in [
        "",
        "2026-11-24",
        "2026-11-24T06:24Z",
        "2026-11-24 06:24:00Z",
        "2026-11-24T06:24:00",
        "2026-11-24T06:24:60Z",
        "2026-11-24T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-24T06:24:00.Z",
        "2026-11-24T06:24:00,5Z",
        "2026-11-24T06:24:00+24:00",
        "2026-11-24T06:24:00+00",
        "2026-11-24T06:24:00Z[UTC]",
        "+002026-11-24T06:24:00Z",
        "-000001-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01",
        "2026-11-24T06:24:00\u{661}Z",
        "2026-11-24T06:24:0\u{661}",
    ] {
        assert!(text.parse::<Timestamp>().is_err(), "{text}");
    }
}

#[test]
fn the_year_9999_has_a_last_day() {
    for (text, shown) in [
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59+05:30", "9999-12-31T18:29:59.000Z"),
        ("0000-01-01T00:00:00-00:01", "0000-01-01T00:01:00.000Z"),
    ] {
        let time: Timestamp = text.parse().expect("valid");
        assert_eq!(time.to_string(), shown);
        assert_eq!(shown.parse(), Ok(time));
    }
    assert!("9999-12-31T23:59:59-00:01".parse::<Timestamp>().is_err());
}

#[test]
fn a_minute_rounds_up_and_survives_its_text() {
    let time: Timestamp = "2026-11-24T06:23:00.001Z".parse().expect("valid");
    let minute = Minute::at_or_after(time);
    assert_eq!(minute.to_string(), "20261124T0624Z");
    assert_eq!("20261124T0624Z".parse(), Ok(minute));
    assert_eq!(Minute::at_or_after(minute.strikes_at()), minute);
    assert_eq!(Minute::at_or_before(minute.strikes_at()), minute);
    assert_eq!(Minute::at_or_before(time).next(), minute);
    assert!("20261124T624Z".parse::<Minute>().is_err());
}

#[test]
fn a_day_ends_at_midnight_in_utc_and_survives_its_text() {
    let last: Timestamp = "2026-11-24T23:59:59.999Z".parse().expect("valid");
    let next = Timestamp::from_millis(last.as_millis() + 1);
    assert_eq!(last.day().to_string(), "2026-11-24");
    assert_eq!(next.day().begins_at(), next);
    assert!(last.day() < next.day() && next.day().to_string() > last.day().to_string());
    assert_eq!("2026-11-25".parse(), Ok(next.day()));
    assert_eq!(Timestamp::from_millis(-1).day().to_string(), "1969-12-31");
    for wrong in ["2026-11-5", "2026-02-30", "2026-11-25T00:00:00Z", ""] {
        assert_eq!(wrong.parse::<Day>(), Err(InvalidTime), "{wrong}");
    }
}

#[test]
fn an_hour_belongs_to_one_day() {
    let time: Timestamp = "2026-11-24T23:24:00Z".parse().expect("valid");
    let hour = time.hour();
    assert_eq!(hour.begins_at().to_string(), "2026-11-24T23:00:00.000Z");
    assert_eq!((hour.day(), hour.of_day()), (time.day(), 23));
    assert_eq!((hour.next().day() > hour.day(), hour.next().of_day()), (true, 0));
    assert_eq!(time.day().first_hour().until(hour), 23);
    let before = Timestamp::from_millis(-1).hour();
    assert_eq!((before.day().to_string().as_str(), before.of_day()), ("1969-12-31", 23));
}

#[test]
fn time_until_the_past_is_zero() {
    let (a, b) = (Timestamp::from_millis(5), Timestamp::from_millis(9));
    assert_eq!(a.until(b), Duration::from_millis(4));
    assert_eq!(b.until(a), Duration::ZERO);
}
