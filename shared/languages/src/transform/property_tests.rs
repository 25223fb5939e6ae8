//! Properties of all templates.

use super::{
    MAX_OUTPUT_BYTES, MAX_STEPS, Meter,
    filters::{FILTERS, Signature, TESTS},
    meter::work,
    tests::{event, faults, render, text},
};
use proptest::prelude::*;
use serde_json::{Value, json};

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

/// Templates with long names of variables (with and without a value), of fields and of objects'
/// keys.
fn long_names() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "{% for N in data.l %}{{ N }}{% endfor %}",
        "{% for N in data.l if N != 1 %}{% set Nx = N %}{% if Nx == N %}a{% endif %}{% endfor %}",
        "{% for N, Nx in data.o|items %}{{ N }}{% for x in Nx %}{{ N }}{% endfor %}{% endfor %}",
        "{% for x in data.l %}{% if false %}{% set Nx = 1 %}{% endif %}{{ Nx is defined }}{% endfor %}",
        "{% for x in data.l %}{{ x.N|default(x['N'])|default('') }}{% endfor %}",
        "{% for x in data.l %}{{ {'N1': 1, 'N2': 2, 'N3': x, 'N': 3}|length }}{% endfor %}",
        "{% set N = data %}{{ N.N is defined }}{{ N.l|length }}",
    ]);
    (prop::collection::vec(part, 1..4), 1..2000_usize)
        .prop_map(|(parts, length)| parts.concat().replace('N', &"n".repeat(length)))
}

/// Inputs and arguments of each kind. The long ones make an uncharged byte or item visible.
const OPERANDS: [&str; 16] = [
    "data.s",
    "data.e",
    "data.f",
    "data.l",
    "data.o",
    "data.n",
    "data.a",
    "data.t",
    "data.gone",
    "data.o|items",
    "1",
    "'x'",
    "'floor'",
    "'&'",
    "true",
    "none",
];

/// All ways to use a filter or a test: `|name`, `|name(a)`, … with each number of arguments.
fn uses<T>(sign: &str, signatures: &[Signature<T>]) -> Vec<(String, usize)> {
    let each = |of: &Signature<T>| {
        let name = format!("{sign}{}", of.name);
        (of.required..=of.arguments.len()).map(move |count| (name.clone(), count))
    };
    signatures.iter().flat_map(each).collect()
}

/// Every filter and test that templates have, with arguments.
fn every_use() -> Vec<(String, usize)> {
    [uses("|", FILTERS), uses(" is ", TESTS)].concat()
}

fn call(name: &str, arguments: &[&str]) -> String {
    match arguments {
        [] => name.to_owned(),
        arguments => format!("{name}({})", arguments.join(", ")),
    }
}

/// A chain of filters and tests, with any operands.
fn calls() -> impl Strategy<Value = String> {
    let operand = || prop::sample::select(OPERANDS.to_vec());
    let arguments = prop::collection::vec(operand(), 2);
    let one = (prop::sample::select(every_use()), arguments)
        .prop_map(|((name, count), arguments)| call(&name, &arguments[..count]));
    (operand(), prop::collection::vec(one, 1..4)).prop_map(|(input, calls)| {
        let of = |input: String, call: &String| format!("({input}){call}");
        format!("{{{{ {} }}}}", calls.iter().fold(input.to_owned(), of))
    })
}

/// The work and the charge of a rendering, both in units, and whether it succeeded.
fn work_and_charge(template: &str, data: &str) -> (usize, usize, bool) {
    let mut meter = Meter::new(MAX_STEPS);
    let before = meter.left();
    work::take();
    let is_rendered = text(template).render_within(&mut meter, &event(data)).is_ok();
    (work::take(), before - meter.left(), is_rendered)
}

/// Data with values of each kind and of this length.
fn data(times: usize) -> String {
    let list: Vec<Value> = (0..times).map(|n| json!({"a": "x".repeat(n)})).collect();
    let fields: serde_json::Map<String, Value> =
        (0..times).map(|n| (format!("a{n}"), json!([n]))).collect();
    let texts: serde_json::Map<String, Value> =
        (0..times).map(|n| (format!("é{n}"), json!("&"))).collect();
    json!({
        "l": list, "s": "xyx".repeat(times), "n": 3.5, "o": fields, "a": {"a": 1},
        "e": "ΐ<&\u{1}\"".repeat(times), "f": texts, "t": vec!["&x"; times],
    })
    .to_string()
}

