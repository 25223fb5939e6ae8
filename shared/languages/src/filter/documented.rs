//! The examples of AWS's documentation: "Creating Amazon EventBridge event patterns", "Comparison
//! operators for use in event patterns", the pages on arrays and on null values, and the README of
//! `aws/event-ruler`. Each pattern has an event that matches and some that do not, which the pages
//! give or describe.

use super::Filter;
use rstest::rstest;

fn filter(pattern: &str) -> Filter {
    Filter::parse(pattern, "filter").unwrap_or_else(|faults| panic!("{pattern}: {faults:?}"))
}

#[track_caller]
fn check(pattern: &str, matching: &[&str], different: &[&str]) {
    let filter = filter(pattern);
    let matcher = filter.matcher().expect("compiles");
    for (events, expected) in [(matching, true), (different, false)] {
        for event in events {
            let answer = matcher.matches(event).expect("JSON");
            assert_eq!(answer.holds, expected, "{pattern} of {event}");
            let none = filter.unsatisfied(event).expect("JSON").is_empty();
            assert_eq!(none, expected, "why {pattern} is not true of {event}");
        }
    }
}

const INSTANCE: &str = r#"{
    "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
    "account": "111122223333", "time": "2017-12-22T18:43:48Z", "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"}
}"#;

#[test]
fn an_event_pattern_has_the_structure_of_the_event() {
    check(
        r#"{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"],
            "detail": {"state": ["terminated"]}}"#,
        &[INSTANCE],
        &["{}", r#"{"source": "aws.ec2"}"#, r#"{"state": "terminated"}"#],
    );
}

