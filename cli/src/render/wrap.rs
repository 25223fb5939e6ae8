//! Texts over several lines.

use console::measure_text_width;

/// The lines of a text, each within `width` columns. A line ends at a blank; a word that is longer than
/// a line is broken. There is at least one line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split(' ') {
        let line = lines.last().map_or("", String::as_str);
        let length = measure_text_width(word);
        if line.is_empty() {
            push(&mut lines, &mut room, word, width);
        } else if length < room {
            push(&mut lines, &mut room, &format!(" {word}"), width);
        } else {
            lines.push(String::new());
            room = width;
            push(&mut lines, &mut room, word, width);
        }
    }
    lines
}

/// Columns that a text has for itself, however narrow the terminal is.
const LEAST: usize = 20;

/// A text that begins at the column `indent` of a line; further lines begin there, too.
pub(crate) fn hanging(text: &str, indent: usize, width: Option<usize>) -> String {
    match width {
        Some(width) => {
            let lines = wrap(text, width.saturating_sub(indent).max(LEAST));
            lines.join(&format!("\n{}", " ".repeat(indent)))
        }
        None => text.to_owned(),
    }
}

/// Adds to the last line, and begins further lines where it is full.
fn push(lines: &mut Vec<String>, room: &mut usize, text: &str, width: usize) {
    for c in text.chars() {
        let columns = measure_text_width(c.encode_utf8(&mut [0; 4]));
        let is_full = columns > *room && lines.last().is_some_and(|line| !line.is_empty());
        if is_full {
            lines.push(String::new());
            *room = width;
        }
        *room = room.saturating_sub(columns);
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::it_fits("the database is down", 20, &["the database is down"])]
    #[case::at_a_blank("the database is down", 12, &["the database", "is down"])]
    #[case::exactly_full("ab cd ef", 5, &["ab cd", "ef"])]
    #[case::a_long_word("see https://a.example/b", 8, &["see", "https://", "a.exampl", "e/b"])]
    #[case::wide_letters("日本語", 4, &["日本", "語"])]
    #[case::a_letter_wider_than_a_line("日本", 1, &["日", "本"])]
    #[case::several_blanks("a  b", 10, &["a  b"])]
    #[case::nothing("", 10, &[""])]
    fn a_text_is_broken_at_blanks(
        #[case] text: &str,
        #[case] width: usize,
        #[case] expected: &[&str],
    ) {
        assert_eq!(wrap(text, width), expected);
    }

    #[test]
    fn further_lines_begin_below_the_first() {
        let text = "the database is down since this morning";
        assert_eq!(hanging(text, 2, Some(24)), "the database is down\n  since this morning");
        assert_eq!(hanging(text, 2, Some(1)), hanging(text, 2, Some(22)));
        assert_eq!(hanging(text, 2, None), text);
    }

    #[test]
    fn no_letter_is_lost_and_no_line_is_too_long() {
        let text = r#"{"error": "the database is down", "since": "06:24"} and 日本語 after it"#;
        let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
        for width in 2..100 {
            let lines = wrap(text, width);
            assert_eq!(letters(&lines.concat()), letters(text), "{width}");
            assert!(lines.iter().all(|line| measure_text_width(line) <= width), "{width}");
        }
    }
}