/// Every filter and every test, with each kind of operand. A filter that never succeeds here needs
/// another operand.
#[test]
fn every_filter_and_test_charges_its_work() {
    let data = data(100);
    for (name, count) in every_use() {
        let first = &OPERANDS[..if count > 0 { OPERANDS.len() } else { 1 }];
        let second = &["'floor'", "data.s", "1"][..if count > 1 { 3 } else { 1 }];
        let mut successes = 0;
        for input in OPERANDS {
            for (one, other) in first.iter().flat_map(|one| second.iter().map(move |it| (one, it)))
            {
                let call = call(&name, &[*one, *other][..count]);
                let template = format!("{{{{ ({input}){call} }}}}");
                let (done, charged, is_rendered) = work_and_charge(&template, &data);
                assert!(done <= charged, "{done} units of work for {charged}: {template}");
                successes += usize::from(is_rendered);
            }
        }
        assert!(successes > 0, "{name} with {count} arguments");
    }
}

/// The result of minijinja's engine.
fn with_minijinja(template: &str, data: &str) -> Option<String> {
    let mut environment = minijinja::Environment::empty();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(|out, _, value| {
        let printed = match value.as_str() {
            Some(text) => out.write_str(text),
            None if value.is_undefined() => Ok(()),
            None => out.write_str(&serde_json::to_string(value).unwrap_or_default()),
        };
        printed.map_err(|_| minijinja::ErrorKind::WriteFailure.into())
    });
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("first", minijinja::filters::first);
    environment.add_filter("items", minijinja::filters::items);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_test("defined", minijinja::tests::is_defined);
    environment.add_template("template", template).ok()?;
    let context: minijinja::Value = serde_json::from_str(&format!(r#"{{"data":{data}}}"#)).ok()?;
    environment.get_template("template").ok()?.render(context).ok()
}

/// Whether minijinja compares what a template compares as Jinja does. To minijinja, a slice of a list is of
/// another kind than a list, and greater or less than all lists; to Python, `[1, 2][1:] < [3]` is true.
fn compares_as_jinja_does(template: &str) -> bool {
    let has_slice = ["[1:]", "[:-1]", "[::-1]", "[::2]"].iter().any(|it| template.contains(it));
    !(has_slice && [") < (", ") >= ("].iter().any(|it| template.contains(it)))
}

/// Values that both engines have and accept.
const LEAVES: [&str; 13] = [
    "data.l",
    "data.s",
    "data.n",
    "data.o",
    "data.t",
    "1",
    "2.5",
    "'x'",
    "[1, 2]",
    "true",
    "none",
    "data.gone",
    "x",
];

/// Expressions that both engines have.
fn expression(leaves: Vec<&'static str>) -> impl Strategy<Value = String> + Clone {
    let leaf = prop::sample::select(leaves);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in", "and", "or",
        ]);
        let postfix = prop::sample::select(vec![
            "|default(3)",
            "|first",
            "|length",
            "[0]",
            "[-1]",
            "[1:]",
            "[:-1]",
            "[::-1]",
            "[::2]",
            ".a",
            " is defined",
            "|items|length",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(one, operator, other)| format!("({one}) {operator} ({other})")),
            (inner.clone(), postfix).prop_map(|(of, postfix)| format!("({of}){postfix}")),
            inner.clone().prop_map(|of| format!("not ({of})")),
            inner.clone().prop_map(|of| format!("-({of})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(one, test, other)| format!("({one}) if ({test}) else ({other})")),
        ]
    })
}

