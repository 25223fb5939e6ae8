//! A local Grapnel: what `cargo xtask up` writes into `target/local/stack.json` of its checkout.

use super::source::Source;
use serde::Deserialize;
use std::{fs, path::Path};

/// The file, below the folder of the checkout.
const PATH: &str = "target/local/stack.json";

/// The part of it that a caller needs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    api_url: String,
    admin_key: String,
    user_key: String,
    user_id: String,
}

/// The local Grapnel of the checkout that holds this folder, if one runs. The file goes when what
/// it describes has ended.
pub(super) fn find(folder: &Path) -> Option<Source> {
    let root = folder.ancestors().find(|folder| folder.join("template.yaml").is_file())?;
    let text = fs::read_to_string(root.join(PATH)).ok()?;
    let description: Description = serde_json::from_str(&text).ok()?;
    Some(Source {
        name: PATH.into(),
        url: Some(description.api_url),
        key: Some(description.user_key),
        admin_key: Some(description.admin_key),
        key_names: PATH.into(),
        user: Some(description.user_id),
        is_bound: true,
        is_implicit: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_grapnel_is_found_from_anywhere_in_its_checkout() {
        let root = tempfile::tempdir().expect("a folder");
        let below = root.path().join("shared/domain");
        fs::create_dir_all(&below).expect("made");
        fs::create_dir_all(root.path().join("target/local")).expect("made");
        fs::write(root.path().join("template.yaml"), "").expect("written");
        assert_eq!(find(&below), None, "none runs");
        let description = r#"{"apiUrl":"http://127.0.0.1:1","adminKey":"a","userKey":"u",
            "userId":"demo","region":"x"}"#;
        fs::write(root.path().join("target/local/stack.json"), description).expect("written");
        let source = find(&below).expect("found");
        assert_eq!(source.url.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!((source.key.as_deref(), source.admin_key.as_deref()), (Some("u"), Some("a")));
    }
}