#[rstest]
#[case::prefix(
    r#"{"time": [{"prefix": "2017-10-02"}]}"#,
    &[r#"{"time": "2017-10-02T18:43:48Z"}"#],
    &[r#"{"time": "2017-10-03T18:43:48Z"}"#, r#"{"time": 20171002}"#, "{}"],
)]
#[case::prefix_ignoring_case(
    r#"{"detail": {"service": [{"prefix": {"equals-ignore-case": "EventB"}}]}}"#,
    &[r#"{"detail": {"service": "EVENTBRIDGE"}}"#, r#"{"detail": {"service": "eventb"}}"#],
    &[r#"{"detail": {"service": "AnEventB"}}"#],
)]
#[case::suffix(
    r#"{"FileName": [{"suffix": ".png"}]}"#,
    &[r#"{"FileName": "a.png"}"#],
    &[r#"{"FileName": "a.png.txt"}"#, r#"{"FileName": "a.PNG"}"#],
)]
#[case::suffix_ignoring_case(
    r#"{"detail": {"FileName": [{"suffix": {"equals-ignore-case": ".png"}}]}}"#,
    &[r#"{"detail": {"FileName": "a.PNG"}}"#, r#"{"detail": {"FileName": "a.pNg"}}"#],
    &[r#"{"detail": {"FileName": "png"}}"#],
)]
#[case::anything_but_a_text(
    r#"{"detail": {"state": [{"anything-but": "initializing"}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#, r#"{"detail": {"state": 5}}"#,
      r#"{"detail": {"state": null}}"#],
    &[r#"{"detail": {"state": "initializing"}}"#, r#"{"detail": {}}"#],
)]
#[case::anything_but_a_number(
    r#"{"detail": {"x-limit": [{"anything-but": 123}]}}"#,
    &[r#"{"detail": {"x-limit": 124}}"#, r#"{"detail": {"x-limit": "123"}}"#],
    &[r#"{"detail": {"x-limit": 123}}"#, r#"{"detail": {"x-limit": 1.23e2}}"#],
)]
#[case::anything_but_texts(
    r#"{"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#],
    &[r#"{"detail": {"state": "stopped"}}"#, r#"{"detail": {"state": "overloaded"}}"#],
)]
#[case::anything_but_numbers(
    r#"{"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}}"#,
    &[r#"{"detail": {"x-limit": 150}}"#],
    &[r#"{"detail": {"x-limit": 200}}"#],
)]
#[case::anything_but_ignoring_case(
    r#"{"detail": {"state": [{"anything-but": {"equals-ignore-case": "initializing"}}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#],
    &[r#"{"detail": {"state": "INITIALIZING"}}"#],
)]
#[case::anything_but_texts_ignoring_case(
    r#"{"detail": {"state": [{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#],
    &[r#"{"detail": {"state": "Stopped"}}"#, r#"{"detail": {"state": "iNITIALIZING"}}"#],
)]
#[case::anything_but_a_prefix(
    r#"{"detail": {"state": [{"anything-but": {"prefix": "init"}}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#],
    &[r#"{"detail": {"state": "initializing"}}"#],
)]
#[case::anything_but_prefixes(
    r#"{"detail": {"state": [{"anything-but": {"prefix": ["init", "error"]}}]}}"#,
    &[r#"{"detail": {"state": "running"}}"#],
    &[r#"{"detail": {"state": "initializing"}}"#, r#"{"detail": {"state": "error-1"}}"#],
)]
#[case::anything_but_a_suffix(
    r#"{"detail": {"FileName": [{"anything-but": {"suffix": ".txt"}}]}}"#,
    &[r#"{"detail": {"FileName": "a.png"}}"#],
    &[r#"{"detail": {"FileName": "a.txt"}}"#],
)]
#[case::anything_but_suffixes(
    r#"{"detail": {"FileName": [{"anything-but": {"suffix": [".txt", ".rtf"]}}]}}"#,
    &[r#"{"detail": {"FileName": "a.png"}}"#],
    &[r#"{"detail": {"FileName": "a.txt"}}"#, r#"{"detail": {"FileName": "a.rtf"}}"#],
)]
#[case::anything_but_a_wildcard(
    r#"{"detail": {"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}}"#,
    &[r#"{"detail": {"FilePath": "/usr/bin/a"}}"#],
    &[r#"{"detail": {"FilePath": "/usr/lib/a"}}"#],
)]
#[case::anything_but_wildcards(
    r#"{"detail": {"FilePath": [{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}]}}"#,
    &[r#"{"detail": {"FilePath": "/usr/share/a"}}"#],
    &[r#"{"detail": {"FilePath": "/usr/lib/a"}}"#, r#"{"detail": {"FilePath": "/usr/bin/a"}}"#],
)]
#[case::numeric(
    r#"{"detail": {"c-count": [{"numeric": [">", 0, "<=", 5]}],
                   "d-count": [{"numeric": ["<", 10]}], "x-limit": [{"numeric": ["=", 3.018e2]}]}}"#,
    &[r#"{"detail": {"c-count": 5, "d-count": 3, "x-limit": 301.8}}"#],
    &[r#"{"detail": {"c-count": 0, "d-count": 3, "x-limit": 301.8}}"#,
      r#"{"detail": {"c-count": 5.000001, "d-count": 3, "x-limit": 301.8}}"#,
      r#"{"detail": {"c-count": 5, "d-count": 10, "x-limit": 301.8}}"#,
      r#"{"detail": {"c-count": 5, "d-count": 3, "x-limit": "301.8"}}"#],
)]
#[case::cidr(
    r#"{"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]}}"#,
    &[r#"{"detail": {"sourceIPAddress": "10.0.0.255"}}"#],
    &[r#"{"detail": {"sourceIPAddress": "10.0.1.0"}}"#, r#"{"detail": {"sourceIPAddress": "x"}}"#,
      r#"{"detail": {"sourceIPAddress": "::ffff:10.0.0.1"}}"#],
)]
#[case::cidr_of_version_6(
    r#"{"source-ip": [{"cidr": "2001:db8::/32"}]}"#,
    &[r#"{"source-ip": "2001:DB8:0:0::1"}"#],
    &[r#"{"source-ip": "2001:db9::1"}"#, r#"{"source-ip": "10.0.0.1"}"#],
)]
#[case::exists(
    r#"{"detail": {"c-count": [{"exists": true}]}}"#,
    &[r#"{"detail": {"c-count": 5}}"#, r#"{"detail": {"c-count": null}}"#],
    &[r#"{"detail": {"state": "pending"}}"#, r#"{"detail": {"c-count": {"c1": 100}}}"#,
      r#"{"detail": {"c-count": []}}"#],
)]
#[case::does_not_exist(
    r#"{"detail": {"c-count": [{"exists": false}]}}"#,
    &[r#"{"detail": {"state": "pending"}}"#, r#"{"detail": {"c-count": {"c1": 100}}}"#, "{}"],
    &[r#"{"detail": {"c-count": 5}}"#, r#"{"detail": {"c-count": null}}"#],
)]
#[case::equals_ignoring_case(
    r#"{"detail-type": [{"equals-ignore-case": "ec2 instance state-change notification"}]}"#,
    &[r#"{"detail-type": "EC2 Instance State-change Notification"}"#],
    &[r#"{"detail-type": "EC2 Instance"}"#],
)]
#[case::wildcard(
    r#"{"FileName": [{"wildcard": "dir/*.png"}]}"#,
    &[r#"{"FileName": "dir/picture.png"}"#, r#"{"FileName": "dir/sub/picture.png"}"#],
    &[r#"{"FileName": "picture.png"}"#],
)]
#[case::wildcards(
    r#"{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}]}"#,
    &[r#"{"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}"#],
    &[r#"{"EventBusArn": "arn:aws:events:us-west-2:123456789012:event-bus/default"}"#],
)]
#[case::wildcard_of_a_star(
    r#"{"name": [{"wildcard": "a\\*b\\\\*"}]}"#,
    &[r#"{"name": "a*b\\c"}"#],
    &[r#"{"name": "axb\\c"}"#, r#"{"name": "a*bc"}"#],
)]
#[case::empty_text(
    r#"{"detail": {"eventVersion": [""]}}"#,
    &[r#"{"detail": {"eventVersion": ""}}"#],
    &[r#"{"detail": {"eventVersion": null}}"#, r#"{"detail": {}}"#],
)]
#[case::null(
    r#"{"detail": {"responseElements": [null]}}"#,
    &[r#"{"detail": {"eventVersion": "", "responseElements": null}}"#],
    &[r#"{"detail": {"responseElements": "null"}}"#, r#"{"detail": {}}"#],
)]
#[case::equal_numbers(
    r#"{"price": [100]}"#,
    &[r#"{"price": 100}"#, r#"{"price": 100.0}"#, r#"{"price": 1e2}"#],
    &[r#"{"price": "100"}"#, r#"{"price": 101}"#],
)]
#[case::equal_booleans(
    r#"{"paid": [true]}"#,
    &[r#"{"paid": true}"#],
    &[r#"{"paid": "true"}"#, r#"{"paid": false}"#],
)]
#[case::one_of(
    r#"{"PaymentType": ["Credit", "Debit"]}"#,
    &[r#"{"PaymentType": "Debit"}"#],
    &[r#"{"PaymentType": "Cash"}"#],
)]
#[case::intersection_of_lists(
    r#"{"resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f",
                      "arn:aws:ec2:us-east-1:111122223333:instance/i-b188560f"]}"#,
    &[r#"{"resources": ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:eb56d16b",
                        "arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f"]}"#],
    &[r#"{"resources": ["arn:aws:ec2:us-east-1:444455556666:instance/i-b188560f"]}"#],
)]
#[case::complex(
    r#"{"time": [{"prefix": "2017-10-02"}], "detail": {"state": [{"anything-but": "initializing"}],
        "c-count": [{"numeric": [">", 0, "<=", 5]}], "d-count": [{"numeric": ["<", 10]}],
        "x-limit": [{"anything-but": [100, 200, 300]}], "source-ip": [{"cidr": "10.0.0.0/8"}]}}"#,
    &[r#"{"time": "2017-10-02T16:24:49Z", "detail": {"c-count": 5, "d-count": 3, "x-limit": 301.8,
          "source-ip": "10.0.0.33", "state": "running"}}"#],
    &[r#"{"time": "2017-10-02T16:24:49Z", "detail": {"c-count": 5, "d-count": 3, "x-limit": 300,
          "source-ip": "10.0.0.33", "state": "running"}}"#],
)]
fn a_comparison_is_as_documented(
    #[case] pattern: &str,
    #[case] matching: &[&str],
    #[case] different: &[&str],
) {
    check(pattern, matching, different);
}