/// Templates that both engines have.
fn common_template() -> impl Strategy<Value = String> {
    let expression = expression(LEAVES.to_vec());
    let part = prop_oneof![
        expression.clone().prop_map(|it| format!("{{{{ {it} }}}};")),
        expression.clone().prop_map(|it| format!("{{% if {it} %}}a{{% else %}}b{{% endif %}}")),
        expression.clone().prop_map(|it| format!("{{% set x = {it} %}}")),
        (expression.clone(), expression.clone()).prop_map(|(list, it)| format!(
            "{{% for x in {list} %}}{{{{ loop.index }}}}{{{{ {it} }}}}{{% set x = 1 %}}{{% else %}}-{{% endfor %}}"
        )),
        (expression.clone(), expression).prop_map(|(list, it)| format!(
            "{{% for x in {list} if {it} %}}{{{{ loop.last }}}}{{{{ x }}}}{{% endfor %}}"
        )),
    ];
    prop::collection::vec(part, 1..4)
        .prop_map(|parts| format!("{{% set x = 7 %}}{}", parts.concat()))
}

/// Expressions with parts that templates do not have.
fn questionable_expression() -> impl Strategy<Value = String> {
    let refused = [
        "1e999",
        "1.8e308",
        "-1e309",
        "{1e999: 2}",
        "{data: 2}",
        "gone",
        "data.f()",
        "1 ~ 2",
        "2 ** 2",
        "1|gone",
        "1|round(a=1)",
        "1 is gone",
        "data.l|join(*data.l)",
        "data.l|replace('a')",
        "data.l[1e999:]",
    ];
    // Most expressions have none of these parts, so that whole templates are accepted, too.
    let leaves = LEAVES.into_iter().cycle().take(LEAVES.len() * 4).chain(refused);
    expression(leaves.collect())
}

/// A template that prints an `a` for each of its statements, with any values of the expressions in
/// them, and the number of these statements.
fn template_of_as() -> impl Strategy<Value = (String, usize)> {
    let expression = questionable_expression();
    let forms = prop::sample::select(vec![
        "{{ 'a' if true else E }}",
        "{{ 'a' or (E) }}",
        "{% if true or (E) %}a{% endif %}",
        "{% if false %}{{ E }}{% else %}a{% endif %}",
        "{% if true %}a{% elif E %}b{% endif %}",
        "{% for x in [1 or (E)][:0] if E %}{{ x }}{% else %}a{% endfor %}",
        "{% for x in ['a'] if true or (E) %}{{ x }}{% endfor %}",
        "{% for x, y in [['a', 1]] %}{{ x }}{% else %}{{ E }}{% endfor %}",
        "{% set x = 'a' or (E) %}{{ x }}",
        "{{ ['a', 1 or (E)][0] }}",
        "{{ {'k': 'a', 'l': 1 or (E)}.k }}",
        "{{ 'a'|default(1 or (E)) }}",
        "{{ 'a'[:1 or (E)] }}",
    ]);
    let part =
        (forms, expression).prop_map(|(form, inner)| form.replace('E', &format!("({inner})")));
    prop::collection::vec(part, 1..5)
        .prop_map(|parts| (format!("{{% set x = 7 %}}{}", parts.concat()), parts.len()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A statement that is left out has a fault: an accepted template renders all of its
    /// statements.
    #[test]
    fn what_is_accepted_is_rendered_as_a_whole((template, count) in template_of_as()) {
        if faults(&template).is_empty() {
            let data = r#"{"l":[3,"x"],"s":"xyx","n":3,"o":{"a":1},"t":true}"#;
            prop_assert_eq!(render(&template, data), Ok("a".repeat(count)), "{}", template);
        }
    }

    /// A template that both engines render has the same result in both.
    #[test]
    fn a_template_means_what_jinja_means(template in common_template()) {
        let data = r#"{"l":[3,"x",{"a":null}],"s":"xyx","n":3,"o":{"a":1,"b":[2]},"t":true}"#;
        let both = (render(&template, data), with_minijinja(&template, data));
        if let (Ok(ours), Some(theirs)) = both && compares_as_jinja_does(&template) {
            prop_assert_eq!(ours, theirs, "{}", template);
        }
    }

    /// All work of a rendering is charged, to the item and the byte.
    #[test]
    fn work_is_charged(
        template in prop_oneof![template(), common_template(), long_names(), calls()],
        times in 0..200_usize,
    ) {
        let (done, charged, _) = work_and_charge(&template, &data(times));
        prop_assert!(done <= charged, "{done} units of work for {charged}: {template}");
    }

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
