use super::*;

/// Product or scaffold, macros, tests, comments.
fn counted(text: &str) -> [usize; 4] {
    let source = Source::parse(text).expect("Rust");
    [source.code, source.macros, source.tests, source.comments]
}

#[test]
fn comments_and_blank_lines_are_not_code() {
    let text = "\
//! A module.

/// A function.
/* Of several
   lines. */
fn run() {
    // Why.
    let text = \"// no comment

    /* nor this */\"; // with a comment behind it
}
";
    assert_eq!(counted(text), [4, 0, 0, 5]);
}

#[test]
fn items_that_only_tests_have_are_tests() {
    let text = "\
fn run() {}

#[cfg(test)]
fn helper() {}

#[cfg(test)]
mod tests {
    /// Runs.
    #[test]
    fn it_runs() {
        super::run();
    }
}

mod inner {
    #[cfg(test)]
    mod tests {}
    #[cfg(not(test))]
    const REAL: u8 = 1;
}
";
    assert_eq!(counted(text), [5, 0, 11, 1]);
}

#[test]
fn macros_are_counted_as_code_and_apart() {
    assert_eq!(counted("macro_rules! it {\n    () => {};\n}\nit!();\n"), [4, 3, 0, 0]);
}

#[test]
fn what_is_not_rust_is_an_error() {
    assert!(Source::parse("fn {").is_err());
    assert!(Source::parse("fn run(}").is_err());
}
