//! What holds of every template.

use super::{
    MAX_OUTPUT_BYTES, MAX_STEPS, Meter,
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

/// What minijinja's own engine makes of it.
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

/// Templates of what both engines have, with values that neither refuses.
fn common_template() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
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
    ]);
    let expression = leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
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
    });
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever both render, they render alike.
    #[test]
    fn a_template_means_what_jinja_means(template in common_template()) {
        let data = r#"{"l":[3,"x",{"a":null}],"s":"xyx","n":3,"o":{"a":1,"b":[2]},"t":true}"#;
        if let (Ok(ours), Some(theirs)) = (render(&template, data), with_minijinja(&template, data)) {
            prop_assert_eq!(ours, theirs, "{}", template);
        }
    }

    /// Whatever a rendering does is paid for, to the item and the byte.
    #[test]
    fn work_is_charged(
        template in prop_oneof![template(), common_template()],
        times in 0..200_usize,
    ) {
        let list: Vec<Value> = (0..times).map(|n| json!({"a": "x".repeat(n)})).collect();
        let fields: serde_json::Map<String, Value> =
            (0..times).map(|n| (format!("a{n}"), json!([n]))).collect();
        let data = json!({"l": list, "s": "xyx".repeat(times), "n": 3.5, "o": fields, "a": {"a": 1}});
        let mut meter = Meter::new(MAX_STEPS);
        let before = meter.left();
        work::take();
        let _ = text(&template).render_within(&mut meter, &event(&data.to_string()));
        let (done, charged) = (work::take(), before - meter.left());
        prop_assert!(done <= charged, "{done} items and bytes for {charged} units: {template}");
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
