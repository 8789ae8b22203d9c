//! What a process has used, from the kernel's accounts (Linux).

use std::fs;

use anyhow::{Context, Result};

/// Bytes in memory now.
pub(super) fn rss(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("read Envoy's memory use")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map(|kib| kib * 1024).context("no VmRSS in the process status")
}

/// Nanoseconds on a CPU so far, of all threads that still run.
pub(super) fn cpu_ns(pid: u32) -> Result<u64> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("read Envoy's threads")? {
        // A thread may end between the two reads.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        total += text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).context("no time in schedstat")?;
    }
    Ok(total)
}
