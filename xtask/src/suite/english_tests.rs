use super::*;

const CONTRIBUTING: &str = "Say so.\n\n| do not write | write |\n|---|---|\n| whoever | anybody who |\n\
                            | is none from | stops working when |\n\nWhoever reads this.\n";

fn list() -> Vec<Phrase> {
    phrases(CONTRIBUTING).expect("a table")
}

/// The lines of the hits, and the phrases.
fn found(lines: &[Line<'_>]) -> Vec<(usize, String)> {
    let phrases = list();
    hits(lines, &phrases).iter().map(|hit| (hit.line, hit.phrase.words.join(" "))).collect()
}

#[test]
fn the_phrases_are_read_from_the_table() {
    let shown: Vec<String> =
        list().iter().map(|phrase| Hit { line: 7, phrase }.to_string()).collect();
    assert_eq!(shown, ["7: whoever → anybody who", "7: is none from → stops working when"]);
}

#[test]
fn a_document_without_the_table_or_with_a_broken_row_is_an_error() {
    assert!(phrases("# Contributing\n").is_err());
    assert!(phrases("| do not write | write |\n|---|---|\n| whoever |\n").is_err());
    assert!(phrases("| do not write | write |\n|---|---|\n| | again |\n").is_err());
}

#[test]
fn the_repositorys_own_list_can_be_read_and_has_no_phrase_twice() {
    let list = phrases(include_str!("../../../CONTRIBUTING.md")).expect("a table");
    let mut phrases: Vec<_> = list.iter().map(|phrase| &phrase.words).collect();
    phrases.sort();
    let count = phrases.len();
    phrases.dedup();
    assert!(count >= 15 && phrases.len() == count, "{list:?}");
}

#[test]
fn a_phrase_is_found_in_any_case_and_over_a_line_break() {
    let text = "A key is\nNone from the answer on.\n\n**Whoever** asks, (whoever) answers.";
    let expected = [(1, "is none from"), (4, "whoever"), (4, "whoever")];
    assert_eq!(found(&markdown(text)), expected.map(|(line, phrase)| (line, phrase.to_owned())));
}

#[test]
fn parts_of_words_code_and_phrases_over_the_end_of_a_sentence_are_none() {
    for text in [
        "whoevers",
        "The field `whoever` is none.",
        "It is none. From now on it is.",
        "| it is | none from |",
        "it is none\n\nfrom here",
        "it is none `of` from",
        "```sh\nwhoever\n```",
        "  ```sh\n  whoever\n  ```",
        "<!-- generated: x -->\nwhoever\n<!-- end of x -->",
    ] {
        assert_eq!(found(&markdown(text)), [], "{text}");
    }
}

#[test]
fn what_follows_code_a_generated_part_and_the_table_is_read() {
    for text in [
        "```\ncode\n```\nwhoever",
        "<!-- generated: x -->\n\n<!-- end of x -->\nwhoever",
        "- `code` whoever\n\n\n",
    ] {
        assert_eq!(found(&markdown(text)).len(), 1, "{text}");
    }
    assert_eq!(found(&markdown(CONTRIBUTING)), [(8, "whoever".to_owned())]);
}

#[test]
fn descriptions_of_the_api_are_read_and_no_other_values() {
    let json = r#"{
  "summary": "Whoever",
  "description": "A key.\nIt is\nnone from then on.",
  "detail": "whoever",
  "message": "whoever"
  "operationId": "whoever",
  "example": {"description": 5}
}"#;
    let lines = descriptions(json);
    let lines: Vec<Line<'_>> = lines.iter().map(|(number, text)| (*number, &**text)).collect();
    let places: Vec<usize> = found(&lines).iter().map(|(line, _)| *line).collect();
    assert_eq!(places, [2, 3, 4, 5]);
}

/// Source code, with `~` for the slashes of comments: the step reads this file too.
fn source(text: &str) -> String {
    text.replace('~', "/")
}

#[test]
fn help_is_read_and_other_comments_are_not() {
    let source = source(
        "\
~~~ Whoever is not help.
struct Before;

~~~ Whoever
#[derive(Debug, clap::Args)]
#[command(about)]
struct Help {
    ~~~ It is none
    ~~~ from now on
    #[arg(long)]
    field: u8,
    ~~ whoever
    ~~~ whoever
    other: u8,
}

~~~ whoever
fn after() {}
",
    );
    let places: Vec<usize> = found(&help(&source)).iter().map(|(line, _)| *line).collect();
    assert_eq!(places, [4, 8, 13]);
}

#[test]
fn all_comments_are_read_and_code_is_not() {
    let source = source(
        "\
~~! Whoever reads this.

~~~ It is none
~~~ from now on.
fn whoever() {
    ~~ It is none.
    let whoever = 1;
    ~~ From now on.
}
",
    );
    let places: Vec<usize> = found(&comments(&source)).iter().map(|(line, _)| *line).collect();
    assert_eq!(places, [1, 3]);
}
