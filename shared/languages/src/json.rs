//! Reads JSON text without building values.
//!
//! The text was checked when the event was received. It is not checked again here, but no text can
//! cause a panic or an endless loop. Three things differ from serde: numbers stay text; nesting
//! uses no stack, because an event's data may be nested to any depth; and skipped values cost only
//! a search for quotes and brackets.

pub(crate) mod tree;

use std::borrow::Cow;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data is not JSON")]
pub struct DamagedData;

/// A value that is neither an object nor a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// Half of a surrogate pair, which no text can hold, becomes U+FFFD.
    Text(Cow<'a, str>),
}

/// A position in the text.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of the text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The number of bytes before the cursor.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space. The cursor stays before it.
    pub fn peek(&mut self) -> Result<u8, DamagedData> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(DamagedData),
            }
        }
    }

    fn take(&mut self, expected: u8) -> Result<(), DamagedData> {
        if self.peek()? != expected {
            return Err(DamagedData);
        }
        self.at += 1;
        Ok(())
    }

    /// Moves into an object.
    pub fn enter_object(&mut self) -> Result<(), DamagedData> {
        self.take(b'{')
    }

    /// The next key of the current object; the cursor then stands before its value. `None` at the
    /// end of the object; the cursor then stands behind it.
    pub fn next_key(&mut self) -> Result<Option<Cow<'a, str>>, DamagedData> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(None);
        }
        let key = self.string()?;
        self.take(b':')?;
        Ok(Some(key))
    }

    /// Moves into a list.
    pub fn enter_list(&mut self) -> Result<(), DamagedData> {
        self.take(b'[')
    }

    /// Whether the current list has another item; the cursor then stands before it. At the end of
    /// the list, the cursor moves behind it.
    pub fn has_next_item(&mut self) -> Result<bool, DamagedData> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Calls `each` for the value; for an array, for each element instead; and so on for elements
    /// that are arrays. `each` must move the cursor behind its value.
    pub fn for_each_element<E: From<DamagedData>>(
        &mut self,
        mut each: impl FnMut(&mut Self, u8) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'[' => {
                    self.at += 1;
                    depth += 1;
                }
                b']' if depth > 0 => {
                    self.at += 1;
                    depth -= 1;
                }
                b',' if depth > 0 => self.at += 1,
                first => each(self, first)?,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The value at the cursor, which must be neither an object nor an array.
    pub fn scalar(&mut self) -> Result<Scalar<'a>, DamagedData> {
        if self.peek()? == b'"' {
            return self.string().map(Scalar::Text);
        }
        match self.word()? {
            "null" => Ok(Scalar::Null),
            "true" => Ok(Scalar::Bool(true)),
            "false" => Ok(Scalar::Bool(false)),
            number => Ok(Scalar::Number(number)),
        }
    }

    /// Moves behind the value at the cursor.
    pub fn skip(&mut self) -> Result<(), DamagedData> {
        match self.peek()? {
            b'"' => self.quoted().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            _ => self.word().map(|_| ()),
        }
    }

    fn skip_nested(&mut self) -> Result<(), DamagedData> {
        let mut depth = 0_usize;
        loop {
            match self.text.as_bytes().get(self.at).ok_or(DamagedData)? {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A number or one of the three words; at least one byte.
    fn word(&mut self) -> Result<&'a str, DamagedData> {
        let rest = self.text.get(self.at..).ok_or(DamagedData)?;
        let ends = |byte: u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty()).ok_or(DamagedData)?;
        self.at += end;
        Ok(word)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, DamagedData> {
        let (inside, escaped) = self.quoted()?;
        Ok(if escaped { Cow::Owned(unescape(inside)) } else { Cow::Borrowed(inside) })
    }

    /// The text between the quotes, as written, and whether it has escapes.
    fn quoted(&mut self) -> Result<(&'a str, bool), DamagedData> {
        self.take(b'"')?;
        let begin = self.at;
        let mut escaped = false;
        loop {
            match self.text.as_bytes().get(self.at).ok_or(DamagedData)? {
                b'"' => {
                    let inside = self.text.get(begin..self.at).ok_or(DamagedData)?;
                    self.at += 1;
                    return Ok((inside, escaped));
                }
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut characters = rest.chars();
        let escaped = characters.next().unwrap_or(char::REPLACEMENT_CHARACTER);
        rest = characters.as_str();
        plain.push(match escaped {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => code_point(&mut rest),
            other => other,
        });
    }
    plain.push_str(rest);
    plain
}

/// Reads the digits after `\u`, and the second escape of a surrogate pair.
fn code_point(rest: &mut &str) -> char {
    let Some(first) = code_unit(rest) else { return char::REPLACEMENT_CHARACTER };
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let mut after = *rest;
    if let Some(behind) = after.strip_prefix("\\u") {
        after = behind;
        if let Some(second @ 0xdc00..0xe000) = code_unit(&mut after) {
            *rest = after;
            let combined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return char::from_u32(combined).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
    }
    char::REPLACEMENT_CHARACTER
}

fn code_unit(rest: &mut &str) -> Option<u32> {
    let unit = u32::from_str_radix(rest.get(..4)?, 16).ok()?;
    *rest = &rest[4..];
    Some(unit)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn text(json: &str) -> String {
        match Cursor::new(json).scalar() {
            Ok(Scalar::Text(text)) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// Every scalar of the text, in order, after the keys that lead to it.
    fn walk(cursor: &mut Cursor<'_>, seen: &mut Vec<String>) -> Result<(), DamagedData> {
        cursor.for_each_element(|cursor, first| {
            if first != b'{' {
                seen.push(format!("{:?}", cursor.scalar()?));
                return Ok(());
            }
            cursor.enter_object()?;
            while let Some(key) = cursor.next_key()? {
                seen.push(key.into_owned());
                walk(cursor, seen)?;
            }
            Ok(())
        })
    }

    fn walk_value(value: &Value, seen: &mut Vec<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| walk_value(value, seen)),
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                seen.push(key.clone());
                walk_value(value, seen);
            }),
            Value::Null => seen.push(format!("{:?}", Scalar::Null)),
            Value::Bool(value) => seen.push(format!("{:?}", Scalar::Bool(*value))),
            Value::Number(number) => {
                seen.push(format!("{:?}", Scalar::Number(&number.to_string())));
            }
            Value::String(text) => seen.push(format!("{:?}", Scalar::Text(text.into()))),
        }
    }

    pub(crate) fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            ".{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn escapes_are_read_and_half_a_pair_is_a_replacement_character() {
        assert_eq!(text(r#""caf\u00e9 \/ \" \\ \n \ud83e\udd9e""#), "café / \" \\ \n 🦞");
        assert_eq!(text(r#""\ud800""#), "\u{fffd}");
        assert_eq!(text(r#""\ud83e\u0041\udd9e""#), "\u{fffd}A\u{fffd}");
        assert_eq!(text(r#""\ud83e\ud83e\udd9e""#), "\u{fffd}🦞");
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let mut seen = Vec::new();
        walk(&mut Cursor::new(&deep), &mut seen).expect("read");
        assert_eq!(seen, [r#"Number("1")"#]);
        Cursor::new(&deep).skip().expect("skipped");
    }

    proptest! {
        #[test]
        fn what_is_seen_is_what_a_json_reader_reads(value in json(), pretty: bool) {
            let text = if pretty {
                serde_json::to_string_pretty(&value)
            } else {
                serde_json::to_string(&value)
            }.expect("serialises");
            let mut expected = Vec::new();
            walk_value(&value, &mut expected);
            let mut seen = Vec::new();
            let mut cursor = Cursor::new(&text);
            walk(&mut cursor, &mut seen).expect("read");
            prop_assert_eq!(seen, expected);
            prop_assert_eq!(cursor.at, text.len());
            let mut cursor = Cursor::new(&text);
            cursor.skip().expect("skipped");
            prop_assert_eq!(cursor.at, text.len());
        }

        #[test]
        fn no_text_makes_it_panic_or_go_on_for_ever(text in r#"[\[\]{}",:\\u0-9a-f ntrlsé-]{0,40}"#) {
            let _ = walk(&mut Cursor::new(&text), &mut Vec::new());
            let _ = Cursor::new(&text).skip();
        }
    }
}
