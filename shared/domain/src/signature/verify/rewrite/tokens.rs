//! JSON as a tree. Its leaves keep their notation.

use std::borrow::Cow;

/// The members of the bodies that Grapnel makes, in their order.
const FORMS: [&[&str]; 2] = [
    &["id", "type", "timestamp", "data"],
    &["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
];

/// Maximum nesting.
const DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json<'a> {
    Object(Vec<(Cow<'a, str>, Self)>),
    List(Vec<Self>),
    /// With its quotes, as written.
    Text(Cow<'a, str>),
    Number(Cow<'a, str>),
    Word(&'a str),
}

/// The separators between the members of an object and the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blanks {
    None,
    /// A blank after each comma and colon, as in Python.
    Spaced,
    /// A blank after each comma and colon, except in the envelope itself.
    SpacedData,
}

impl<'a> Json<'a> {
    /// Reads a body that is JSON.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let text = text.trim_start_matches('\u{feff}');
        // serde_json checks once that it is JSON.
        serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
        Reader { text, at: 0 }.value(DEPTH)
    }

    pub(super) fn write(&self, blanks: Blanks) -> String {
        let mut text = String::new();
        self.write_to(&mut text, blanks == Blanks::Spaced, blanks != Blanks::None);
        text
    }

    /// `here` says whether this value has blanks, `within` whether the values in it have.
    fn write_to(&self, text: &mut String, here: bool, within: bool) {
        let comma = if here { ", " } else { "," };
        match self {
            Self::Object(members) => {
                text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { comma });
                    text.push_str(key);
                    text.push_str(if here { ": " } else { ":" });
                    value.write_to(text, within, within);
                }
                text.push('}');
            }
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { comma });
                    item.write_to(text, within, within);
                }
                text.push(']');
            }
            Self::Text(leaf) | Self::Number(leaf) => text.push_str(leaf),
            Self::Word(leaf) => text.push_str(leaf),
        }
    }

    /// This value with each text, including keys, written by `write`.
    pub(super) fn with_texts(&self, write: &impl Fn(&str) -> String) -> Json<'static> {
        match self {
            Self::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| (write(key).into(), value.with_texts(write)))
                    .collect(),
            ),
            Self::List(items) => {
                Json::List(items.iter().map(|item| item.with_texts(write)).collect())
            }
            Self::Text(text) => Json::Text(write(text).into()),
            Self::Number(number) => Json::Number(number.clone().into_owned().into()),
            Self::Word("true") => Json::Word("true"),
            Self::Word("false") => Json::Word("false"),
            Self::Word(_) => Json::Word("null"),
        }
    }

    pub(super) fn numbers(&mut self) -> Vec<&mut Cow<'a, str>> {
        match self {
            Self::Object(members) => {
                members.iter_mut().flat_map(|(_, value)| value.numbers()).collect()
            }
            Self::List(items) => items.iter_mut().flat_map(Self::numbers).collect(),
            Self::Number(number) => vec![number],
            Self::Text(_) | Self::Word(_) => Vec::new(),
        }
    }

    /// This value with its members in Grapnel's order, if Grapnel makes such bodies.
    pub(super) fn in_order(&self) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let form = FORMS.iter().find(|form| {
            let has = |name: &&str| members.iter().any(|(key, _)| is_key(key, name));
            form.len() == members.len() && form.iter().all(has)
        })?;
        let member = |name: &&str| members.iter().find(|(key, _)| is_key(key, name)).cloned();
        form.iter().map(member).collect::<Option<Vec<_>>>().map(Self::Object)
    }

    /// The part whose keys an event's publisher chose: an envelope's data, or the whole value.
    pub(super) fn data(&mut self) -> &mut Self {
        let is_form = self.in_order().is_some();
        let place = match &*self {
            Self::Object(members) if is_form => {
                members.iter().position(|(key, _)| is_key(key, "data"))
            }
            _ => None,
        };
        match (self, place) {
            (Self::Object(members), Some(place)) => &mut members[place].1,
            (other, _) => other,
        }
    }

    /// Whether it has one of Grapnel's forms, and `body` has its members in another notation.
    pub(super) fn is_rewritten(&self, body: &[u8]) -> bool {
        let Some(Self::Object(members)) = self.in_order() else { return false };
        let mut rest = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_end();
        for (index, (key, value)) in members.iter().enumerate() {
            let begin = if index == 0 { "{" } else { "," };
            let Some(after) = rest.strip_prefix(format!("{begin}{key}:").as_bytes()) else {
                return true;
            };
            // The data may have any blanks: it ends where the object ends.
            rest = match value {
                Self::Object(_) | Self::List(_) => {
                    let is_data = index + 1 == members.len();
                    return !(is_data && matches!(after, [b'{' | b'[', .., b'}' | b']', b'}']));
                }
                leaf => match after.strip_prefix(leaf.write(Blanks::None).as_bytes()) {
                    Some(rest) => rest,
                    None => return true,
                },
            };
        }
        rest != b"}"
    }
}

/// Whether a key, as written, is this name, which has no character to escape.
fn is_key(written: &str, name: &str) -> bool {
    written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(name)
}

/// Reads valid JSON; for other text it returns `None`.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, mark: u8) -> bool {
        let is_there = self.peek() == Some(mark);
        self.at += usize::from(is_there);
        is_there
    }

    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while !self.take(b'}') {
                    self.take(b',');
                    self.peek()?;
                    let key = self.text()?;
                    self.take(b':').then_some(())?;
                    members.push((key.into(), self.value(depth)?));
                }
                Some(Json::Object(members))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take(b']') {
                    self.take(b',');
                    items.push(self.value(depth)?);
                }
                Some(Json::List(items))
            }
            b'"' => self.text().map(|text| Json::Text(text.into())),
            first => {
                let rest = &self.text[self.at..];
                let ends = |c: char| matches!(c, ',' | ']' | '}') || c.is_ascii_whitespace();
                let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                self.at += word.len();
                let is_number = first == b'-' || first.is_ascii_digit();
                let leaf = if is_number { Json::Number(word.into()) } else { Json::Word(word) };
                (!word.is_empty()).then_some(leaf)
            }
        }
    }

    /// A text with its quotes.
    fn text(&mut self) -> Option<&'a str> {
        let begin = self.at;
        let mut escaped = true;
        for (place, byte) in self.text.as_bytes()[begin..].iter().enumerate() {
            match byte {
                b'"' if !escaped => {
                    self.at = begin + place + 1;
                    return Some(&self.text[begin..self.at]);
                }
                b'\\' if !escaped => escaped = true,
                _ => escaped = false,
            }
        }
        None
    }
}
