//! The step "plain English": no text has a phrase that `CONTRIBUTING.md` bans.
//!
//! The texts are the documents, the descriptions in `functions/api/openapi.json`, the help of the
//! command line, and comments. Code, and what a program generates into a document, is left out.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// The first line of the table of phrases.
const TABLE: &str = "| do not write | write |";

/// The document that has the table.
const LIST: &str = "CONTRIBUTING.md";

const API: &str = "functions/api/openapi.json";

/// Members of the API's description with text for people.
const PROSE: [&str; 4] = ["description", "summary", "detail", "message"];

/// Where the code is.
const CODE: [&str; 7] = ["bench", "cli", "functions", "shared", "simulation", "tests", "xtask"];

/// The macros that turn doc comments into help.
const HELP: [&str; 4] = ["Args", "Parser", "Subcommand", "ValueEnum"];

/// A phrase and its replacement.
#[derive(Debug)]
struct Phrase {
    words: Vec<String>,
    better: String,
}

/// A line of prose with its number in the file. Phrases do not continue over an empty line.
type Line<'a> = (usize, &'a str);

/// A banned phrase in a text.
struct Hit<'a> {
    line: usize,
    phrase: &'a Phrase,
}

impl fmt::Display for Hit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.line, self.phrase.words.join(" "), self.phrase.better)
    }
}

