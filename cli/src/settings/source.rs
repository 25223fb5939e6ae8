//! A place that settings come from.

use std::path::PathBuf;

/// Somewhere that settings can come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// What it is called.
    pub(crate) name: String,
    /// Where the API is.
    pub(crate) url: Option<String>,
    /// A key.
    pub(crate) key: Option<String>,
    /// The admin's key, where that is another one.
    pub(crate) admin_key: Option<String>,
    /// Where its keys are set: the names of the flag or of the variables, or the file.
    pub(crate) key_names: String,
    /// The user to act for.
    pub(crate) user: Option<String>,
    /// Whether its keys go to its own address only.
    pub(crate) is_bound: bool,
    /// Whether it is used although nobody named it. Then its address takes no key but its own.
    pub(crate) is_implicit: bool,
}

/// The folder that a path is in, for errors.
pub(crate) fn shown(path: &std::path::Path) -> String {
    let home: Option<PathBuf> = std::env::home_dir();
    match home.and_then(|home| path.strip_prefix(home).ok().map(std::path::Path::to_owned)) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}
