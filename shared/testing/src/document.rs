//! Parts of a document that a program writes, between two comments that are not visible to readers.
//!
//! ```text
//! <!-- generated: NAME -->
//! …
//! <!-- end of NAME -->
//! ```

use std::ops::Range;

/// The part with this name, without its comments and without blank lines around it; `None` if the
/// document has no such part.
#[must_use]
pub fn generated_part<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    Some(document[place(document, name)?].trim())
}

/// The document with another text in the part with this name; `None` if it has no such part.
#[must_use]
pub fn with_generated_part(document: &str, name: &str, text: &str) -> Option<String> {
    let Range { start, end } = place(document, name)?;
    Some(format!("{}\n\n{}\n\n{}", &document[..start], text.trim(), &document[end..]))
}

/// The bytes between the comments.
fn place(document: &str, name: &str) -> Option<Range<usize>> {
    let (begin, end) = (format!("<!-- generated: {name} -->"), format!("<!-- end of {name} -->"));
    let start = document.find(&begin)? + begin.len();
    let length = document[start..].find(&end)?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "a\n<!-- generated: t -->\nold\n<!-- end of t -->\nb\n";

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        assert_eq!(generated_part(DOCUMENT, "t"), Some("old"));
        let changed = with_generated_part(DOCUMENT, "t", "new\nlines\n").expect("the part");
        assert_eq!(changed, "a\n<!-- generated: t -->\n\nnew\nlines\n\n<!-- end of t -->\nb\n");
        assert_eq!(generated_part(&changed, "t"), Some("new\nlines"));
        assert_eq!(with_generated_part(&changed, "t", "new\nlines"), Some(changed));
    }

    #[test]
    fn a_part_that_is_not_there_is_not_made_up() {
        assert_eq!(generated_part(DOCUMENT, "other"), None);
        assert_eq!(with_generated_part(DOCUMENT, "other", "x"), None);
        assert_eq!(generated_part("<!-- generated: t -->\nopen", "t"), None);
    }
}
