//! The file that `grapnel login` keeps: `config.toml` in `grapnel` below `$XDG_CONFIG_HOME`, else
//! below `~/.config`. It holds a key, so only its owner may read it.

use super::source::{Source, shown};
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// Where the API is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The user to act for, where the key is the admin's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

impl Kept {
    pub(super) fn source(self, path: &Path) -> Source {
        Source {
            name: shown(path),
            url: self.url,
            key: self.key,
            key_names: shown(path),
            user: self.user,
            is_bound: true,
            ..Source::default()
        }
    }
}

/// Where it is.
pub(crate) fn path() -> PathBuf {
    // A relative path there is to be ignored (XDG Base Directory Specification 0.8).
    let configured = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = configured.filter(|path| path.is_absolute()).or_else(|| {
        let home = std::env::home_dir()?;
        Some(home.join(".config"))
    });
    folder.unwrap_or_default().join("grapnel/config.toml")
}

/// Reads it, if it is there.
///
/// # Errors
/// When it cannot be read, or is not what `grapnel login` writes.
pub(crate) fn read() -> Result<Option<Kept>, Failure> {
    read_from(&path())
}

fn read_from(path: &Path) -> Result<Option<Kept>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::usage(format!("{}: {error}", shown(path)))),
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        // Not the error's own text, which shows the line at fault: it may be the key's.
        let message = format!("{}: {}", shown(path), error.message());
        Failure::usage(message)
            .advise("It may hold `url`, `key` and `user`. `grapnel login` writes it.")
    })
}

/// Writes it, for its owner alone.
///
/// # Errors
/// What the file system says.
pub(crate) fn write(kept: &Kept) -> Result<PathBuf, Failure> {
    let path = path();
    write_to(&path, kept)?;
    Ok(path)
}

fn write_to(path: &Path, kept: &Kept) -> Result<(), Failure> {
    let text = toml::to_string(kept).map_err(|error| Failure::new(error.to_string()))?;
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Beside it first: after an interruption the file is as it was.
        let beside = path.with_extension("toml.new");
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| Failure::new(format!("{}: {error}", shown(path))))
}

/// Removes it. Answers whether it was there.
///
/// # Errors
/// What the file system says.
pub(crate) fn remove() -> Result<bool, Failure> {
    match fs::remove_file(path()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::new(format!("{}: {error}", shown(&path())))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let key = Some("gk_secret".into());
        Kept { url: Some("https://api.example.com".into()), key, user: None }
    }

    #[test]
    fn what_is_kept_reads_back_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("grapnel/config.toml");
        assert_eq!(read_from(&path).expect("no file is no error"), None);
        write_to(&path, &Kept { user: Some("old".into()), ..kept() }).expect("written");
        write_to(&path, &kept()).expect("written over");
        assert_eq!(read_from(&path).expect("read"), Some(kept()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().expect("one")).expect("read").count(), 1);
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        for text in ["key = gk_secret", "kee = \"gk_secret\"", "gk_secret"] {
            fs::write(&path, text).expect("written");
            let failure = read_from(&path).expect_err("refused").to_string();
            assert!(!failure.contains("secret"), "{failure}");
        }
    }
}
