//! The directory with one Envoy's configuration and logs.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

/// A temporary directory that outlives a failed test, for a look at what is in it.
#[derive(Debug)]
pub(super) struct Files {
    dir: Option<TempDir>,
    path: PathBuf,
}

/// Why an Envoy did not start. Holds its files, so that they too outlive a failed test.
#[derive(Debug)]
pub(super) struct StartFailure {
    pub(super) complaints: Vec<String>,
    pub(super) files: Files,
}

impl Files {
    /// An empty one.
    pub(super) fn new() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("gatewright-envoy-").tempdir()?;
        Ok(Self { path: dir.path().to_path_buf(), dir: Some(dir) })
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let (true, Some(dir)) = (std::thread::panicking(), self.dir.take()) {
            let _path = dir.keep();
        }
    }
}

impl fmt::Display for StartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envoy did not start: {}", self.complaints.join("\n"))?;
        write!(f, "\n(configuration and log, kept if the test fails: {})", self.files.path.display())
    }
}
