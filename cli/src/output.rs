//! What is printed to standard output: the API's JSON for scripts, text for people.
//!
//! JSON is printed as the API sent it, with whatever a newer version of it adds, one object a line;
//! a list is one line for each item.

use crate::{failure::Failure, moment, render::Table};
use futures::TryStreamExt;
use grapnel_client::{Call, List};
use grapnel_domain::time::Timestamp;
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
    width: Option<usize>,
    now: Timestamp,
}

impl Output {
    /// Standard output.
    pub(crate) fn standard(json: bool) -> Self {
        let terminal = console::Term::stdout();
        // What is piped is cut nowhere.
        let width = terminal.size_checked().map(|(_, columns)| usize::from(columns));
        let width = width.filter(|_| terminal.is_term());
        Self { out: Box::new(io::stdout()), json, width, now: moment::now() }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The present, the same for all that is printed.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
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

    /// Prints JSON that is not the API's.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|error| Failure::new(error.to_string()))?;
        self.line(text)
    }

    /// Makes a call and prints its answer: the API's JSON, or what `render` makes of it.
    ///
    /// # Errors
    /// When the call fails.
    pub(crate) async fn one<T: DeserializeOwned>(
        &mut self,
        call: Call<T>,
        render: impl FnOnce(&T, Timestamp) -> String,
    ) -> Result<T, Failure> {
        let raw = call.raw().await?;
        let value = read(&raw)?;
        if self.json {
            self.line(raw.get())?;
        } else {
            self.line(render(&value, self.now).trim_end())?;
        }
        Ok(value)
    }

    /// Reads a list and prints it: each item's JSON as soon as it is there, or a table with a row
    /// for each, or `none` where there are none.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub(crate) async fn list<T: DeserializeOwned>(
        &mut self,
        list: List<T>,
        mut table: Table,
        row: impl Fn(&T, Timestamp) -> Vec<crate::render::Cell>,
        none: &str,
    ) -> Result<(), Failure> {
        let mut items = std::pin::pin!(list.raw().stream());
        while let Some(raw) = items.try_next().await? {
            if self.json {
                self.line(raw.get())?;
            } else {
                table.add(row(&read(&raw)?, self.now));
            }
        }
        if self.json {
            return Ok(());
        }
        if table.is_empty() {
            // Not an answer that a script could take for an item.
            eprintln!("{none}");
            return Ok(());
        }
        self.line(table.text(self.width).trim_end())
    }
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