#[rstest]
#[case::one_field_or_the_other(
    r#"{"source": ["aws.cloudwatch"], "$or": [
        {"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}]}"#,
    &[r#"{"source": "aws.cloudwatch", "metricName": "ReadLatency"}"#,
      r#"{"source": "aws.cloudwatch", "namespace": "AWS/ES"}"#],
    &[r#"{"source": "aws.ec2", "namespace": "AWS/ES"}"#, r#"{"source": "aws.cloudwatch"}"#],
)]
#[case::two_beside_each_other(
    r#"{"$or": [{"metricName": ["CPUUtilization"]}, {"namespace": ["AWS/EC2"]}],
        "detail": {"$or": [{"source": ["aws.cloudwatch"]}, {"detail-type": ["Alarm"]}]}}"#,
    &[r#"{"namespace": "AWS/EC2", "detail": {"detail-type": "Alarm"}}"#],
    &[r#"{"namespace": "AWS/EC2", "detail": {}}"#, r#"{"detail": {"detail-type": "Alarm"}}"#],
)]
#[case::with_an_and_inside(
    r#"{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]},
        {"metricType": ["MetricType"], "namespace": ["AWS/EC2"]}, {"scope": ["Service"]}]}"#,
    &[r#"{"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/EC2"}"#,
      r#"{"source": "aws.cloudwatch", "scope": "Service"}"#],
    &[r#"{"source": "aws.cloudwatch", "metricType": "MetricType"}"#],
)]
#[case::within_each_other(
    r#"{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]},
        {"metricType": ["MetricType"], "namespace": ["AWS/EC2"],
         "$or": [{"metricId": [1234]}, {"spaceId": [1000]}]}, {"scope": ["Service"]}]}"#,
    &[r#"{"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/EC2",
          "spaceId": 1000}"#],
    &[r#"{"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/EC2"}"#],
)]
#[case::of_comparisons(
    r#"{"detail": {"$or": [{"c-count": [{"numeric": [">", 0, "<=", 5]}]},
        {"d-count": [{"numeric": ["<", 10]}]}, {"x-limit": [{"numeric": ["=", 3.018e2]}]}]}}"#,
    &[r#"{"detail": {"c-count": 9, "d-count": 9, "x-limit": 9}}"#],
    &[r#"{"detail": {"c-count": 9, "d-count": 10, "x-limit": 9}}"#],
)]
fn an_or_is_as_documented(
    #[case] pattern: &str,
    #[case] matching: &[&str],
    #[case] different: &[&str],
) {
    check(pattern, matching, different);
}

const EMPLOYEES: &str = r#"{"employees": [
    {"firstName": "Jo", "lastName": "Doe"}, {"firstName": "Anna", "lastName": "Smith"},
    [{"firstName": "Pat", "lastName": "Jones"}]]}"#;

#[test]
fn conditions_on_objects_of_a_list_hold_of_one_of_them() {
    check(r#"{"employees": {"firstName": ["Anna"]}}"#, &[EMPLOYEES], &["{}"]);
    check(r#"{"employees": {"firstName": ["Pat"], "lastName": ["Jones"]}}"#, &[EMPLOYEES], &[]);
    let pattern = r#"{"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}"#;
    let filter = filter(pattern);
    let answer = filter.matcher().expect("compiles").matches(EMPLOYEES);
    assert!(!answer.expect("JSON").holds);
    // Each condition is true of one employee, so none is reported.
    assert_eq!(filter.unsatisfied(EMPLOYEES), Ok(vec![]));
}
