use super::*;
use crate::time::Timestamp;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

fn id() -> EventId {
    EventId::from_uuid(Uuid::from_u128(2))
}

fn event(data: &str) -> EventContent {
    EventContent {
        event_type: "lead.created".into(),
        source: "demo.platform".into(),
        time: Timestamp::from_millis(1_794_999_999_000),
        data: data.into(),
    }
}

fn text(template: &str) -> Transform {
    Transform { template: template.into(), content_type: "text/plain".into() }
}

fn render(template: &str, data: &str) -> Result<String, String> {
    text(template).render(id(), &event(data)).map_err(|error| error.to_string())
}

fn parse(value: Value) -> Result<Transform, Vec<FieldFault>> {
    Transform::parse(value.as_object().expect("an object"), "transform")
}

/// The faults of a template.
fn faults(template: &str) -> Vec<String> {
    match parse(json!({"template": template})) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| fault.message).collect(),
    }
}

#[rstest]
#[case("{{ type }}: {{ data.name }}", r#"{"name":"Zoë"}"#, "lead.created: Zoë")]
#[case(
    "{{ id }} {{ timestamp }}",
    "{}",
    "evt_00000000-0000-0000-0000-000000000002 2026-11-18T11:06:39.000Z"
)]
#[case("{{ data.a.b[1] }}", r#"{"a":{"b":[1,2]}}"#, "2")]
#[case(
    "{% if data.n > 5 %}big{% elif data.n == 5 %}five{% else %}small{% endif %}",
    r#"{"n":5}"#,
    "five"
)]
#[case(
    "{% for x in data.l %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}",
    r#"{"l":["a","b"]}"#,
    "1a,2b"
)]
#[case(
    "{% for key, value in data.o|items %}{{ key }}={{ value }};{% endfor %}",
    r#"{"o":{"a":1,"b":null}}"#,
    "a=1;b=null;"
)]
#[case("{% set n = data.a|int + data.b %}{{ n|int * 2 }}", r#"{"a":1,"b":2}"#, "6")]
#[case("{{ ('Hi ' + data.name)|upper|tojson }}", r#"{"name":"\"x\""}"#, r#""HI \"X\"""#)]
#[case("{{ data.missing|default('none') }}", "{}", "none")]
#[case("{{ data.missing is defined }}", "{}", "false")]
#[case("{{ data }}", r#"{"b":[1.50,true,null],"a":"<&>"}"#, r#"{"a":"<&>","b":[1.5,true,null]}"#)]
#[case(
    "{{ {'text': data.name, 'tags': [1, data.n]}|tojson }}",
    r#"{"name":"x","n":2}"#,
    r#"{"tags":[1,2],"text":"x"}"#
)]
#[case(
    "{{ data.l|join(', ') }} {{ data.l|length }} {{ data.l|first }}",
    r#"{"l":["a",2,true]}"#,
    "a, 2, true 3 a"
)]
#[case("{{ data.s|truncate(3) }}{{ data.s|replace('o', '0') }}", r#"{"s":"foobar"}"#, "foo…f00bar")]
#[case("{{ 'x' in data.l }} {{ data.s in ['a', 'b'] }}", r#"{"l":["x"],"s":"c"}"#, "true false")]
#[case("{{ data.s[:3] }}", r#"{"s":"abcdef"}"#, "abc")]
#[case("{{ 'yes' if data.ok else 'no' }}", r#"{"ok":false}"#, "no")]
#[case("{% raw %}{{ x }}{% endraw %}{# a comment #}", "{}", "{{ x }}")]
#[case("{{ data.n|round(1) }} {{ data.n|int }}", r#"{"n":2.55}"#, "2.5 2")]
#[case("{{ data.s is startingwith('a') }}", r#"{"s":"abc"}"#, "true")]
fn a_template_renders(#[case] template: &str, #[case] data: &str, #[case] expected: &str) {
    assert_eq!(faults(template), Vec::<String>::new(), "{template}");
    assert_eq!(render(template, data).as_deref(), Ok(expected), "{template}");
}

