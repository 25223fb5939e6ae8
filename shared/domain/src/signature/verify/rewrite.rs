//! JSON that was serialised again: guesses its earlier form.
//!
//! A program that writes JSON chooses the blanks, the escapes, the spelling of numbers and the
//! order of keys. The first program's choices can only be guessed; the guesses are limited by their
//! number and by the bytes that are hashed for them.

mod tokens;

use std::fmt;
use tokens::{Blanks, Json};

/// Maximum size of all guesses together, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Maximum number of guessed orders of the data's keys, and of guessed spellings of all numbers
/// together for each way to write texts.
const MOST: usize = 200;

/// Maximum number of numbers in a body whose numbers are guessed.
const MOST_NUMBERS: usize = 100;

const BLANKS: [Blanks; 3] = [Blanks::None, Blanks::SpacedData, Blanks::Spaced];

/// What a program wrote in another way, apart from blanks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// Characters of texts.
    pub escapes: bool,
    /// Numbers.
    pub numbers: bool,
    /// The order of keys.
    pub order: bool,
}

impl fmt::Display for Rewriting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.escapes, "other escapes in its texts"),
            (self.numbers, "another spelling of its numbers"),
            (self.order, "another order of its keys"),
        ];
        let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
        match parts.is_empty() {
            true => f.write_str("with other blanks"),
            false => write!(f, "with {}", parts.join(" and ")),
        }
    }
}

/// How the body was written before, if one of the guesses is right.
pub(super) fn rewriting(body: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<Rewriting> {
    let json = Json::parse(body)?;
    let mut bytes = 0;
    for (rewriting, before) in guesses(&json) {
        bytes += before.len();
        if bytes > MOST_BYTES {
            return None;
        }
        if fits(before.as_bytes()) {
            return Some(rewriting);
        }
    }
    None
}

/// Whether the body is an envelope or a CloudEvent, but not in Grapnel's notation: without blanks
/// between its members, and with the members in order.
pub(super) fn is_rewritten(body: &[u8]) -> bool {
    Json::parse(body).is_some_and(|json| json.is_rewritten(body))
}

/// All guesses, the most likely first.
fn guesses<'a>(json: &'a Json<'_>) -> impl Iterator<Item = (Rewriting, String)> + 'a {
    let ordered = json.in_order();
    let is_ordered = ordered.as_ref().is_none_or(|ordered| ordered == json);
    let begun = Rewriting { order: !is_ordered, ..Rewriting::default() };
    let base = ordered.unwrap_or_else(|| json.clone());
    let all_blanks = move |rewriting: Rewriting, json: Json<'_>| {
        BLANKS.map(move |blanks| (rewriting, json.write(blanks)))
    };
    let texts: Vec<_> =
        std::iter::once((begun, base.clone())).chain(with_other_texts(&base, begun)).collect();
    let numbers = texts.clone().into_iter().flat_map(|(rewriting, json)| {
        with_other_numbers(json, Rewriting { numbers: true, ..rewriting })
    });
    let orders = with_other_orders(base, Rewriting { order: true, ..begun });
    let texts = texts.into_iter();
    texts
        .chain(numbers)
        .chain(orders)
        .flat_map(move |(rewriting, json)| all_blanks(rewriting, json))
}

/// How a program writes a character of a text, if not as it is.
type Escape = fn(char) -> Option<String>;

/// The known programs: the plain form, and those of Go, PHP (two), Python, Java's Gson and .NET.
const ESCAPES: [Escape; 7] = [
    |_| None,
    |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}').then(|| code(c, false)),
    |c| (c == '/').then(|| "\\/".to_owned()).or_else(|| not_ascii(c, false)),
    |c| (c == '/').then(|| "\\/".to_owned()),
    |c| not_ascii(c, false),
    |c| matches!(c, '<' | '>' | '&' | '=' | '\'').then(|| code(c, false)),
    |c| {
        matches!(c, '<' | '>' | '&' | '+' | '\'' | '"' | '`')
            .then(|| code(c, true))
            .or_else(|| not_ascii(c, true))
    },
];

