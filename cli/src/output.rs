//! What is printed to standard output: the API's JSON for scripts, text for people.
//!
//! JSON is printed one object a line, and for a list a line for each item. Otherwise it is as the API
//! sent it: digits, the order of keys, and whatever a newer version adds.

use crate::{
    clock::Clock,
    failure::Failure,
    render::{Cell, Table, View, prose},
    say::{say, width_of},
};
use futures::TryStreamExt;
use grapnel_client::{Call, List};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{
    fmt::Display,
    io::{self, Write},
};

/// Where answers go.
pub(crate) struct Output {
    out: Box<dyn Write>,
    json: bool,
    view: View,
    /// Whether a person sees what is said beside the answers.
    is_watched: bool,
}

impl Output {
    /// Standard output.
    pub(crate) fn standard(json: bool, clock: Clock) -> Self {
        let view = View { clock, width: width_of(&console::Term::stdout()) };
        let is_watched = console::Term::stderr().is_term();
        Self { out: Box::new(io::stdout()), json, view, is_watched }
    }

    /// Another place than standard output, for a terminal of this width.
    #[cfg(test)]
    pub(crate) fn for_tests(out: impl Write + 'static, json: bool, width: Option<usize>) -> Self {
        Self { out: Box::new(out), json, view: View::for_tests(width), is_watched: false }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The present and the time zone, the same for all that is printed.
    pub(crate) fn clock(&self) -> &Clock {
        &self.view.clock
    }

    /// How somebody looks at what is printed.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// Prints a line.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        writeln!(self.out, "{line}")?;
        // Who watches, or reads through a pipe, sees each line when it is there.
        Ok(self.out.flush()?)
    }

    /// Prints sentences: each is one line, or as many lines of the terminal's width as it takes.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn prose(&mut self, text: &str) -> Result<(), Failure> {
        let text = prose(text, self.view.width);
        self.line(text)
    }

    /// Prints JSON that is not the API's.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|error| Failure::new(error.to_string()))?;
        self.line(text)
    }

    /// Prints the API's JSON: on one line, and otherwise as it came.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn raw(&mut self, value: &RawValue) -> Result<(), Failure> {
        self.line(compact(value.get()))
    }

    /// Makes a call and prints its answer: the API's JSON, or what `render` makes of it.
    ///
    /// # Errors
    /// When the call fails.
    pub(crate) async fn one<T: DeserializeOwned>(
        &mut self,
        call: Call<T>,
        render: impl FnOnce(&T, &View) -> String,
    ) -> Result<T, Failure> {
        let raw = call.raw().await?;
        self.answer(&raw, render)
    }

    /// Prints an answer: the API's JSON, or what `render` makes of it.
    ///
    /// # Errors
    /// When the answer is not as expected, or nobody reads what is printed.
    pub(crate) fn answer<T: DeserializeOwned>(
        &mut self,
        raw: &RawValue,
        render: impl FnOnce(&T, &View) -> String,
    ) -> Result<T, Failure> {
        let value = read(raw)?;
        if self.json {
            self.raw(raw)?;
        } else {
            self.line(render(&value, &self.view).trim_end())?;
        }
        Ok(value)
    }

    /// Reads a list and prints up to `most` items: each item's JSON as soon as it is there, or a table
    /// with a row for each, or `none` where there are none. A person gets a hint if there are more.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub(crate) async fn list<T: DeserializeOwned>(
        &mut self,
        list: List<T>,
        most: usize,
        table: impl FnOnce(&View) -> Table,
        row: impl Fn(&T, &View) -> Vec<Cell>,
        none: &str,
    ) -> Result<(), Failure> {
        let mut table = table(&self.view);
        let gives_hint = self.is_watched && !self.json;
        // One more item shows whether there are more.
        let asked_for = most.saturating_add(usize::from(gives_hint));
        let mut items = std::pin::pin!(list.raw().most(asked_for).stream());
        let mut printed = 0;
        let mut has_more = false;
        while let Some(raw) = items.try_next().await? {
            if printed == most {
                has_more = true;
                break;
            }
            printed += 1;
            if self.json {
                self.raw(&raw)?;
            } else {
                table.add(row(&read(&raw)?, &self.view));
            }
        }
        self.table(table, none)?;
        if has_more {
            say(&more(most, ""));
        }
        Ok(())
    }

    /// Prints a table, or `none` where it has no row. JSON has no tables.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn table(&mut self, table: Table, none: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        if table.is_empty() {
            // Not an answer that a script could take for an item.
            say(none);
            return Ok(());
        }
        self.line(table.text(self.view.width).trim_end())
    }
}

