//! Builds packages of this workspace for wasm, as they ship.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

/// What a module is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `wasm32-wasip1`: what we ship.
    Wasip1,
    /// `wasm32-unknown-unknown`.
    Unknown,
}

impl Target {
    /// The target's name to rustc.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self {
            Self::Wasip1 => "wasm32-wasip1",
            Self::Unknown => "wasm32-unknown-unknown",
        }
    }
}

/// Builds a package's `cdylib` with the release profile and returns the `.wasm` file. Once per process; a process that finds
/// nothing changed only asks cargo. Modules have a target folder of their own, so the cargo that runs the tests is not waited for.
///
/// # Errors
/// cargo fails (the error has its command and the end of what it said) or the package makes no `.wasm`.
pub fn module(package: &str, target: Target) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<(String, Target), PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().map_err(|_| anyhow!("an earlier build panicked"))?;
    if let Some(path) = built.get(&(package.to_owned(), target)) {
        return Ok(path.clone());
    }
    let path = build(package, target, Names::Stripped)?;
    built.insert((package.to_owned(), target), path.clone());
    Ok(path)
}

/// As [`module`], with the names of the functions in it: the same code, for a profile to read.
///
/// # Errors
/// As [`module`].
pub fn named_module(package: &str) -> Result<PathBuf> {
    build(package, Target::Wasip1, Names::Kept)
}

/// The root of the workspace.
#[must_use]
pub fn workspace_root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The target folder of the running test, which cargo marks; the workspace's own when there is none.
#[must_use]
pub fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.map_or_else(|| workspace_root().join("target"), Path::to_path_buf)
}

/// Whether a module has the names of its functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Stripped,
    Kept,
}

fn build(package: &str, target: Target, names: Names) -> Result<PathBuf> {
    let folder = target_folder().join(if names == Names::Kept { "plugins-wasm-named" } else { "plugins-wasm" });
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let _lock = lock(&folder.join("build.lock"))?;
    let mut command = cargo(package, target, &folder);
    if names == Names::Kept {
        command.env("CARGO_PROFILE_RELEASE_STRIP", "none");
    }
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed ({}):\n{}", output.status, last_lines(&output.stderr, 60));
    }
    artifact(&output.stdout).with_context(|| format!("{command:?} made no .wasm; its [lib] needs crate-type cdylib"))
}

/// Settings meant for the native build, a coverage build's say, must not reach this one.
fn cargo(package: &str, target: Target, folder: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(workspace_root()).args(["build", "--release", "--message-format=json-render-diagnostics"]);
    command.args(["--target", target.triple(), "-p", package]).arg("--target-dir").arg(folder);
    for setting in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        command.env_remove(setting);
    }
    for setting in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "LLVM_PROFILE_FILE"] {
        command.env_remove(setting);
    }
    command
}

/// The `.wasm` that cargo says it made, the last one: dependencies come first.
fn artifact(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n');
    let mut made = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok()).filter_map(|message| {
        let files = message.get("filenames")?.as_array()?;
        let file = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm"))?;
        Some(PathBuf::from(file))
    });
    made.next_back()
}

/// One build at a time over all test processes. cargo has a lock of its own, but waits for it without end.
fn lock(path: &Path) -> Result<File> {
    const WAIT: Duration = Duration::from_millis(50);
    const TRIES: u32 = 20 * 60 * 20;
    let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
            Err(TryLockError::WouldBlock) => pause(WAIT),
        }
    }
    bail!("{} has been locked by another build for 20 minutes", path.display())
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, which has no other way to tell")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn last_lines(bytes: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<_> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(count)).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_does_not_exist_is_named_with_the_command() {
        let error = format!("{:#}", module("no-such-package", Target::Wasip1).unwrap_err());
        assert!(error.contains("wasm32-wasip1") && error.contains("no-such-package"), "{error}");
    }

    #[test]
    fn the_module_is_the_last_that_cargo_made() {
        let messages = br#"{"reason":"compiler-artifact","filenames":["/a/dep.rlib"]}
{"reason":"compiler-artifact","filenames":["/a/first.wasm"]}
not json
{"reason":"compiler-artifact","filenames":["/a/x.d","/a/plugin.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(artifact(messages), Some(PathBuf::from("/a/plugin.wasm")));
        assert_eq!(artifact(b"{}"), None);
    }
}
