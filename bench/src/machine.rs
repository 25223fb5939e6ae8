//! The machine of a measurement, and what else it did meanwhile.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    time::{Duration, Instant},
};

/// Of a second, in which the system counts processor time here.
const TICK: Duration = Duration::from_millis(10);

/// The machine as text: processor, cores, memory, system.
pub(crate) fn description() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let of = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = of(&cpuinfo, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let memory = of(&read("/proc/meminfo"), "MemTotal")
        .and_then(|total| total.strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} GiB", kib >> 20));
    let has_sha = cpuinfo.contains("sha_ni");
    let sha = if has_sha { "with SHA instructions" } else { "without SHA instructions" };
    let system = read("/proc/sys/kernel/osrelease");
    format!("{cores} x {processor} ({sha}){memory}, Linux {}", system.trim())
}

/// What else a machine did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    /// Cores that other work kept busy, on average.
    pub(crate) others: f64,
    /// Seconds for which the host took the processor away.
    pub(crate) stolen: f64,
    /// The load average of the last minute, at the end.
    pub(crate) load: f64,
}

impl Noise {
    pub(crate) fn json(self) -> Value {
        json!({ "otherCores": self.others, "stolenSeconds": self.stolen, "loadAverage": self.load })
    }
}

/// The beginning of a time in which noise is measured.
#[derive(Debug)]
pub(crate) struct Listening {
    began: Instant,
    busy: Duration,
    stolen: Duration,
    own: Duration,
}

impl Listening {
    pub(crate) fn begin() -> Result<Self> {
        let (busy, stolen) = machine_time()?;
        Ok(Self { began: Instant::now(), busy, stolen, own: own_time()? })
    }

    pub(crate) fn end(self) -> Result<Noise> {
        let (busy, stolen) = machine_time()?;
        let own = own_time()?.saturating_sub(self.own);
        let others = (busy - self.busy).saturating_sub(own);
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split_whitespace().next().context("no load average")?.parse()?;
        Ok(Noise {
            others: others.as_secs_f64() / self.began.elapsed().as_secs_f64(),
            stolen: (stolen - self.stolen).as_secs_f64(),
            load,
        })
    }
}

fn ticks(count: u64) -> Duration {
    TICK * u32::try_from(count).unwrap_or(u32::MAX)
}

/// How long all cores together were busy since the start, and how long the host took them away.
fn machine_time() -> Result<(Duration, Duration)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("an empty /proc/stat")?;
    let fields: Vec<u64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, _, _, irq, softirq, steal, ..] = fields[..] else {
        anyhow::bail!("/proc/stat is not as expected: {line}");
    };
    Ok((ticks(user + nice + system + irq + softirq), ticks(steal)))
}

/// The processor time of this process and of the programs that it started and that have ended.
fn own_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("/proc/self/stat is not as expected")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // utime, stime, cutime and cstime are the fields 14 to 17, and the third one is the first here.
    let times = fields.get(11..15).context("/proc/self/stat is too short")?;
    Ok(ticks(times.iter().filter_map(|field| field.parse::<u64>().ok()).sum()))
}
