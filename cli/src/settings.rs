//! Where the API is and who calls: from flags, the environment, a file, or a local Grapnel.
//!
//! A key that a file keeps belongs to the address beside it. If the address comes from somewhere
//! else and is another one, the file's key stays where it is: a key must go nowhere but where its
//! owner sent it.

pub(crate) mod file;
mod local;
mod source;

pub(crate) use source::shown;

use crate::failure::Failure;
use clap::Args;
use grapnel_client::Client;
use source::Source;
use std::fmt;

/// The settings that can be given as flags.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Flags {
    /// Address of the API [env: GRAPNEL_URL]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub(crate) api: Option<String>,
    /// API key; prefer the environment, because other users can see flags [env: GRAPNEL_KEY]
    #[arg(long, global = true, hide_short_help = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// User to act for, with an admin key [env: GRAPNEL_USER]
    #[arg(long, global = true, hide_short_help = true, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// Allow sending the key unencrypted to an http:// address that is not this machine
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_http: bool,
}

/// A setting and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The value.
    pub(crate) value: String,
    /// The name of the source.
    pub(crate) from: String,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where the API is.
    pub(crate) url: Option<Setting>,
    /// The key.
    pub(crate) key: Option<Setting>,
    /// The user to act for.
    pub(crate) user: Option<Setting>,
    /// Whether a key may travel unencrypted.
    pub(crate) allow_http: bool,
    /// The local Grapnel that would have been used, if a key was not set somewhere else.
    pub(crate) unused: Option<Unused>,
}

/// An implicit source that is not used, because of a key of another source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unused {
    /// The name of the source.
    name: String,
    /// Where the key is set.
    key_names: String,
}

/// Whose key a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Any.
    Anyone,
    /// The admin.
    Admin,
}

/// What the output of a stack that a command names is called as a source.
const OUTPUT: &str = "the stack's output ApiUrl";

