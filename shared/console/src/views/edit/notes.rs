//! What is said beside the fields of the form: what is wrong, and what somebody else stored meanwhile.

use crate::{
    editor::typed::Typed,
    text::{Editable, visible, visible_lines},
};
use askama::filters::HtmlSafe;
use std::{collections::HashMap, fmt};

/// The fields that have a place for notes. The others' notes stand above the form.
const PLACES: [&str; 20] = [
    "name",
    "url",
    "description",
    "events",
    "headers",
    "metadata",
    "filter",
    "payloadFormat",
    "transform",
    "transform.template",
    "transform.contentType",
    "retryConfig",
    "retryConfig.maxAttempts",
    "retryConfig.timeoutSeconds",
    "retryConfig.delaysSeconds",
    "retryConfig.backoff.initialSeconds",
    "retryConfig.backoff.multiplier",
    "retryConfig.backoff.maxSeconds",
    "rateLimit",
    "secret",
];

/// Notes by their places.
#[derive(Debug, Default)]
pub(super) struct Notes {
    faults: HashMap<String, Vec<String>>,
    stored: HashMap<String, String>,
    /// Faults without a place: the field and what is wrong.
    pub(super) others: Vec<(String, String)>,
}

/// The notes of one place, as HTML.
#[derive(Debug)]
pub(super) struct Note<'a> {
    place: String,
    faults: &'a [String],
    stored: Option<&'a str>,
}

/// The attributes that bind a field to its notes.
#[derive(Debug)]
pub(super) struct Bound(Option<String>);

fn element(place: &str) -> String {
    format!("n-{}", place.replace('.', "-"))
}

impl Notes {
    /// Puts each fault of the API beside its field.
    pub(super) fn of_faults(faults: &[(String, String)], typed: &Typed) -> Self {
        let mut notes = Self::default();
        for (field, message) in faults {
            match place(field, typed) {
                Some((place, rest)) => {
                    let of = if rest.is_empty() { String::new() } else { format!("{rest}: ") };
                    let text = format!("{of}{message}");
                    notes.faults.entry(place).or_default().push(text);
                }
                None => notes.others.push((visible(field), visible(message))),
            }
        }
        notes
    }

    /// What is stored now, where it is not what was typed.
    pub(super) fn of_stored(stored: Vec<(String, String)>) -> Self {
        Self { stored: stored.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn of(&self, place: &str) -> Note<'_> {
        Note {
            place: element(place),
            faults: self.faults.get(place).map_or(&[], Vec::as_slice),
            stored: self.stored.get(place).map(String::as_str),
        }
    }

    /// The notes of a row.
    pub(super) fn of_row(&self, field: &str, row: &usize) -> Note<'_> {
        self.of(&format!("{field}.{row}"))
    }

    pub(super) fn bound(&self, place: &str) -> Bound {
        let has = self.faults.contains_key(place);
        Bound(has.then(|| element(place)))
    }

    pub(super) fn bound_row(&self, field: &str, row: &usize) -> Bound {
        self.bound(&format!("{field}.{row}"))
    }
}

