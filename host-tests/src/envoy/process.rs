//! The Envoy process: its own process group, its own directory, ended by its id.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::files::{Files, StartFailure};
use super::log;

/// A started process and its files.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    files: Option<Files>,
    path: PathBuf,
}

impl Process {
    /// Starts a binary in the directory, both outputs going to a file there.
    pub(super) fn start(binary: &Path, files: Files, arguments: &[String]) -> Result<Self> {
        let path = files.path().to_path_buf();
        let output = File::create(path.join("envoy.log")).context("create Envoy's log")?;
        let child = Command::new(binary)
            .args(arguments)
            .current_dir(&path)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        Ok(Self { child, files: Some(files), path })
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// A file of its directory.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The log so far; bytes that are not UTF-8 are replaced.
    pub(super) fn log(&self) -> Result<String> {
        let bytes = fs::read(self.file("envoy.log")).context("read Envoy's log")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Ends it and says what went wrong.
    pub(super) fn autopsy(mut self) -> Option<StartFailure> {
        let complaints = log::complaints(&self.log().unwrap_or_default());
        self.files.take().map(|files| StartFailure { complaints, files })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Dropped unreaped, so the id is still ours.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let (Some(group), false) = (group, self.has_ended()) {
            let _gone = kill_process_group(group, Signal::KILL);
        }
        let _reaped = self.child.wait();
    }
}
