//! Expressions of DynamoDB, as far as the functions use them. Anything else is refused.
//!
//! [`Parser`] reads tokens and replaces the placeholders of names and values; [`super::condition`]
//! and [`super::update`] read their grammar with it.

use super::value::Item;
use crate::standin::{refusal::Refusal, request::Request};
use serde_json::Value;
use std::collections::HashSet;

/// Where an attribute is: its name, and the way into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) name: String,
    pub(super) steps: Vec<PathStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathStep {
    Member(String),
    Place(usize),
}

impl Path {
    pub(super) fn of<'a>(&self, item: &'a Item) -> Option<&'a Value> {
        let mut value = item.get(&self.name)?;
        for step in &self.steps {
            value = match step {
                PathStep::Member(name) => value.get("M")?.get(name)?,
                PathStep::Place(place) => value.get("L")?.get(place)?,
            };
        }
        Some(value)
    }

    /// Whether one of the two is inside the other, or they are the same.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let shared = self.steps.len().min(other.steps.len());
        self.name == other.name && self.steps[..shared] == other.steps[..shared]
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, the name of a function or of an attribute.
    Word(String),
    /// `#name`.
    Name(String),
    /// `:value`.
    Value(String),
    Number(usize),
    Sign(&'static str),
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"];

/// The names and values of a request. An expression must use each of them.
pub(super) struct Placeholders<'a> {
    request: Request<'a>,
    used: HashSet<String>,
}

impl<'a> Placeholders<'a> {
    pub(super) fn of(request: Request<'a>) -> Self {
        Self { request, used: HashSet::new() }
    }

    fn name(&mut self, placeholder: &str) -> Result<String, Refusal> {
        let names = self.request.object("ExpressionAttributeNames")?;
        let name = names.and_then(|names| names.get(placeholder)?.as_str());
        self.used.insert(placeholder.to_owned());
        let missing = || Refusal::invalid(format!("no name is given for {placeholder}"));
        name.map(str::to_owned).ok_or_else(missing)
    }

    fn value(&mut self, placeholder: &str) -> Result<Value, Refusal> {
        let values = self.request.object("ExpressionAttributeValues")?;
        let value = values.and_then(|values| values.get(placeholder));
        self.used.insert(placeholder.to_owned());
        value
            .cloned()
            .ok_or_else(|| Refusal::invalid(format!("no value is given for {placeholder}")))
    }

    /// AWS refuses names and values that no expression uses.
    pub(super) fn all_used(&self) -> Result<(), Refusal> {
        for list in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
            let given = self.request.object(list)?.into_iter().flatten();
            for (placeholder, _) in given {
                if !self.used.contains(placeholder) {
                    return Err(Refusal::invalid(format!("{list}: {placeholder} is not used")));
                }
            }
        }
        Ok(())
    }
}

pub(super) struct Parser<'p, 'a> {
    tokens: Vec<Token>,
    at: usize,
    text: String,
    placeholders: &'p mut Placeholders<'a>,
}

impl<'p, 'a> Parser<'p, 'a> {
    pub(super) fn new(text: &str, placeholders: &'p mut Placeholders<'a>) -> Result<Self, Refusal> {
        Ok(Self { tokens: tokens(text)?, at: 0, text: text.to_owned(), placeholders })
    }

    pub(super) fn refuse(&self, what: &str) -> Refusal {
        let at = self.tokens.get(self.at);
        Refusal::unknown(format!("{what} at token {} ({at:?}) of: {}", self.at, self.text))
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    pub(super) fn ended(&self) -> Result<(), Refusal> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.refuse("more text")) }
    }

    /// Takes the next token if it is this sign.
    pub(super) fn takes(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(takes);
        takes
    }

    /// Takes the next token if it is this keyword.
    pub(super) fn takes_word(&mut self, keyword: &str) -> bool {
        let takes =
            matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(keyword));
        self.at += usize::from(takes);
        takes
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.takes(sign) { Ok(()) } else { Err(self.refuse(&format!("no `{sign}`"))) }
    }

    /// Whether a call of this function follows; takes it with its opening bracket.
    pub(super) fn calls(&mut self, function: &str) -> bool {
        let named = matches!(self.peek(), Some(Token::Word(name)) if name == function);
        let calls = named && self.tokens.get(self.at + 1) == Some(&Token::Sign("("));
        self.at += if calls { 2 } else { 0 };
        calls
    }

    pub(super) fn value(&mut self) -> Result<Option<Value>, Refusal> {
        let Some(Token::Value(placeholder)) = self.peek().cloned() else { return Ok(None) };
        self.at += 1;
        self.placeholders.value(&placeholder).map(Some)
    }

    pub(super) fn path(&mut self) -> Result<Path, Refusal> {
        let mut path = Path { name: self.name()?, steps: Vec::new() };
        loop {
            if self.takes(".") {
                let name = self.name()?;
                path.steps.push(PathStep::Member(name));
            } else if self.takes("[") {
                let Some(Token::Number(place)) = self.next() else {
                    return Err(self.refuse("no place in a list"));
                };
                path.steps.push(PathStep::Place(place));
                self.expect("]")?;
            } else {
                return Ok(path);
            }
        }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Word(name)) => Ok(name),
            Some(Token::Name(placeholder)) => self.placeholders.name(&placeholder),
            _ => Err(self.refuse("no name of an attribute")),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |from: &str| {
            from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len())
        };
        let length = if matches!(first, '#' | ':') {
            let length = 1 + word(&rest[1..]);
            let placeholder = rest[..length].to_owned();
            tokens.push(match first {
                '#' => Token::Name(placeholder),
                _ => Token::Value(placeholder),
            });
            length
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let length = word(rest);
            let text = &rest[..length];
            tokens.push(text.parse().map_or_else(|_| Token::Word(text.to_owned()), Token::Number));
            length
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let unknown = || Refusal::unknown(format!("the sign {first} in: {text}"));
            let sign = sign.ok_or_else(unknown)?;
            tokens.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}
