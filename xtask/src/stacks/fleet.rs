//! The emulators and their stacks, for one run of the tests or until `stacks down`.

use super::{
    kept::{Kept, Lock},
    wanted::{Reuse, STACKS, Waits, Wanted, wanted},
};
use crate::{
    artifacts::Artifact,
    emulator::{self, Emulator, Settings, endpoint_url, free_port, quiet_port},
    running::{self, Purpose},
    stack::{Deployer, Stack},
    template,
    terminal::seconds,
    workspace::{Workspace, write_private},
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::Instant,
};

/// An emulator, started by this program or by an earlier `stacks up`.
#[derive(Debug)]
struct Lane {
    group: i32,
    port: u16,
    /// Only if this program started it.
    emulator: Option<Emulator>,
    /// Set when the functions and the template are stored there.
    deployer: Option<Deployer>,
}

/// A stack in the form that the tests read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(flatten)]
    stack: Stack,
    /// Where a test simulates the issuer of the stack's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer_url: Option<String>,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Fleet<'a> {
    workspace: &'a Workspace,
    programs: PathBuf,
    artifacts: &'a [Artifact],
    purpose: Purpose,
    kept: Kept,
    lanes: BTreeMap<&'static str, Lane>,
    stacks: BTreeMap<String, Described>,
    /// The stacks that were requested in this run.
    asked: BTreeSet<&'static str>,
    _lock: Lock,
}

impl<'a> Fleet<'a> {
    /// Finds the emulators and stacks that `stacks up` left, without outdated ones. Others are
    /// started when they are requested: to stay if `stays` is set or if any was left, otherwise to
    /// end with this run.
    ///
    /// # Errors
    /// If another program uses them, or the process list can't be read.
    pub(crate) async fn find(
        workspace: &'a Workspace,
        artifacts: &'a [Artifact],
        stays: bool,
    ) -> Result<Self> {
        let lock = Lock::take(workspace)?;
        let programs = emulator::install(workspace).await?;
        let mut fleet = Self {
            workspace,
            programs,
            artifacts,
            purpose: if stays { Purpose::Stacks } else { Purpose::Test },
            kept: Kept { emulator_source: emulator_source(workspace)?, ..Kept::default() },
            lanes: BTreeMap::new(),
            stacks: BTreeMap::new(),
            asked: BTreeSet::new(),
            _lock: lock,
        };
        fleet.adopt()?;
        Ok(fleet)
    }

    /// Takes over the valid emulators and stacks of an earlier run.
    fn adopt(&mut self) -> Result<()> {
        let kept = Kept::read(self.workspace);
        let is_current = kept.emulator_source == self.kept.emulator_source;
        for record in running::survey(self.workspace)? {
            if record.purpose != Purpose::Stacks {
                continue;
            }
            self.purpose = Purpose::Stacks;
            let waits = Waits::ALL
                .into_iter()
                .find(|waits| kept.emulators.get(waits.emulator()) == Some(&record.group));
            match waits.filter(|_| is_current) {
                Some(waits) => {
                    let lane = Lane {
                        group: record.group,
                        port: record.port,
                        emulator: None,
                        deployer: None,
                    };
                    self.lanes.insert(waits.emulator(), lane);
                }
                // It was not ready when its `stacks up` was killed, or its start settings have
                // changed.
                None => {
                    println!("the local AWS of process {} is out of date and ended", record.group);
                    running::end(self.workspace, &record);
                }
            }
        }
        let described = fs::read(self.file()).unwrap_or_default();
        let described: BTreeMap<String, Described> =
            serde_json::from_slice(&described).unwrap_or_default();
        for (name, described) in described {
            let Some(wanted) = wanted(&name) else { continue };
            let made_of = kept.stacks.get(&name);
            let is_there = self.lanes.get(wanted.waits.emulator()).is_some_and(|lane| {
                described.stack.endpoint_url == endpoint_url(lane.port) && made_of.is_some()
            });
            if !is_there || wanted.reuse == Reuse::EachRun {
                continue;
            }
            let source = self.source_of(wanted)?;
            if made_of == Some(&source) {
                self.kept.stacks.insert(name.clone(), source);
                self.stacks.insert(name, described);
            } else {
                println!("stack {name}: its code or template has changed, it is replaced");
            }
        }
        self.write()
    }

    /// Whether it uses or leaves stacks for other runs.
    pub(crate) fn stays(&self) -> bool {
        self.purpose == Purpose::Stacks
    }