/// Finds the settings. `output` is the address of the stack that the command names.
///
/// # Errors
/// When the configuration file is there and cannot be read.
pub(crate) fn find(
    flags: &Flags,
    output: Option<String>,
    caller: Caller,
) -> Result<Settings, Failure> {
    let from_flags = Source {
        name: "a flag".into(),
        url: flags.api.clone(),
        key: flags.key.clone(),
        // A key that is given as a flag is also the admin's key.
        admin_key: flags.key.clone(),
        key_names: "--key".into(),
        user: flags.user.clone(),
        ..Source::default()
    };
    let sources = [
        Some(from_flags),
        Some(Source { name: OUTPUT.into(), url: output, ..Source::default() }),
        Some(from_environment(|name| std::env::var(name).ok())),
        file::read()?.map(|kept| kept.source(&file::path())),
        std::env::current_dir().ok().and_then(|here| local::find(&here)),
    ];
    let sources: Vec<Source> = sources.into_iter().flatten().collect();
    Ok(Settings { allow_http: flags.allow_http, ..choose(&sources, caller) })
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Source {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let names = ["GRAPNEL_KEY", "GRAPNEL_ADMIN_KEY"].into_iter().filter(|name| set(name).is_some());
    Source {
        key_names: names.collect::<Vec<_>>().join(" and "),
        name: "the environment".into(),
        url: set("GRAPNEL_URL"),
        key: set("GRAPNEL_KEY"),
        admin_key: set("GRAPNEL_ADMIN_KEY"),
        user: set("GRAPNEL_USER"),
        ..Source::default()
    }
}

/// Takes each setting from the first source that has it, with two exceptions. A bound key goes only to
/// the address of its own source; a bound user is taken only together with the key of its own source,
/// since another key may act for another user. An implicit source is not used at all if an earlier
/// source has a key: the key may be of another deployment.
fn choose(sources: &[Source], caller: Caller) -> Settings {
    let has_key = |source: &&Source| source.key.is_some() || source.admin_key.is_some();
    let mut unused = None;
    let mut used: Vec<&Source> = Vec::new();
    for source in sources {
        match used.iter().copied().find(has_key).filter(|_| source.is_implicit) {
            Some(other) => {
                let key_names = other.key_names.clone();
                unused = Some(Unused { name: source.name.clone(), key_names });
            }
            None => used.push(source),
        }
    }
    let sources = used;
    let first = |pick: &dyn Fn(&Source) -> Option<String>| {
        sources.iter().find_map(|source: &&Source| {
            Some(Setting { value: pick(source)?, from: source.name.clone() })
        })
    };
    let url = first(&|source| source.url.clone());
    let address = |text: &str| text.trim_end_matches('/').to_owned();
    let chosen = url.as_ref().map(|url| address(&url.value));
    let applies = |source: &Source| {
        !source.is_bound || source.url.as_deref().map(address).as_ref() == chosen.as_ref()
    };
    let key_of = |source: &Source| {
        let admin = source.admin_key.clone().filter(|_| caller == Caller::Admin);
        admin.or_else(|| source.key.clone()).filter(|_| applies(source))
    };
    let key = first(&key_of);
    let of_key = sources.iter().position(|source| key_of(source).is_some());
    let user = sources.iter().enumerate().find_map(|(index, source)| {
        let goes_with_key = !source.is_bound || of_key == Some(index);
        let value = source.user.clone().filter(|_| goes_with_key)?;
        Some(Setting { value, from: source.name.clone() })
    });
    let unused = unused.filter(|_| url.is_none());
    Settings { url, key, user, allow_http: false, unused }
}

impl Settings {
    /// A client of the API.
    ///
    /// # Errors
    /// When there is no address or no key, or the key would travel unencrypted.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let url = self.url()?;
        let key = self.key.as_ref().ok_or_else(|| {
            Failure::usage(format!("there is no key for {url}")).advise(
                "Set GRAPNEL_KEY, or run `grapnel login`, which saves one. An admin creates keys: \
                 grapnel keys create USER",
            )
        })?;
        if !self.allow_http && !is_private(url) {
            let advice = "Use https://. If nobody can read the connection, --allow-http allows it.";
            let message = format!("the key would travel unencrypted to {url}");
            return Err(Failure::usage(message).advise(advice));
        }
        let mut builder = Client::builder(url).key(&key.value);
        if let Some(user) = &self.user {
            builder = builder.user(&user.value);
        }
        Ok(builder.build()?)
    }

    /// A client without a key.
    ///
    /// # Errors
    /// When there is no address.
    pub(crate) fn anonymous(&self) -> Result<Client, Failure> {
        Ok(Client::builder(self.url()?).build()?)
    }

    /// Whether the address is that of the stack that the command names.
    pub(crate) fn is_of_stack(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.from == OUTPUT)
    }

    fn url(&self) -> Result<&str, Failure> {
        self.url.as_ref().map(|url| url.value.as_str()).ok_or_else(|| {
            let advice = match &self.unused {
                Some(unused) => {
                    format!("{unused} Run eval \"$(cargo xtask env)\", or set GRAPNEL_URL too.")
                }
                None => {
                    "Set GRAPNEL_URL to the stack's output ApiUrl, or run `grapnel login`, which \
                         saves it. In a checkout, `cargo xtask up` runs a local Grapnel."
                        .to_owned()
                }
            };
            Failure::usage("it is not known where the API is").advise(advice)
        })
    }
}

/// Whether what goes there can be read on the way by nobody else: https, or this machine.
fn is_private(url: &str) -> bool {
    // What is no address is refused as that.
    let Ok(url) = url.parse::<hyper::Uri>() else { return true };
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    url.scheme_str() != Some("http")
        || is_loopback
        || host == "localhost"
        || host.ends_with(".localhost")
}

/// A secret as it may be shown: what kind it is, and its last characters if it is long enough for
/// them to give nothing away.
pub(crate) fn masked(secret: &str) -> String {
    let prefix = secret.split_inclusive('_').next().filter(|it| it.len() <= 6 && it.ends_with('_'));
    let end = secret.get(secret.len().saturating_sub(4)..).filter(|_| secret.len() >= 24);
    format!("{}…{}", prefix.unwrap_or_default(), end.unwrap_or_default())
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key_names } = self;
        write!(f, "A key is set ({key_names}), so the address in {name} is not used.")
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows =
            [("api", &self.url, false), ("key", &self.key, true), ("user", &self.user, false)];
        for (name, setting, hide) in rows {
            match setting {
                Some(Setting { value, from }) if hide => {
                    writeln!(f, "{name:<5} {} (from {from})", masked(value))?;
                }
                Some(Setting { value, from }) => writeln!(f, "{name:<5} {value} (from {from})")?,
                None => writeln!(f, "{name:<5} not set")?,
            }
        }
        match &self.unused {
            Some(unused) => writeln!(f, "{unused}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
