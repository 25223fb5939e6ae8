//! The webhook that `listen` makes: one for each machine, user and deployment.
//!
//! It is kept between runs, disabled, so that its deliveries can still be looked at and its secret
//! stays the same: the program behind `--forward` is configured once. A file in the folder `listen`
//! beside the configuration file says which webhook it is; a run locks it, so that two runs at once
//! have two webhooks, with the same secret.

use crate::{
    failure::Failure,
    settings::{file, shown},
};
use grapnel_client::{Client, Error, NewWebhook};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    url: String,
    user: String,
    webhook: String,
    secret: String,
}

/// The webhook in use. Its file is locked as long as this lives.
#[derive(Debug)]
pub(crate) struct KeptWebhook {
    client: Client,
    record: Record,
    _lock: File,
}

impl KeptWebhook {
    /// Points the kept webhook at a URL, or makes one.
    ///
    /// # Errors
    /// When the API refuses, or the file cannot be written.
    pub(crate) async fn take(
        client: Client,
        target: &str,
        events: &[String],
    ) -> Result<Self, Failure> {
        let folder = file::path().with_file_name("listen");
        let found = look(&folder, client.url())?;
        let mut others = Vec::new();
        for (record, lock) in found.free {
            let changes = json!({ "url": target, "events": events, "status": "active" });
            match client.patch_webhook(&record.webhook, &changes).await {
                Ok(_) => return Ok(Self { client, record, _lock: lock }),
                // It was deleted, or it is another user's than this key's.
                Err(Error::Refused(problem)) if problem.status == 404 => {
                    others.push((record, lock))
                }
                Err(error) => return Err(error.into()),
            }
        }
        let known: Vec<&Record> =
            others.iter().map(|(record, _)| record).chain(&found.in_use).collect();
        let record = make(&client, target, events, &known).await?;
        let deleted = others.into_iter().find(|(other, _)| other.user == record.user);
        let lock = match deleted {
            Some((_, mut file)) => write(&mut file, &record).map(|()| file),
            None => create(&folder, &record),
        };
        let lock = lock.map_err(|error| said(&folder, &error))?;
        Ok(Self { client, record, _lock: lock })
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.record.webhook
    }

    /// Its secret.
    pub(crate) fn secret(&self) -> &str {
        &self.record.secret
    }

    /// Disables it until the next run.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn put_away(&self) -> Result<(), Failure> {
        let changes = json!({ "status": "disabled" });
        self.client.patch_webhook(self.id(), &changes).await?;
        Ok(())
    }
}

/// Makes a webhook. It gets the secret of the same user's earlier one, if such a one is known.
async fn make(
    client: &Client,
    target: &str,
    events: &[String],
    known: &[&Record],
) -> Result<Record, Failure> {
    let new = NewWebhook::new("grapnel listen", target, events.iter().cloned());
    let made = client.create_webhook(&new).await?;
    let mut secret = made.secret;
    // Only the answer says whose webhook it is.
    if let Some(earlier) = known.iter().find(|record| record.user == made.user_id) {
        client.rotate_to(&made.id, Some(&earlier.secret), Some(0)).await?;
        secret.clone_from(&earlier.secret);
    }
    Ok(Record { url: client.url().to_owned(), user: made.user_id, webhook: made.id, secret })
}

/// The records of a deployment.
#[derive(Debug, Default)]
struct Found {
    /// Those that no run uses, now locked by this one.
    free: Vec<(Record, File)>,
    /// Those that another run uses.
    in_use: Vec<Record>,
}

fn look(folder: &Path, url: &str) -> Result<Found, Failure> {
    let mut found = Found::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(said(folder, &error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|it| it == "toml")) {
        let (record, file) = match read(path) {
            Ok(read) => read,
            Err(error) => return Err(said(path, &error)),
        };
        // A file that this version does not understand is another's.
        let Some(record) = record.filter(|record| record.url == url) else { continue };
        match file.try_lock() {
            Ok(()) => found.free.push((record, file)),
            Err(TryLockError::WouldBlock) => found.in_use.push(record),
            Err(TryLockError::Error(error)) => return Err(said(path, &error)),
        }
    }
    Ok(found)
}

fn read(path: &Path) -> std::io::Result<(Option<Record>, File)> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((toml::from_str(&text).ok(), file))
}

/// Makes a record's file, for its owner alone, and locks it.
fn create(folder: &Path, record: &Record) -> std::io::Result<File> {
    fs::create_dir_all(folder)?;
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(folder.join(format!("{}.toml", record.webhook)))?;
    file.lock()?;
    write(&mut file, record)?;
    Ok(file)
}

fn write(file: &mut File, record: &Record) -> std::io::Result<()> {
    let text = toml::to_string(record).map_err(std::io::Error::other)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn said(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn record(webhook: &str) -> Record {
        Record {
            url: "https://api.example.com".into(),
            user: "demo".into(),
            webhook: webhook.into(),
            secret: "whsec_1".into(),
        }
    }

    /// The records that can be taken. Other tests start programs, which hold the lock of a file that
    /// was closed a moment ago until they have begun.
    fn free(folder: &Path) -> Vec<Record> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = look(folder, "https://api.example.com").expect("read");
            if found.in_use.is_empty() || Instant::now() > deadline {
                return found.free.into_iter().map(|(record, _)| record).collect();
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_record_is_found_again_by_its_deployment_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("listen");
        drop(create(&folder, &record("wh_1")).expect("made"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.join("wh_1.toml")).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(free(&folder), [record("wh_1")]);
        let other = look(&folder, "https://other.example.com").expect("read");
        assert!(other.free.is_empty() && other.in_use.is_empty());
    }

    #[test]
    fn a_record_that_another_run_uses_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let used = create(folder.path(), &record("wh_1")).expect("made");
        let found = look(folder.path(), "https://api.example.com").expect("read");
        assert_eq!((found.free.len(), found.in_use.len()), (0, 1));
        drop(used);
        assert_eq!(free(folder.path()), [record("wh_1")]);
    }

    #[test]
    fn a_record_can_be_replaced_by_a_shorter_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = create(folder.path(), &record("wh_longer")).expect("made");
        write(&mut file, &record("wh_2")).expect("written");
        drop(file);
        assert_eq!(free(folder.path()), [record("wh_2")]);
    }

    #[test]
    fn no_folder_is_no_error_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(look(&folder.path().join("none"), "https://a").expect("read").free.is_empty());
        fs::write(folder.path().join("x.toml"), "not = \"a record\"").expect("written");
        fs::write(folder.path().join("y.txt"), "").expect("written");
        assert!(look(folder.path(), "https://a").expect("read").free.is_empty());
    }
}