fn with_other_texts<'a>(
    json: &Json<'_>,
    begun: Rewriting,
) -> impl Iterator<Item = (Rewriting, Json<'a>)> + use<'a> {
    let written = ESCAPES.map(|escape| json.with_texts(&|text| rewritten(text, escape)));
    written.into_iter().map(move |json| (Rewriting { escapes: true, ..begun }, json))
}

/// A text, including its quotes, as another program writes it.
fn rewritten(text: &str, escape: Escape) -> String {
    // It is part of valid JSON, so it can be read.
    let plain: String = serde_json::from_str(text).unwrap_or_default();
    let mut written = String::with_capacity(text.len());
    written.push('"');
    for c in plain.chars() {
        match (escape(c), c) {
            (Some(escaped), _) => written.push_str(&escaped),
            (None, '"') => written.push_str("\\\""),
            (None, '\\') => written.push_str("\\\\"),
            (None, '\n') => written.push_str("\\n"),
            (None, '\r') => written.push_str("\\r"),
            (None, '\t') => written.push_str("\\t"),
            (None, '\u{8}') => written.push_str("\\b"),
            (None, '\u{c}') => written.push_str("\\f"),
            (None, c) if c < ' ' => written.push_str(&code(c, false)),
            (None, c) => written.push(c),
        }
    }
    written.push('"');
    written
}

fn not_ascii(c: char, upper: bool) -> Option<String> {
    (!c.is_ascii()).then(|| code(c, upper))
}

/// `\u` and four digits for each unit of UTF-16.
fn code(c: char, upper: bool) -> String {
    let units = c.encode_utf16(&mut [0; 2]).to_vec();
    let digits = |unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    units.into_iter().map(digits).collect()
}

/// The earlier forms of all numbers, and then every combination, up to [`MOST`].
fn with_other_numbers<'a>(
    json: Json<'a>,
    rewriting: Rewriting,
) -> impl Iterator<Item = (Rewriting, Json<'a>)> {
    let choices: Vec<Vec<String>> = {
        let mut json = json.clone();
        let numbers = json.numbers();
        let few = numbers.len() <= MOST_NUMBERS;
        numbers.into_iter().filter(|_| few).map(|number| spellings(number)).collect()
    };
    let longest = choices.iter().map(Vec::len).max().unwrap_or(1);
    let alike = (1..longest).map({
        let choices = choices.clone();
        move |place| choices.iter().map(|one| place % one.len()).collect::<Vec<_>>()
    });
    let all = choices.iter().try_fold(1_usize, |all, one| all.checked_mul(one.len()));
    let all = all.map_or(MOST, |all| all.min(MOST));
    let each = (1..all).map({
        let choices = choices.clone();
        move |mut number| {
            let place = |one: &Vec<String>| {
                let place = number % one.len();
                number /= one.len();
                place
            };
            choices.iter().map(place).collect::<Vec<_>>()
        }
    });
    alike.chain(each).map(move |places| {
        let mut guess = json.clone();
        for ((number, one), place) in guess.numbers().into_iter().zip(&choices).zip(places) {
            *number = one[place].clone().into();
        }
        (rewriting, guess)
    })
}

/// The possible earlier forms of a number; its present form first.
fn spellings(number: &str) -> Vec<String> {
    let mut all = vec![number.to_owned()];
    if number.contains(['e', 'E']) {
        all.push(number.replace('e', "E"));
        all.push(number.replace('+', ""));
        all.push(number.replace('+', "").replace('e', "E"));
    } else if let Some(whole) = number.strip_suffix(".0") {
        all.push(whole.to_owned());
        all.extend(exponents(whole));
        all.push(format!("{number}0"));
    } else if number.contains('.') {
        all.push(format!("{number}0"));
    } else {
        all.push(format!("{number}.0"));
        all.push(format!("{number}.00"));
        all.extend(exponents(number));
    }
    all
}

/// `1e3` for `1000`.
fn exponents(whole: &str) -> Vec<String> {
    let digits = whole.trim_end_matches('0');
    match (digits.trim_start_matches('-'), whole.len() - digits.len()) {
        ("", _) | (_, 0) => Vec::new(),
        (_, zeros) => ["e", "E", "e+", "E+"].map(|e| format!("{digits}{e}{zeros}")).into(),
    }
}

/// The orders of the data's keys, up to [`MOST`].
fn with_other_orders<'a>(
    json: Json<'a>,
    rewriting: Rewriting,
) -> impl Iterator<Item = (Rewriting, Json<'a>)> {
    let keys = match json.clone().data() {
        Json::Object(members) => members.len(),
        _ => 0,
    };
    let all = (1..=keys).try_fold(1_usize, |all, n| all.checked_mul(n)).unwrap_or(MOST).min(MOST);
    (1..all).map(move |order| {
        let mut guess = json.clone();
        if let Json::Object(members) = guess.data() {
            permute(members, order);
        }
        (rewriting, guess)
    })
}

/// Puts a list into the order with this number: 0 does not change it.
fn permute<T>(list: &mut [T], mut order: usize) {
    for place in (1..list.len()).rev() {
        let size = place + 1;
        list[..size].rotate_right(order % size);
        order /= size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_order_has_a_number() {
        let order = |number| {
            let mut list = ['a', 'b', 'c', 'd'];
            permute(&mut list, number);
            list
        };
        assert_eq!(order(0), ['a', 'b', 'c', 'd']);
        assert_eq!((0..24).map(order).collect::<BTreeSet<_>>().len(), 24);
    }

    #[test]
    fn a_number_has_its_usual_spellings() {
        assert_eq!(spellings("1000")[1..5], ["1000.0", "1000.00", "1e3", "1E3"]);
        assert_eq!(spellings("12.5"), ["12.5", "12.50"]);
        assert_eq!(spellings("0.0"), ["0.0", "0", "0.00"]);
        assert_eq!(spellings("1e+21"), ["1e+21", "1E+21", "1e21", "1E21"]);
    }

    #[test]
    fn guesses_are_bounded() {
        let count = |numbers: usize| {
            let keys: Vec<String> = (0..numbers).map(|n| format!("\"{n}\":1")).collect();
            let body = format!("{{{}}}", keys.join(","));
            let json = Json::parse(body.as_bytes()).expect("JSON");
            guesses(&json).take(100 * MOST).count() / BLANKS.len()
        };
        let (texts, orders) = (1 + ESCAPES.len(), MOST - 1);
        let numbers = 2 + (MOST - 1);
        assert_eq!(count(MOST_NUMBERS), texts + texts * numbers + orders);
        assert_eq!(count(MOST_NUMBERS + 1), texts + orders);
        assert_eq!(count(0), texts);
    }
}
