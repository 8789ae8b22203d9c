//! Case files: exchanges described once, in YAML, and run on every host. Their format is `docs/testing.md`.
//!
//! [`CaseFile::load`] reads a file, [`run`] plays it on a [`Deployed`](crate::deploy::Deployed) plugin and tells every difference
//! between what it expects and what was seen. [`plugins`] finds the plugins of the workspace and their files.

mod check;
mod duration;
mod file;
mod find;
mod jwt;
mod message;
mod report;
mod run;
mod template;
mod text;
mod vars;

pub use file::{Case, CaseFile};
pub use find::{PluginCrate, plugins};
pub use report::Failure;
pub use run::{SLEEP_LIMIT, run};

#[cfg(test)]
mod tests;
