//! The stores' requests to DynamoDB: keys, conditions, filters and updates, without a stack. An
//! emulator cannot show that a condition is missing, because it gives the same response; here each
//! expression is compared with the expected one.

mod captured;
mod deliveries;
mod events;
mod events_queue;
mod keys;
mod notices;
mod waits;
mod webhooks;

use std::{fs, path::Path};

/// The files that build requests, and how many each builds. All of them are compared in these
/// tests: add a new request here when it has a test.
const BUILT_IN: [(&str, usize); 16] = [
    ("batch_get.rs", 1),
    ("deliveries.rs", 5),
    ("deliveries/figures.rs", 3),
    ("deliveries/find.rs", 1),
    ("deliveries/tending.rs", 2),
    ("event_types.rs", 3),
    ("events.rs", 2),
    ("events/claims.rs", 2),
    ("events/log.rs", 3),
    ("events/replays.rs", 2),
    ("keys.rs", 9),
    ("keys/echoes.rs", 3),
    ("keys/portal.rs", 2),
    ("webhooks.rs", 8),
    ("webhooks/limiter.rs", 1),
    ("webhooks/together.rs", 1),
];

const BUILDERS: [&str; 8] = [
    ".batch_get_item()",
    ".delete_item()",
    ".get_item()",
    ".put_item()",
    ".query()",
    ".scan()",
    ".transact_write_items()",
    ".update_item()",
];

#[test]
fn every_request_that_is_built_is_compared_here() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&sources, &sources, &mut found);
    found.sort();
    let expected: Vec<(String, usize)> =
        BUILT_IN.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect();
    assert_eq!(found, expected, "compare the new request in shared/aws/tests/requests");
}

/// The files below `folder` that build requests, with the number for each.
fn collect(sources: &Path, folder: &Path, found: &mut Vec<(String, usize)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(sources, &path, found);
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let count = BUILDERS.iter().map(|builder| text.matches(builder).count()).sum();
        if count > 0 {
            let name = path.strip_prefix(sources).expect("below src").to_string_lossy();
            found.push((name.into_owned(), count));
        }
    }
}
