use super::*;
use rstest::rstest;
use serde_json::json;

pub(super) fn event(data: &str) -> TemplateEvent<'_> {
    TemplateEvent {
        id: "evt_00000000-0000-0000-0000-000000000002",
        event_type: "lead.created",
        timestamp: "2026-11-18T11:06:39.000Z",
        data,
    }
}

pub(super) fn text(template: &str) -> Transform {
    Transform { template: template.into(), content_type: "text/plain".into() }
}

pub(super) fn render(template: &str, data: &str) -> Result<String, String> {
    text(template).render(&event(data)).map_err(|error| error.to_string())
}

fn parse(value: Value) -> Result<Transform, Vec<FieldFault>> {
    Transform::parse(value.as_object().expect("an object"), "transform")
}

/// The faults of a template.
pub(super) fn faults(template: &str) -> Vec<String> {
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
#[case("{{ data.a.b.c|default('x') }} {{ data.l[3].y|default(0) }}", r#"{"l":[]}"#, "x 0")]
#[case("{{ data.a.b is defined }} {{ data.a.b is undefined }}", "{}", "false true")]
#[case(
    "{{ data.a == data.b }} {{ data.l == [1, 'x', none] }}",
    r#"{"a":1,"b":1.0,"l":[1,"x",null]}"#,
    "true true"
)]
#[case(
    "{{ data.a + data.b }} {{ data.l + [3] }} {{ data.s * 2 }}",
    r#"{"a":1,"b":2,"l":[1],"s":"ab"}"#,
    "3 [1,3] abab"
)]
#[case(
    "{{ data.l[::-1] }} {{ data.l[1:] }} {{ data.l[-2:][0] }} {{ data.s[::-2] }}",
    r#"{"l":[1,2,3],"s":"abcde"}"#,
    "[3,2,1] [2,3] 2 eca"
)]
#[case(
    "{% for x in data.l if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}",
    r#"{"l":[1,2,3]}"#,
    "1/2:2 2/2:3 "
)]
#[case(
    "<a b=\"{{ data.s|escape }}\"/>",
    r#"{"s":"<&>\"'\u0001\n"}"#,
    "<a b=\"&lt;&amp;&gt;&quot;&#39;\u{fffd}\n\"/>"
)]
#[case("{{ data.n|escape }}", r#"{"n":1.5}"#, "1.5")]
#[case("a={{ data.s|urlencode }}", r#"{"s":"ü &=/~"}"#, "a=%C3%BC%20%26%3D%2F~")]
#[case("{{ data|urlencode }}", r#"{"b":"x y","a":1,"c":true}"#, "a=1&b=x%20y&c=true")]
#[case(
    "{{ data.n|round }} {{ data.n|round(1, 'floor') }} {{ 1250|round(-2) }} {{ 1251|round(-2, method='ceil') }}",
    r#"{"n":2.55}"#,
    "3.0 2.5 1200 1300"
)]
#[case(
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 7.5 // 2 }}",
    "{}",
    "3 -4 2 3.5 3.0"
)]
#[case("{{ {1: 'a', 2.50: 'b', 1e20: 'c'}[1e20] }}{{ 1.7976931348623157e308 > 1 }}", "{}", "ctrue")]
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
#[case("{{ data.missing }}", "line 1: `data.missing` is missing")]
#[case("\n\n{{ data.a.b.c }}", "line 3: `data.a` is missing")]
#[case("{{ {'a': data.missing}|tojson }}", "line 1: `data.missing` is missing")]
#[case("{{ data.l[7].x }}", "line 1: `data.l[7]` is missing")]
#[case("{{ data.s['x'] }}", "line 1: `data.s.x` is missing")]
#[case("{% for x in data.l %}\n{{ x.name }}{% endfor %}", "line 2: `x.name` is missing")]
#[case("{% for x in data.none %}{% endfor %}", "line 1: `data.none` is missing")]
#[case("{% if data.none > 1 %}{% endif %}", "line 1: `data.none` is missing")]
#[case("{{ data.none + 1 }}", "line 1: `data.none` is missing")]
#[case("{{ data.none|upper }}", "line 1: `data.none` is missing")]
#[case("{{ [data.l|length, data.none]|join }}", "line 1: `data.none` is missing")]
#[case("{% if data.n == 2 %}{% set y = 1 %}{% endif %}{{ y }}", "line 1: `y` has no value here")]
#[case("{{ (1 if data.n == 2) + 1 }}", "line 1: the value of an `if` without `else`")]
#[case("{{ data.e|first }}", "line 1: there is no first item")]
#[case("{{ data.n|upper }}", "line 1: a number is no text")]
#[case("{{ data.n / 0 }}", "line 1: nothing can be divided by zero")]
#[case("{{ data.s + 1 }}", "line 1: text and a number cannot be put together")]
#[case("{{ data.s[::0] }}", "line 1: a slice needs a step")]
#[case("{% for a, b in data.l %}{% endfor %}", "line 1: a number has no items")]
#[case("{{ 340282366920938463463374607431768211455 + 1 }}", "line 1: the number is too large")]
#[case("{{ data.l|tojson|int }}", "line 1: \"[1,2]\" is no number")]
fn a_failing_template_names_line_and_cause(#[case] template: &str, #[case] expected: &str) {
    assert_eq!(faults(template), Vec::<String>::new());
    let error = render(template, r#"{"n":1,"s":"x","l":[1,2],"e":[]}"#).expect_err("fails");
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
#[case("{{ data.a|int(default=data.b) + data.b }}", "line 1: `int` takes no arguments")]
#[case("{{ data.s|truncate }}", "line 1: `truncate` needs length")]
#[case("{{ data.s|replace('a') }}", "line 1: `replace` needs from, to")]
#[case("{{ data.s|round(1, 'floor', 3) }}", "line 1: `round` takes precision, method")]
#[case("{{ data.s|round(digits=1) }}", "line 1: `round` takes precision, method")]
#[case("{{ data.s|round(1, precision=1) }}", "line 1: `round` takes precision, method")]
#[case("{{ data.s|join(*data.l) }}", "line 1: arguments cannot be unpacked")]
#[case("{% for x in data.l %}{{ loop }}{% endfor %}", "line 1: `loop` is used by its parts")]
#[case("{% for x in data.l %}{{ loop.cycle }}{% endfor %}", "line 1: `loop` has no `cycle`")]
#[case("{{ loop.index }}", "line 1: `loop` is unknown")]
#[case("{% set loop = 1 %}", "line 1: syntax error")]
#[case("{% for x in data.l %}{% set y = 1 %}{% endfor %}{{ y }}", "line 1: `y` is unknown")]
#[case("{{ 2 ** data.n }}", "line 1: there are no powers")]
#[case("{{ {data.a: 1} }}", "line 1: the keys of an object must be constants")]
#[case("{% set x %}a{% endset %}", "line 1: templates have")]
#[case("{% filter upper %}a{% endfilter %}", "line 1: templates have")]
#[case("{% with a = 1 %}{% endwith %}", "line 1: templates have")]
#[case("{% autoescape true %}{% endautoescape %}", "line 1: templates have")]
#[case("{% for x in data.l recursive %}{% endfor %}", "line 1: loops cannot be recursive")]
#[case("a{{ 1e999 }}b", "line 1: a number is too large")]
#[case("{{ 1 }}\n{{ -1.8e308 }}", "line 2: a number is too large")]
#[case("{% if 1e999 > 1 %}a{% endif %}", "line 1: a number is too large")]
#[case("{% set x = [1e999] %}{{ x }}", "line 1: a number is too large")]
#[case("{% for x in data.l if x < 1e400 %}{% endfor %}", "line 1: a number is too large")]
#[case("{{ data.l[1e999] }}", "line 1: a number is too large")]
#[case("{{ data.l[1e999:] }}", "line 1: a number is too large")]
#[case("{{ data.n|default(1e999) }}", "line 1: a number is too large")]
#[case("{{ {'a': 1e999} }}", "line 1: a number is too large")]
#[case("{{ {1e999: 'a'} }}", "line 1: a number is too large")]
#[case("{{ 340282366920938463463374607431768211456 }}", "line 1: syntax error")]
#[case("", "must have 1 to 8192 bytes")]
fn what_is_no_template_is_refused_with_its_line(#[case] template: &str, #[case] expected: &str) {
    let faults = faults(template);
    assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{faults:?}");
    // A template that another version stored fails the same way, and renders nothing.
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
    let error = transform.render(&event(r#"{"name":"x"}"#)).expect_err("no JSON");
    assert!(error.to_string().contains("no JSON at line 1, column 10"), "{error}");
    let mended = Transform { template: r#"{"name": {{ data.name|tojson }} }"#.into(), ..transform };
    assert!(mended.render(&event(r#"{"name":"\"x\\"}"#)).is_ok());
}

#[test]
fn deep_data_is_refused_and_the_deepest_that_a_reader_takes_is_not() {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(render("{{ data|tojson }}", &nested(127)).is_ok());
    assert!(render("{{ type }}", &nested(129)).is_err());
    assert!(render("{{ type }}", &nested(100_000)).is_err());
}
