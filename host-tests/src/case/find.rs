//! The plugins of the workspace, and their case files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that plugins are in.
const FOLDERS: [&str; 2] = ["plugins", "examples"];

/// A crate that is a plugin: it has a `gatewright::export!` or a `gatewright::export_gateway!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginCrate {
    /// Name of the package, which is the name of its folder.
    pub name: String,
    /// Its case files, by name. A plugin without any is not proven: whoever asks refuses it.
    pub files: Vec<PathBuf>,
}

/// All plugins under a workspace's root, by name.
///
/// # Errors
/// A folder or source file cannot be read.
pub fn plugins(root: &Path) -> Result<Vec<PluginCrate>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        for package in children(&root.join(folder))? {
            if exports(&package.join("src"))? {
                let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push(PluginCrate { name, files: case_files(&package)? });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn case_files(package: &Path) -> Result<Vec<PathBuf>> {
    let files = children(&package.join("tests/cases"))?;
    Ok(files.into_iter().filter(|file| has_extension(file, "yaml")).collect())
}

/// Whether any source file of a crate exports a policy.
fn exports(folder: &Path) -> Result<bool> {
    for path in children(folder)? {
        let found = if path.is_dir() {
            exports(&path)?
        } else {
            let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let text = String::from_utf8_lossy(&text);
            has_extension(&path, "rs") && text.lines().any(|line| line.trim_start().starts_with("gatewright::export"))
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is in a folder, in order; nothing where there is no such folder.
fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|found| found == wanted)
}