#[test]
fn whole_numbers_keep_all_their_digits() {
    for number in [
        "9007199254740993",
        "18446744073709551616",
        "-170141183460469231731687303715884105728",
        "340282366920938463463374607431768211455",
    ] {
        let data = format!(r#"{{"n":{number}}}"#);
        assert_eq!(render("{{ data.n }} {{ data|tojson }}", &data), Ok(format!("{number} {data}")));
    }
    assert_eq!(render("{{ data.n }}", r#"{"n":1e999}"#).as_deref(), Ok("1e999"));
}

#[rstest]
#[case("{{ data.missing }}", "line 1: undefined value")]
#[case("\n\n{{ data.a.b.c }}", "line 3: undefined value")]
#[case("{{ {'a': data.missing}|tojson }}", "line 1: undefined value")]
#[case("{{ data.n|upper }}", "line 1: invalid operation: number is no text")]
#[case("{{ data.n / 0 }}", "line 1: ")]
#[case("{{ data.s + 1 }}", "line 1: ")]
fn a_failing_template_names_line_and_cause(#[case] template: &str, #[case] expected: &str) {
    assert_eq!(faults(template), Vec::<String>::new());
    let error = render(template, r#"{"n":1,"s":"x"}"#).expect_err("fails");
    assert!(error.starts_with(expected), "{error}");
}

#[rstest]
#[case("{{ data.x", "line 1: syntax error")]
#[case("a\n{% if %}", "line 2: syntax error")]
#[case("{% for x in data.l %}", "line 1: syntax error")]
#[case("{% include 'x' %}", "line 1: syntax error")]
#[case("{% extends 'x' %}", "line 1: syntax error")]
#[case("{% macro f() %}{% endmacro %}", "line 1: syntax error")]
#[case("\n{{ dat.x }}", "line 2: `dat` is unknown")]
#[case("{{ range(9) }}", "line 1: functions and methods cannot be called")]
#[case("{{ data.x() }}", "line 1: functions and methods cannot be called")]
#[case("{{ data.x|pprint }}", "line 1: there is no filter `pprint`")]
#[case("{{ data.x is eq(1) }}", "line 1: there is no test `eq`")]
#[case("{{ data.a ~ data.b }}", "line 1: use `+`")]
#[case("{{ data.a == data.b }}", "line 1: one side of a comparison must be a constant")]
#[case("{{ 1 < data.a < data.b }}", "line 1: one side of a comparison must be a constant")]
#[case("{{ data.a in data.b }}", "line 1: one side of a comparison must be a constant")]
#[case("{{ data.a + data.b }}", "line 1: one side of `+` must be a constant")]
#[case("{{ data.a * 2 }}", "line 1: both sides of `*` must be constants")]
#[case("{{ [data.a] * 100000000 }}", "line 1: both sides of `*` must be constants")]
#[case("{{ data.a|int(default=data.b) + data.b }}", "line 1: `int` and `float` take no arguments")]
#[case("{{ 2 ** data.n }}", "line 1: there are no powers")]
#[case("{{ {data.a: 1} }}", "line 1: the keys of an object must be constants")]
#[case("{% set x %}a{% endset %}", "line 1: templates have")]
#[case("{% filter upper %}a{% endfilter %}", "line 1: templates have")]
#[case("{% with a = 1 %}{% endwith %}", "line 1: templates have")]
#[case("{% autoescape true %}{% endautoescape %}", "line 1: templates have")]
#[case("{% for x in data.l recursive %}{% endfor %}", "line 1: loops cannot be recursive")]
#[case("", "must have 1 to 8192 bytes")]
fn what_is_no_template_is_refused_with_its_line(#[case] template: &str, #[case] expected: &str) {
    let faults = faults(template);
    assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{faults:?}");
    // What another version stored fails the same way, and renders nothing.
    if !template.is_empty() {
        assert!(render(template, "{}").is_err());
    }
}

#[test]
fn every_fault_is_named() {
    let all = parse(json!({"template": "{{ a }}\n{{ b ~ c }}", "contentType": "x", "more": 1}));
    let all = all.expect_err("refused");
    let fields: Vec<&str> = all.iter().map(|fault| fault.field.as_str()).collect();
    let template = "transform.template";
    assert_eq!(
        fields,
        ["transform.more", template, template, template, template, "transform.contentType"]
    );
    assert!(parse(json!({"template": 5})).is_err() && parse(json!({})).is_err());
    assert!(parse(json!({"template": "x".repeat(MAX_TEMPLATE_BYTES + 1)})).is_err());
}

#[rstest]
#[case("application/json", true)]
#[case("text/plain; charset=utf-8", true)]
#[case("application/vnd.example+json", true)]
#[case("", false)]
#[case("json", false)]
#[case("a/", false)]
#[case(" text/plain", false)]
#[case("text/plain\r\nx: y", false)]
#[case("text/plän", false)]
#[case("te xt/plain", false)]
fn a_content_type_is_a_headers_value(#[case] content_type: &str, #[case] accepted: bool) {
    let parsed = parse(json!({"template": "x", "contentType": content_type}));
    assert_eq!(parsed.is_ok(), accepted);
    let long = format!("text/{}", "x".repeat(MAX_CONTENT_TYPE_BYTES));
    assert!(parse(json!({"template": "x", "contentType": long})).is_err());
}

#[test]
fn what_says_it_is_json_is_json() {
    let transform = parse(json!({"template": "{\"name\": {{ data.name }} }"})).expect("accepted");
    assert_eq!(transform.content_type, "application/json");
    let error = transform.render(id(), &event(r#"{"name":"x"}"#)).expect_err("no JSON");
    assert!(error.to_string().contains("no JSON at line 1, column 10"), "{error}");
    let mended = Transform { template: r#"{"name": {{ data.name|tojson }} }"#.into(), ..transform };
    assert!(mended.render(id(), &event(r#"{"name":"\"x\\"}"#)).is_ok());
}

/// Templates that would take hours or gigabytes if nothing stopped them.
#[rstest]
#[case::loops(
    "{% for a in data.l %}{% for b in data.l %}{% for c in data.l %}x{% endfor %}{% endfor %}{% endfor %}",
    0,
    "",
    ""
)]
#[case::doubling("{% set a = data.s %}", 40, "{% set a = a|string + a %}", "{{ a }}")]
#[case::a_billion_laughs(
    "{% set a = data.l %}",
    40,
    "{% set a = [a,a,a,a,a,a,a,a,a,a] %}",
    "{{ a }}"
)]
#[case::a_billion_laughs_in_json(
    "{% set a = data.l %}",
    40,
    "{% set a = [a,a,a,a,a,a,a,a,a,a] %}",
    "{{ a|tojson|length }}"
)]
#[case::repeating("{{ data.s|string * 100000000 }}", 0, "", "")]
#[case::replacing(
    "{% set a = data.s|replace('x', data.s) %}",
    9,
    "{% set a = a|replace('x', a) %}",
    "{{ a }}"
)]
#[case::joining("{{ data.l|join(data.s|string * 1000) }}", 0, "", "")]
fn nothing_takes_long_or_much(
    #[case] begin: &str,
    #[case] times: usize,
    #[case] middle: &str,
    #[case] end: &str,
) {
    let template = format!("{begin}{}{end}", middle.repeat(times));
    let numbers: Vec<u32> = (0..1000).collect();
    let data = json!({"l": numbers, "s": "x".repeat(1000)}).to_string();
    let error = render(&template, &data).expect_err("stopped");
    assert!(
        error.contains("too many steps or too much memory") || error.contains("over 262144 bytes"),
        "{error}"
    );
}

#[test]
fn deep_data_is_refused_and_the_deepest_that_a_reader_takes_is_not() {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(render("{{ data|tojson }}", &nested(127)).is_ok());
    assert!(render("{{ type }}", &nested(129)).is_err());
    assert!(render("{{ type }}", &nested(100_000)).is_err());
}

fn fragment() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "data",
        "data.l",
        "data.s",
        "data.n",
        "id",
        "loop.index",
        "1",
        "'x'",
        "[1, data]",
        "{'a': data.n}",
        " + ",
        " * ",
        " - ",
        "/",
        "|tojson",
        "|length",
        "|upper",
        "|items",
        "|default(1)",
        "[0]",
        "[:2]",
        ".a",
        " is defined",
        " == 1",
        " in ",
        " and ",
        "not ",
        "(",
        ")",
        " if ",
        " else ",
        "~",
        "|join(',')",
        "|replace('x','yy')",
        "|first",
        "-",
        "99999999999",
    ]);
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

fn template() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        fragment().prop_map(|inner| format!("{{{{ {inner} }}}}")),
        fragment().prop_map(|inner| format!("{{% if {inner} %}}a{{% endif %}}")),
        fragment().prop_map(|inner| format!("{{% for x in {inner} %}}{{{{ x }}}}{{% endfor %}}")),
        fragment().prop_map(|inner| format!("{{% set data = {inner} %}}")),
        "[ -~]{0,8}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_template_makes_it_panic(template in template(), data in "\\PC{0,20}") {
        let json = json!({"l": [1, "x", {"a": null}], "s": "xyx", "n": 3.5, "a": {"a": 1}}).to_string();
        let accepted = faults(&template).is_empty() && !template.is_empty();
        let rendered = render(&template, &json);
        prop_assert!(accepted || template.is_empty() || rendered.is_err(), "what is refused renders nothing");
        if let Ok(body) = rendered {
            prop_assert!(body.len() <= MAX_OUTPUT_BYTES);
        }
        let _ = render(&template, &data);
    }
}
