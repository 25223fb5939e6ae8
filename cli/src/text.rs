//! Text from files, as editors and shells write it.

use std::borrow::Cow;

/// Reads text in UTF-8 or UTF-16 (which PowerShell writes), with a byte order mark or without. The
/// marks of files that were written one after the other into this one go, too.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence about the file.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let text = match encoding(&bytes) {
        Encoding::Utf8 => String::from_utf8(bytes).map_err(|error| not_utf8(&error))?,
        Encoding::Utf16(unit) => utf16(&bytes, unit)?,
        Encoding::Utf32 => return Err("is UTF-32: save it as UTF-8".to_owned()),
    };
    Ok(without_marks(text))
}

enum Encoding {
    Utf8,
    /// With this order of the bytes of a unit.
    Utf16(fn([u8; 2]) -> u16),
    Utf32,
}

/// A byte order mark decides. Without one, JSON or a template in UTF-16 shows by its first
/// character, which is ASCII and has a zero byte before or after it.
fn encoding(bytes: &[u8]) -> Encoding {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Encoding::Utf32,
        [0xFF, 0xFE, ..] => Encoding::Utf16(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => Encoding::Utf16(u16::from_be_bytes),
        [1..=255, 0, 0, 0, ..] | [0, 0, 0, 1..=255, ..] => Encoding::Utf32,
        [1..=255, 0, ..] => Encoding::Utf16(u16::from_le_bytes),
        [0, 1..=255, ..] => Encoding::Utf16(u16::from_be_bytes),
        _ => Encoding::Utf8,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err("is UTF-16 and broken: save it as UTF-8".to_owned()),
    }
}

fn not_utf8(error: &std::string::FromUtf8Error) -> String {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("is neither UTF-8 nor UTF-16 (line {line}): save it as UTF-8")
}

/// A mark begins a line wherever one file was added to another. Within a line it is a character.
fn without_marks(text: String) -> String {
    const MARK: char = '\u{feff}';
    if !text.contains(MARK) {
        return text;
    }
    let lines = text.split_inclusive('\n').map(|line| line.trim_start_matches(MARK));
    lines.map(Cow::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const TEXT: &str = "{\"name\":\"Zoë \u{1f600}\"}\r\n{\"n\":2}\r\n";

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[rstest]
    #[case::utf_8(TEXT.as_bytes().to_vec())]
    #[case::with_a_mark(format!("\u{feff}{TEXT}").into_bytes())]
    #[case::powershell(units(&format!("\u{feff}{TEXT}"), u16::to_le_bytes))]
    #[case::big_endian(units(&format!("\u{feff}{TEXT}"), u16::to_be_bytes))]
    #[case::little_endian_without_a_mark(units(TEXT, u16::to_le_bytes))]
    #[case::big_endian_without_a_mark(units(TEXT, u16::to_be_bytes))]
    #[case::two_files(TEXT.replace("{\"n", "\u{feff}{\"n").into_bytes())]
    fn a_text_is_read_however_it_is_written(#[case] bytes: Vec<u8>) {
        assert_eq!(decode(bytes).as_deref(), Ok(TEXT));
    }

    #[test]
    fn a_mark_within_a_line_is_kept() {
        let text = "{\"a\":\"b\u{feff}c\"}";
        assert_eq!(decode(text.into()).as_deref(), Ok(text));
        assert_eq!(decode(Vec::new()).as_deref(), Ok(""));
    }

    #[rstest]
    #[case::latin_1(b"{}\n{\"a\":\"\xfc\"}", "is neither UTF-8 nor UTF-16 (line 2)")]
    #[case::half_a_unit(b"\xff\xfe{\0}", "is UTF-16 and broken")]
    #[case::half_a_pair(b"\xff\xfe\x3d\xd8", "is UTF-16 and broken")]
    #[case::utf_32(b"\xff\xfe\0\0{\0\0\0", "is UTF-32")]
    #[case::utf_32_without_a_mark(b"{\0\0\0", "is UTF-32")]
    fn another_encoding_is_named(#[case] bytes: &[u8], #[case] expected: &str) {
        let error = decode(bytes.to_vec()).expect_err("refused");
        assert!(error.starts_with(expected), "{error}");
    }
}