/// The hint that a list is not whole. `all` is ` of …`, or nothing if their number is not known.
pub(crate) fn more(shown: usize, all: &str) -> String {
    let verb = if shown == 1 { "is" } else { "are" };
    format!("{shown} {verb} shown{all}. For more: --limit N or --all.")
}

/// Reads an answer that is Grapnel's, but maybe of another version.
pub(crate) fn read<T: DeserializeOwned>(raw: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(raw.get()).map_err(|error| {
        Failure::new(format!("the answer is not as expected: {error}")).advise(
            "Is this another version than the API's? `grapnel health` says which that is; --json \
             prints the answer as it is.",
        )
    })
}

/// JSON without the white space between its tokens. Data comes from the API as it was published,
/// which may be over several lines.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut is_escaped) = (false, false);
    for c in json.chars() {
        if !in_string && matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        compact.push(c);
        in_string ^= c == '"' && !is_escaped;
        is_escaped = in_string && c == '\\' && !is_escaped;
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Column;
    use grapnel_client::{Client, EventType};
    use grapnel_receiver::{Reply, TestReceiver};
    use rstest::rstest;
    use serde_json::json;
    use std::{cell::RefCell, rc::Rc};

    #[derive(Clone, Default)]
    struct Printed(Rc<RefCell<Vec<u8>>>);

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The names that are printed of a list of three, and how many the API was asked for.
    async fn listed(most: usize, is_watched: bool) -> (String, String) {
        let api = TestReceiver::start().await.expect("starts");
        let items: Vec<_> = ["a", "b", "c"]
            .map(|name| json!({"name": name, "deprecated": false, "builtIn": true}))
            .into();
        let page = json!({ "items": items }).to_string();
        api.answer_with("/api/event-types", Reply::status(200).body(page));
        let client = Client::builder(api.url("").trim_end_matches('/')).build().expect("a client");
        let printed = Printed::default();
        let mut output = Output::for_tests(printed.clone(), false, None);
        output.is_watched = is_watched;
        let row = |it: &EventType, _: &View| vec![Cell::plain(&it.name)];
        let table = |_: &View| Table::new([Column::fixed("name")]);
        let list = client.event_types_named(None);
        output.list(list, most, table, row, "none").await.expect("printed");
        let text = String::from_utf8(printed.0.borrow().clone()).expect("text");
        let text = console::strip_ansi_codes(&text).replace('\n', " ");
        let query = api.received("/api/event-types")[0].query.clone().unwrap_or_default();
        (text.trim_end().to_owned(), query)
    }

    #[tokio::test]
    async fn a_list_asks_for_one_more_only_where_a_person_sees_the_hint() {
        assert_eq!(listed(2, true).await, ("name a b".to_owned(), "limit=3".to_owned()));
        assert_eq!(listed(2, false).await, ("name a b".to_owned(), "limit=2".to_owned()));
        assert_eq!(listed(usize::MAX, true).await.0, "name a b c");
        assert_eq!(more(20, ""), "20 are shown. For more: --limit N or --all.");
    }

    #[rstest]
    #[case::spread_out("{\n  \"a\": [1,\r\n\t2 ]\n}\n", r#"{"a":[1,2]}"#)]
    #[case::digits_and_order_stay(
        r#"{"z": 1.0, "a": 9007199254740993, "e": 1E+2}"#,
        r#"{"z":1.0,"a":9007199254740993,"e":1E+2}"#
    )]
    #[case::strings_stay(r#"{"a b": " c  d\n "}"#, r#"{"a b":" c  d\n "}"#)]
    #[case::a_quote_in_a_string(r#"["a\" b", " c"]"#, r#"["a\" b"," c"]"#)]
    #[case::a_backslash_at_its_end(r#"["a\\", "b\\\" c"]"#, r#"["a\\","b\\\" c"]"#)]
    #[case::letters_of_any_script("{\"ü\" : \"日 本\"}", "{\"ü\":\"日 本\"}")]
    #[case::a_scalar(" 1 ", "1")]
    fn json_is_one_line_and_otherwise_as_it_came(#[case] json: &str, #[case] expected: &str) {
        assert_eq!(compact(json), expected);
    }
}
