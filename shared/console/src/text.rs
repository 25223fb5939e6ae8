//! Stored text as it is shown. Users, receivers and publishers can store anything: characters that are
//! not seen, and those that turn the direction of what follows, are shown by their numbers. Templates escape
//! HTML and isolate what they show.

use askama::filters::HtmlSafe;
use std::fmt::{self, Write};

/// One line of text: every character that is not seen is shown by its number.
pub(crate) fn visible(text: &str) -> String {
    shown(text, |_| false)
}

/// Text of several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

fn shown(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) && !keeps(c) {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Control characters, line and paragraph separators, and format characters: of no width, or for a
/// direction (Unicode 16, general categories Cc, Zl, Zp and most of Cf).
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Text to be edited, in an element or an attribute: it comes back from the browser as it is. What has a
/// meaning in HTML, and what is not seen, is written by its number. HTML reads the numbers of U+0080 to U+009F
/// as other characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Editable<'a>(pub(crate) &'a str);

impl fmt::Display for Editable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\n' | '\t' | '\u{80}'..='\u{9f}' => f.write_char(c)?,
                // HTML has no way to write it.
                '\0' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                '<' | '>' | '&' | '"' | '\'' => write!(f, "&#{};", u32::from(c))?,
                c if is_unseen(c) => write!(f, "&#{};", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Nothing in it has a meaning in HTML.
impl HtmlSafe for Editable<'_> {}

/// A sentence that begins with a capital and ends with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = visible(text.trim());
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

/// `1 attempt`, `2 attempts`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Milliseconds with their unit.
pub(crate) fn duration(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        // Tenths of a second, rounded down.
        _ => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("lead.created", "lead.created")]
    #[case("é 漢 עברית", "é 漢 עברית")]
    #[case("a\u{202e}b", "a⟨U+202E⟩b")]
    #[case("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩")]
    #[case("nul\0", "nul⟨U+0000⟩")]
    #[case("a\nb", "a⟨U+000A⟩b")]
    #[case("zero\u{200b}width", "zero⟨U+200B⟩width")]
    #[case("tag\u{e0041}", "tag⟨U+E0041⟩")]
    fn what_is_not_seen_is_shown_by_its_number(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn what_is_edited_is_written_so_that_it_comes_back() {
        let text = "<a href=\"x\">'&\n\u{202e}\r\0\u{80}\u{85}\u{9f}";
        let expected =
            "&#60;a href=&#34;x&#34;&#62;&#39;&#38;\n&#8238;&#13;\u{fffd}\u{80}\u{85}\u{9f}";
        assert_eq!(Editable(text).to_string(), expected);
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(visible_lines("a\n\tb\r\u{7f}"), "a\n\tb⟨U+000D⟩⟨U+007F⟩");
    }

    #[rstest]
    #[case("the receiver closed it", "The receiver closed it.")]
    #[case("Done.", "Done.")]
    #[case("éa", "Éa.")]
    #[case("", "")]
    fn a_sentence_has_a_capital_and_an_end(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(sentence(text), expected);
    }

    #[rstest]
    #[case(0, "0 ms")]
    #[case(999, "999 ms")]
    #[case(1000, "1.0 s")]
    #[case(10_042, "10.0 s")]
    fn a_duration_has_its_unit(#[case] millis: u64, #[case] expected: &str) {
        assert_eq!(duration(millis), expected);
    }
}