    /// The stacks that are ready.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &str> {
        self.stacks.keys().map(String::as_str)
    }

    /// The file that describes the stacks to the tests.
    pub(crate) fn file(&self) -> PathBuf {
        self.workspace.local("test-stacks.json")
    }

    /// The logs of the emulators and of the functions.
    pub(crate) fn logs(&self) -> String {
        let logs = self.lanes.keys().map(|name| emulator::log(self.workspace, name));
        logs.map(|log| log.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    /// Makes a stack ready, and describes it in the file.
    ///
    /// # Errors
    /// If there is no such stack, or it can't be deployed.
    pub(crate) async fn ensure(&mut self, name: &str) -> Result<()> {
        let wanted = wanted(name).with_context(|| {
            let names: Vec<_> = STACKS.iter().map(|stack| stack.name).collect();
            format!("no stack is called `{name}`; there are {}", names.join(", "))
        })?;
        self.asked.insert(wanted.name);
        if self.stacks.contains_key(name) {
            return Ok(());
        }
        let began = Instant::now();
        let source = self.source_of(wanted)?;
        let issuer_url = match wanted.name {
            "tokens" => Some(format!("http://127.0.0.1:{}", quiet_port()?)),
            _ => None,
        };
        // Tests read far more often than a user would; the stack's own parameters follow.
        let mut parameters = vec![("RequestsPerUserPerMinute", "100000")];
        parameters.extend_from_slice(wanted.parameters);
        parameters.extend(issuer_url.as_deref().map(|url| ("JwtIssuer", url)));
        // A separate source, because the stacks share a bus.
        let event_source = format!("{name}.platform");
        let deployer = self.deployer(wanted.waits).await?;
        let stack = deployer.deploy(name, &event_source, &parameters).await?;
        self.stacks.insert(name.to_owned(), Described { stack, issuer_url });
        self.kept.stacks.insert(name.to_owned(), source);
        self.write()?;
        println!("stack {name}: deployed in {}", seconds(began.elapsed()));
        Ok(())
    }

    /// Calls [`Fleet::ensure`] for every stack that `fits`.
    ///
    /// # Errors
    /// If one can't be deployed.
    pub(crate) async fn ensure_all(&mut self, fits: impl Fn(&Wanted) -> bool) -> Result<()> {
        for stack in STACKS.iter().filter(|stack| fits(stack)) {
            self.ensure(stack.name).await?;
        }
        Ok(())
    }

    /// Leaves what must stay, except stacks that another run cannot use, and ends everything else.
    ///
    /// # Errors
    /// If a stack can't be deleted.
    pub(crate) async fn release(mut self) -> Result<()> {
        if self.stays() {
            let used: Vec<_> = STACKS
                .iter()
                .filter(|stack| stack.reuse == Reuse::EachRun && self.asked.contains(stack.name))
                .collect();
            for stack in used {
                if self.stacks.remove(stack.name).is_some() {
                    self.kept.stacks.remove(stack.name);
                    self.write()?;
                    self.deployer(stack.waits).await?.delete(stack.name).await?;
                }
            }
        }
        for lane in self.lanes.into_values() {
            if let Some(emulator) = lane.emulator {
                emulator.release().await;
            }
        }
        Ok(())
    }

    /// The emulator with these waits, started if necessary, with the functions and the template
    /// stored there.
    async fn deployer(&mut self, waits: Waits) -> Result<&Deployer> {
        let name = waits.emulator();
        if !self.lanes.contains_key(name) {
            let settings = Settings {
                programs: &self.programs,
                port: free_port()?,
                purpose: self.purpose,
                wait_scale: waits.scale(),
                name,
            };
            let mut emulator = Emulator::start(self.workspace, &settings).await?;
            let lane = Lane {
                group: emulator.group().id(),
                port: settings.port,
                emulator: Some(emulator),
                deployer: None,
            };
            self.lanes.insert(name, lane);
            self.write()?;
        }
        let lane = self.lanes.get_mut(name).context("an emulator")?;
        if lane.deployer.is_none() {
            let url = endpoint_url(lane.port);
            lane.deployer = Some(Deployer::upload(self.workspace, &url, self.artifacts).await?);
        }
        lane.deployer.as_ref().context("a deployer")
    }

    /// The sources of a stack: the functions, the template and its parts, and the parameters.
    fn source_of(&self, wanted: &Wanted) -> Result<String> {
        let mut hash = Sha256::new();
        for artifact in self.artifacts {
            hash.update(artifact.key());
        }
        for path in [template::MACHINE.0, "template.yaml"] {
            hash.update(fs::read(self.workspace.path(path)).with_context(|| path.to_owned())?);
        }
        hash.update(format!("{:?}", wanted.parameters));
        Ok(hex::encode(hash.finalize()))
    }

    /// Describes the stacks to the tests, and to a later run if they stay.
    fn write(&mut self) -> Result<()> {
        // In one step, because tests read it meanwhile.
        let new = self.workspace.local("test-stacks.json.new");
        write_private(&new, &serde_json::to_vec_pretty(&self.stacks)?)?;
        fs::rename(new, self.file())?;
        if self.stays() {
            let lanes = self.lanes.iter().map(|(name, lane)| ((*name).to_owned(), lane.group));
            self.kept.emulators = lanes.collect();
            self.kept.write(self.workspace)?;
        }
        Ok(())
    }
}

/// The sources of emulators: a running one is outdated when these change.
fn emulator_source(workspace: &Workspace) -> Result<String> {
    let mut hash = Sha256::new();
    for path in ["infra/emulator/start.py", "infra/emulator/requirements.txt"] {
        hash.update(fs::read(workspace.path(path)).with_context(|| path.to_owned())?);
    }
    Ok(hex::encode(hash.finalize()))
}
