//! What a command reads: files, JSON, and answers of a person.

use crate::{failure::Failure, text};
use serde_json::value::RawValue;
use std::{io::Read, path::Path};

/// What is in a file, or on standard input if it is called `-`.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = if file == Path::new("-") {
        ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()))
    } else {
        (file.display().to_string(), std::fs::read(file).map(|read| bytes = read))
    };
    read.map_err(|error| Failure::new(format!("{name}: {error}")))?;
    text::decode(bytes).map_err(|wrong| Failure::new(format!("{name} {wrong}")))
}

/// JSON as it was written.
///
/// # Errors
/// If the text is not JSON. `what` names the input in the error.
pub(crate) fn json(what: &str, text: &str) -> Result<Box<RawValue>, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("{what} is not JSON: {error}")))
}

/// JSON that is given as it is, or as `@FILE`.
///
/// # Errors
/// When there is no such file, or no JSON.
pub(crate) fn json_or_file(what: &str, given: &str) -> Result<Box<RawValue>, Failure> {
    match given.strip_prefix('@') {
        Some(file) => json(file, &read_text(Path::new(file))?),
        None => json(what, given),
    }
}

/// Asks a person for a line, which is shown only if it is no secret; reads standard input where
/// nobody can be asked.
///
/// # Errors
/// When there is nothing.
pub(crate) fn ask(question: &str, is_secret: bool) -> Result<String, Failure> {
    use std::io::{BufRead, IsTerminal, Write, stdin};
    let line = if stdin().is_terminal() {
        let mut terminal = console::Term::stderr();
        write!(terminal, "{question}: ")?;
        if is_secret { terminal.read_secure_line()? } else { terminal.read_line()? }
    } else {
        let mut line = String::new();
        stdin().lock().read_line(&mut line)?;
        line
    };
    match line.trim() {
        "" => Err(Failure::usage(format!("{question}: nothing was given"))),
        line => Ok(line.to_owned()),
    }
}

/// Asks a person whether to go on; nobody can say yes where nobody can be asked.
///
/// # Errors
/// When they do not want to.
pub(crate) fn confirm(question: &str, said_before: bool) -> Result<(), Failure> {
    use std::io::{IsTerminal, stdin};
    if said_before {
        return Ok(());
    }
    if !stdin().is_terminal() {
        return Err(Failure::usage(format!("{question} Say --yes.")));
    }
    let answer = ask(&format!("{question} [y/N]"), false).unwrap_or_default();
    match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new("nothing was done")),
    }
}
