//! The cost of templates: everything that takes long runs out of steps.

use super::{
    MAX_STEPS, MAX_TEMPLATE_BYTES,
    meter::work,
    tests::{faults, render},
};
use rstest::rstest;
use serde_json::{Value, json};

/// Templates that would take hours or gigabytes without a limit.
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

/// A template that once took 24 seconds, and similar ones: all run out of steps.
#[rstest]
#[case("{% for i in data.l %}{% if data.l[::-1]|last is number %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.l[1:] == data.l[:-1] %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.s[5:6] == 'x' %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.s[99999] == 'y' %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.s|length == 0 %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if 'y' in data.s %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if -1 in data.l %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.s is endingwith(data.s) %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.o|items|first == 1 %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.o|first == 1 %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data[data.s] is defined %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.l < data.l[:] %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% if data.s|trim == 'y' %}{% endif %}{% endfor %}")]
#[case("{% for i in data.l %}{% set x = data.o == data.p %}{% endfor %}")]
fn what_costs_as_much_as_its_input_is_charged(#[case] template: &str) {
    let numbers: Vec<u32> = (0..20_000).collect();
    let fields: serde_json::Map<String, Value> =
        (0..2_000).map(|n| (format!("field{n}"), Value::from(n))).collect();
    let data = json!({"l": numbers, "s": "1".repeat(100_000), "o": fields, "p": fields});
    work::take();
    let error = render(template, &data.to_string()).expect_err("stopped");
    assert!(error.contains("too many steps"), "{error}");
    assert!(work::take() <= MAX_STEPS * 64);
}

/// The work for a list of the most expensive size, until the template is stopped.
#[test]
fn the_worst_template_does_no_more_work_than_its_budget() {
    let data = format!(r#"{{"l":[{}0]}}"#, "0,".repeat(125_000));
    let bomb = "{% for i in data.l %}{% if data.l[::-1]|last is number %}{% endif %}{% endfor %}";
    work::take();
    render(bomb, &data).expect_err("stopped");
    let done = work::take();
    println!("items and bytes gone through: {done}; the budget is {} units", MAX_STEPS * 64);
    assert!(done <= MAX_STEPS * 64);
    // Large data can still be printed.
    assert_eq!(render("{{ data }}", &data).map(|body| body.len()), Ok(data.len()));
}

/// A name is resolved once, when the template is compiled.
#[rstest]
#[case("{% for N in data.l %}{% if N %}{% endif %}{% endfor %}")]
#[case("{% for N in data.l if N == 0 %}{% endfor %}")]
#[case("{% for x in data.l %}{% set N = x %}{% endfor %}")]
#[case("{% for N, x in data.p %}{% endfor %}")]
fn a_long_name_costs_as_much_as_a_short_one(#[case] template: &str) {
    let data = json!({"l": vec![0; 9_000], "p": vec![[0, 0]; 9_000]}).to_string();
    let work_of = |length: usize| {
        work::take();
        let template = template.replace('N', &"n".repeat(length));
        assert_eq!(render(&template, &data).as_deref(), Ok(""));
        work::take()
    };
    assert_eq!(work_of(3_900), work_of(1));
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    for template in [
        format!("{{{{ {}1{} }}}}", "(".repeat(140), ")".repeat(140)),
        format!("{{{{ 1{} }}}}", " + 1".repeat(1_500)),
        format!("{{{{ data{} }}}}", ".a".repeat(3_000)),
        format!("{{{{ data{} }}}}", "|abs".repeat(1_500)),
        format!("{{{{ {}1 }}}}", "not ".repeat(1_500)),
        format!("{{% set a = 1 %}}{}{{{{ a|tojson }}}}", "{% set a = [a] %}".repeat(450)),
    ] {
        assert!(template.len() <= MAX_TEMPLATE_BYTES);
        let _ = faults(&template);
        let _ = render(&template, "{}");
    }
    assert!(faults(&format!("{{{{ 1{} }}}}", " + 1".repeat(1_500)))[0].contains("too deep"));
}
