//! What is told about a case that failed.

use std::fmt;
use std::path::PathBuf;

use crate::deploy::HostKind;

/// A case in which something else came out than expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The file.
    pub file: PathBuf,
    /// The name of the case.
    pub case: String,
    /// The host that it failed on.
    pub host: HostKind,
    /// What differs, one entry per field.
    pub(super) mismatches: Vec<Mismatch>,
    /// What the plugin logged during the case.
    pub(super) log: Vec<String>,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) field: String,
    pub(super) expected: String,
    pub(super) got: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {:?} on {}", self.file.display(), self.case, self.host)?;
        for Mismatch { field, expected, got } in &self.mismatches {
            writeln!(f, "  expect.{field}\n    expected: {expected}\n    got:      {got}")?;
        }
        for line in &self.log {
            writeln!(f, "  log: {line}")?;
        }
        Ok(())
    }
}
