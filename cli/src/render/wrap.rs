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

/// Sentences within `width` columns. Lines end at blanks, so that a URL stays whole, and so does a
/// command between backquotes. A line that begins with two blanks holds a command or data, to be copied
/// as it is.
pub(crate) fn prose(text: &str, width: Option<usize>) -> String {
    let lines = text.split('\n').map(|line| match line.starts_with("  ") {
        true => line.to_owned(),
        false => folded(line, "", width),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line within `width` columns, as [`prose`] has it. Further lines begin with `indent`.
pub(crate) fn folded(line: &str, indent: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return line.to_owned() };
    let mut folded = String::new();
    let mut column = 0;
    for (number, word) in whole_words(line).iter().enumerate() {
        let length = measure_text_width(word);
        if number > 0 && column + 1 + length > width {
            folded.truncate(folded.trim_end_matches(' ').len());
            folded.push_str(&format!("\n{indent}"));
            column = indent.len();
        } else if number > 0 && column != indent.len() {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += length;
    }
    folded
}

/// The words of a line, and what is between backquotes as one of them.
fn whole_words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_quoted = false;
    for word in line.split(' ') {
        match words.last_mut() {
            Some(last) if is_quoted => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        is_quoted ^= word.matches('`').count() % 2 == 1;
    }
    words
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
    fn sentences_are_wrapped_and_what_is_copied_stays_whole() {
        let text = "error: no key for https://a.example/a/long/path, and `grapnel config show` says \
                    so.\n\n  grapnel deliveries get wh_1 dlv_1 --json\nEnd.";
        assert_eq!(
            prose(text, Some(24)),
            "error: no key for\nhttps://a.example/a/long/path,\nand\n`grapnel config show`\nsays so.\n\n  \
             grapnel deliveries get wh_1 dlv_1 --json\nEnd."
        );
        assert_eq!(prose(text, None), text, "a pipe gets it as it is");
    }

    #[test]
    fn a_folded_line_keeps_its_columns_and_goes_on_below() {
        let line = "✓ 06:24 lead      evt_1  200 in 0 ms  verified";
        assert_eq!(
            folded(line, "  ", Some(30)),
            "✓ 06:24 lead      evt_1  200\n  in 0 ms  verified"
        );
        assert_eq!(folded(line, "  ", Some(80)), line);
        for width in 10..60 {
            let fits = |line: &str| measure_text_width(line) <= width;
            assert!(folded(line, "  ", Some(width)).lines().all(fits), "{width}");
        }
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
