//! Numbers from samples.

use std::time::Duration;

/// Durations of the same thing, many times.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn add(&mut self, sample: Duration) {
        let place = self.0.partition_point(|other| *other < sample);
        self.0.insert(place, sample);
    }

    pub fn extend(&mut self, others: &Self) {
        others.0.iter().for_each(|sample| self.add(*sample));
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds below which this share of the samples lies (nearest rank); 0 without samples.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).map_or(0.0, |sample| sample.as_secs_f64() * 1e3)
    }

    #[must_use]
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// The middle one.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Milliseconds of processor time that this process has used. The kernel's accounts in `/proc` are
/// of no use here: they are brought up to date when a thread stops running, or a tick comes.
#[cfg(unix)]
#[must_use]
pub fn own_cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

#[cfg(not(unix))]
#[must_use]
pub fn own_cpu() -> f64 {
    0.0
}

/// Milliseconds of processor time that all threads of another process have used; 0 where the system
/// does not tell. Unlike the time on the wall it does not grow with what else the machine does.
#[must_use]
pub fn cpu(process: &str) -> f64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return 0.0 };
    // The first number is nanoseconds: Documentation/scheduler/sched-stats.rst of the kernel.
    let nanoseconds = |folder: std::path::PathBuf| {
        let text = std::fs::read_to_string(folder.join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    threads.flatten().filter_map(|thread| nanoseconds(thread.path())).sum::<f64>() / 1e6
}

/// A field of `/proc/<pid>/status`, in MB.
#[must_use]
pub fn memory(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