/// Prints each banned phrase with its place.
///
/// # Errors
/// If there is one, or if a file can't be read.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let phrases = phrases(&read(&workspace.path(LIST))?)?;
    let mut count = 0;
    let mut report = |path: &Path, lines: &[Line<'_>]| {
        let shown = path.strip_prefix(workspace.root()).unwrap_or(path).display();
        for hit in hits(lines, &phrases) {
            println!("{shown}:{hit}");
            count += 1;
        }
    };
    let mut documents = files(workspace.root(), "md", false)?;
    for folder in ["docs", "events", "examples"] {
        documents.extend(files(&workspace.path(folder), "md", true)?);
    }
    for path in documents {
        report(&path, &markdown(&read(&path)?));
    }
    for path in files(&workspace.path("cli/src"), "rs", true)? {
        report(&path, &help(&read(&path)?));
    }
    for folder in CODE {
        for path in files(&workspace.path(folder), "rs", true)? {
            report(&path, &comments(&read(&path)?));
        }
    }
    let path = workspace.path(API);
    let descriptions = descriptions(&read(&path)?);
    let lines: Vec<Line<'_>> =
        descriptions.iter().map(|(number, text)| (*number, text.as_str())).collect();
    report(&path, &lines);
    ensure!(count == 0, "{count} phrases that {LIST} bans");
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// The files of a folder with an extension, sorted by name.
fn files(folder: &Path, extension: &str, with_folders: bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && with_folders {
            found.extend(files(&path, extension, with_folders)?);
        } else if path.is_file() && path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The phrases of the table in `CONTRIBUTING.md`.
fn phrases(document: &str) -> Result<Vec<Phrase>> {
    let mut lines = document.lines().skip_while(|line| *line != TABLE).skip(2);
    let rows = lines.by_ref().map_while(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let phrases = rows.map(|row| {
        let (phrase, better) = row.split_once('|').with_context(|| format!("two cells: {row}"))?;
        let words: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
        ensure!(!words.is_empty(), "no phrase: {row}");
        Ok(Phrase { words, better: better.trim().to_owned() })
    });
    let phrases = phrases.collect::<Result<Vec<_>>>()?;
    ensure!(!phrases.is_empty(), "{LIST} has no table that begins with {TABLE}");
    Ok(phrases)
}

/// The prose of a document: neither code, nor generated parts, nor the table of phrases.
fn markdown(document: &str) -> Vec<Line<'_>> {
    let mut until: Option<fn(&str) -> bool> = None;
    let mut lines = Vec::new();
    for (line, number) in document.lines().zip(1..) {
        let trimmed = line.trim_start();
        if let Some(ends) = until {
            if ends(trimmed) {
                until = None;
            }
        } else if trimmed.starts_with("```") {
            lines.push((number, ""));
            until = Some(|line| line.starts_with("```"));
        } else if trimmed.starts_with("<!-- generated:") {
            until = Some(|line| line.starts_with("<!-- end of"));
        } else if line == TABLE {
            until = Some(str::is_empty);
        } else {
            lines.push((number, line));
        }
    }
    lines
}

/// The values in indented JSON with text for people, each with an empty line after it.
fn descriptions(json: &str) -> Vec<(usize, String)> {
    let value = |line: &str| {
        let (key, value) = line.trim().strip_prefix('"')?.split_once("\": ")?;
        let value = serde_json::from_str::<String>(value.trim_end_matches(',')).ok()?;
        PROSE.contains(&key).then_some(value)
    };
    let found = json.lines().zip(1..).filter_map(|(line, number)| Some((number, value(line)?)));
    found.flat_map(|(number, text)| [(number, text), (number, String::new())]).collect()
}

/// The lines of all comments, each comment with an empty line after it.
fn comments(source: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (line, number) in source.lines().zip(1..) {
        if let Some(text) = line.trim_start().strip_prefix("//") {
            lines.push((number, text.trim_start_matches(['/', '!'])));
        } else if lines.last().is_some_and(|(_, text)| !text.is_empty()) {
            lines.push((number, ""));
        }
    }
    lines
}

/// The doc comments that are help: those of types that derive it, and of their fields and variants.
fn help(source: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut before = Vec::new();
    let mut end = None;
    for (line, number) in source.lines().zip(1..) {
        let code = line.trim_start();
        let words = || code.split(|c: char| !c.is_alphanumeric());
        if let Some(text) = code.strip_prefix("///") {
            before.push((number, text));
        } else if code.starts_with("#[derive(") && words().any(|word| HELP.contains(&word)) {
            end = Some(format!("{}}}", &line[..line.len() - code.len()]));
        } else if !code.starts_with("#[") {
            if end.is_some() {
                lines.append(&mut before);
                lines.push((number, ""));
            }
            before.clear();
            if end.as_deref() == Some(line) {
                end = None;
            }
        }
    }
    lines
}

/// A word in lower case, without the punctuation around it.
struct Word {
    text: String,
    line: usize,
    /// Whether a phrase can't continue after it.
    is_last: bool,
}

fn words(lines: &[Line<'_>]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let end = |words: &mut Vec<Word>| {
        if let Some(word) = words.last_mut() {
            word.is_last = true;
        }
    };
    for (line, text) in lines {
        if text.trim().is_empty() {
            end(&mut words);
        }
        for (piece, is_code) in text.split('`').zip([false, true].into_iter().cycle()) {
            if is_code {
                end(&mut words);
                continue;
            }
            for token in piece.split_whitespace() {
                let text = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                if text.is_empty() {
                    end(&mut words);
                    continue;
                }
                let is_last = token
                    .trim_end_matches(['*', '_', '"', ')'])
                    .ends_with(['.', ',', ';', ':', '!', '?']);
                words.push(Word { text, line: *line, is_last });
            }
        }
    }
    words
}

/// The phrases in a text, also over line breaks.
fn hits<'a>(lines: &[Line<'_>], phrases: &'a [Phrase]) -> Vec<Hit<'a>> {
    let words = words(lines);
    let mut found = Vec::new();
    for (at, first) in words.iter().enumerate() {
        for phrase in phrases {
            let Some(here) = words.get(at..at + phrase.words.len()) else { continue };
            let [inner @ .., _] = here else { continue };
            let is_same = here.iter().zip(&phrase.words).all(|(word, other)| word.text == *other);
            if is_same && !inner.iter().any(|word| word.is_last) {
                found.push(Hit { line: first.line, phrase });
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "english_tests.rs"]
mod tests;
