//! The case runner's own tests: files that are wrong are refused, and every expectation can fail.

mod checking;
mod finding;
mod hosts;
mod minting;
mod parsing;
mod running;

use std::path::Path;

use anyhow::Result;

use super::file::CaseFile;

/// A case file of one case.
fn file_with(case: &str) -> Result<CaseFile> {
    let case: String = case.lines().map(|line| format!("    {line}\n")).collect();
    parse(&format!("about: a test\nconfig: {{}}\ncases:\n  - name: one\n{case}"))
}

fn parse(text: &str) -> Result<CaseFile> {
    CaseFile::parse(Path::new("some/tests/cases/file.yaml"), text)
}
