//! Escapes text for bodies that are not JSON.

use super::{Failure, ITEM, Meter, Value, append, work};

/// The replacement of characters that XML does not allow (XML 1.0, section 2.2).
const REPLACEMENT: &str = "\u{fffd}";

/// Escapes text for XML and HTML, in elements and in attributes.
pub(super) fn xml(text: &str, meter: &mut Meter) -> Result<String, Failure> {
    let mut escaped = String::new();
    let mut buffer = [0; 4];
    for character in text.chars() {
        let written = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            '\t' | '\n' | '\r' => character.encode_utf8(&mut buffer),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => REPLACEMENT,
            other => other.encode_utf8(&mut buffer),
        };
        append(&mut escaped, written, meter)?;
    }
    Ok(escaped)
}

/// Escapes text for a URL or a form: every character except letters, digits and `-._~` (RFC 3986,
/// section 2.3). An object becomes a whole form: `name=value&…`.
pub(super) fn url(input: &Value, meter: &mut Meter) -> Result<String, Failure> {
    let Value::Object(object) = input.present()? else {
        let mut encoded = String::new();
        percent(&mut encoded, &input.scalar_text(meter)?, meter)?;
        return Ok(encoded);
    };
    let mut form = String::new();
    for (index, (name, value)) in object.read(meter)?.iter().enumerate() {
        meter.charge(ITEM)?;
        work::done(ITEM);
        append(&mut form, if index > 0 { "&" } else { "" }, meter)?;
        percent(&mut form, name, meter)?;
        append(&mut form, "=", meter)?;
        percent(&mut form, &value.scalar_text(meter)?, meter)?;
    }
    Ok(form)
}

fn percent(encoded: &mut String, text: &str, meter: &mut Meter) -> Result<(), Failure> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    meter.charge(text.len())?;
    work::done(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            append(encoded, char::from(byte).encode_utf8(&mut [0; 4]), meter)?;
        } else {
            let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
            let escaped = ['%', digit(byte >> 4), digit(byte & 15)];
            append(encoded, &String::from_iter(escaped), meter)?;
        }
    }
    Ok(())
}
