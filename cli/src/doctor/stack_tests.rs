//! Which deployment is checked where a stack is named.

use super::*;
use rstest::rstest;
use std::{cell::RefCell, io, rc::Rc};

#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn plan(stack: Option<&str>) -> Plan {
    Plan {
        stack: stack.map(str::to_owned),
        region: None,
        origin: None,
        receiver: None,
        long: false,
    }
}

fn stack(outputs: &[(&str, &str)], parameters: &[(&str, &str)]) -> Facts {
    let owned = |all: &[(&str, &str)]| {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Facts {
        stack: Ok(Stack {
            status: "CREATE_COMPLETE".to_owned(),
            parameters: owned(parameters),
            outputs: owned(outputs),
        }),
        ..Facts::none(&Unchecked::because("not asked"))
    }
}

const NO_CREDENTIALS: &str = "there are no AWS credentials (the chain was empty)";

#[test]
fn a_stack_that_cannot_be_read_is_one_failure_that_says_why_once() {
    let facts = Facts::none(&Unchecked::because(NO_CREDENTIALS));
    let printed = Printed::default();
    let mut output = Output::for_tests(printed.clone(), false, None);
    let mut report = Report::new(&mut output);
    check_facts(&plan(Some("grapnel")), &facts, &mut report).expect("printed");
    assert_eq!(report.summary(), "0 passed, 1 failed, 0 not checked");
    let text = String::from_utf8(printed.0.borrow().clone()).expect("text");
    assert_eq!(text.matches(NO_CREDENTIALS).count(), 1, "{text}");
    assert!(text.contains("Without --stack"), "{text}");
}

#[test]
fn without_a_stack_the_checks_of_aws_are_not_made_and_none_fails() {
    let facts = Facts::none(&Unchecked::because("no stack is named (--stack)"));
    let mut output = Output::for_tests(io::sink(), false, None);
    let mut report = Report::new(&mut output);
    check_facts(&plan(None), &facts, &mut report).expect("printed");
    assert!(report.is_well(), "{}", report.summary());
}

/// Without its address, the settings would name another deployment, such as the demo of `cargo xtask up`.
#[rstest]
#[case::not_read(Some("x"), Facts::none(&Unchecked::because(NO_CREDENTIALS)), true)]
#[case::not_there(Some("x"), Facts::none(&Unchecked::missing("there is no stack x")), true)]
#[case::of_another_template(Some("x"), stack(&[], &[]), true)]
#[case::read(Some("x"), stack(&[("ApiUrl", "https://a.example")], &[]), false)]
#[case::with_an_address_of_its_own(
    Some("x"),
    stack(&[("ApiUrl", "https://a.example")], &[("DisableExecuteApiEndpoint", "true")]),
    false
)]
#[case::no_stack_is_named(None, Facts::none(&Unchecked::because("no stack is named")), false)]
fn a_stack_that_is_named_and_not_read_leaves_the_address_unknown(
    #[case] name: Option<&str>,
    #[case] facts: Facts,
    #[case] is_unknown: bool,
) {
    assert_eq!(unknown_address(&plan(name), &facts).is_some(), is_unknown);
}