/// Where a fault is shown, and the rest of its path.
fn place(field: &str, typed: &Typed) -> Option<(String, String)> {
    let row_of = |names: Vec<&str>, name: &str| {
        names.iter().position(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some(name) = field.strip_prefix("headers.") {
        let names = typed.headers.iter().map(|row| row.name.as_str()).collect();
        let row = row_of(names, name).map(|row| (format!("headers.{row}"), String::new()));
        return Some(row.unwrap_or_else(|| ("headers".to_owned(), name.to_owned())));
    }
    if let Some(name) = field.strip_prefix("metadata.") {
        let names = typed.metadata.iter().map(|(name, _)| name.as_str()).collect();
        let row = row_of(names, name).map(|row| (format!("metadata.{row}"), String::new()));
        return Some(row.unwrap_or_else(|| ("metadata".to_owned(), name.to_owned())));
    }
    let is_of = |place: &&&str| {
        let rest = field.strip_prefix(**place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let place = PLACES.iter().filter(is_of).max_by_key(|place| place.len())?;
    let rest = field.get(place.len()..).unwrap_or_default();
    let events = typed.events();
    let number = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let number = number.and_then(|number| number.parse::<usize>().ok());
    let rest = match (*place, number) {
        ("events", Some(number)) => events.get(number).cloned().unwrap_or_default(),
        ("retryConfig.delaysSeconds", Some(number)) => {
            typed.delays().get(number).map(|delay| (*delay).to_owned()).unwrap_or_default()
        }
        _ => rest.trim_start_matches('.').to_owned(),
    };
    Some(((*place).to_owned(), rest))
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.faults.is_empty() {
            write!(f, "<ul class=\"faults\" id=\"{}\">", Editable(&self.place))?;
            for fault in self.faults {
                write!(f, "<li><bdi>{}</bdi></li>", Editable(&visible(fault)))?;
            }
            f.write_str("</ul>")?;
        }
        if let Some(stored) = self.stored {
            let stored = visible_lines(stored);
            write!(
                f,
                "<div class=\"stored\">Stored now: <pre dir=\"auto\">{}</pre></div>",
                Editable(&stored)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(id) => write!(f, " aria-invalid=\"true\" aria-describedby=\"{}\"", Editable(id)),
            None => Ok(()),
        }
    }
}

/// What is not markup of theirs is escaped.
impl HtmlSafe for Note<'_> {}
impl HtmlSafe for Bound {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::typed::HeaderRow;
    use rstest::rstest;

    fn typed() -> Typed {
        let row = |name: &str| HeaderRow { name: name.into(), ..HeaderRow::default() };
        Typed {
            chosen: vec!["lead.created".into()],
            patterns: "task.*".into(),
            headers: vec![row("X-Team"), row("X-B.c")],
            metadata: vec![("team".into(), "sales".into())],
            delays: "60, soon".into(),
            ..Typed::default()
        }
    }

    #[rstest]
    #[case("url", Some(("url", "")))]
    #[case("urls", None)]
    #[case("events", Some(("events", "")))]
    #[case("events[1]", Some(("events", "task.*")))]
    #[case("events[7]", Some(("events", "")))]
    #[case("headers.x-team", Some(("headers.0", "")))]
    #[case("headers.X-B.c", Some(("headers.1", "")))]
    #[case("headers.Other", Some(("headers", "Other")))]
    #[case("metadata.team", Some(("metadata.0", "")))]
    #[case("filter.$or[0].a", Some(("filter", "$or[0].a")))]
    #[case("retryConfig.delaysSeconds[1]", Some(("retryConfig.delaysSeconds", "soon")))]
    #[case("retryConfig.backoff.maxSeconds", Some(("retryConfig.backoff.maxSeconds", "")))]
    #[case("retryConfig.backoff", Some(("retryConfig", "backoff")))]
    #[case("transform.template", Some(("transform.template", "")))]
    #[case("status", None)]
    fn a_fault_has_its_place(#[case] field: &str, #[case] expected: Option<(&str, &str)>) {
        let expected = expected.map(|(place, rest)| (place.to_owned(), rest.to_owned()));
        assert_eq!(place(field, &typed()), expected);
    }

    #[test]
    fn what_is_said_is_text_and_bound_to_its_field() {
        let faults =
            [("url".to_owned(), "<b>\u{202e}".to_owned()), ("x".to_owned(), "y".to_owned())];
        let notes = Notes::of_faults(&faults, &typed());
        let expected =
            "<ul class=\"faults\" id=\"n-url\"><li><bdi>&#60;b&#62;⟨U+202E⟩</bdi></li></ul>";
        assert_eq!(notes.of("url").to_string(), expected);
        assert_eq!(
            notes.bound("url").to_string(),
            " aria-invalid=\"true\" aria-describedby=\"n-url\""
        );
        assert_eq!(notes.bound("name").to_string(), "");
        assert_eq!(notes.others, [("x".to_owned(), "y".to_owned())]);
        let stored = Notes::of_stored(vec![("name".into(), "<i>".into())]);
        assert!(stored.of("name").to_string().contains("&#60;i&#62;"));
    }
}
