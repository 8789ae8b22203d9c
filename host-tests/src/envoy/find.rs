//! Which Envoy binary the tests run.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The binary: `ENVOY_BIN`, or the one that `make envoy` installed into `.envoy/` at the repository's root.
///
/// # Errors
/// There is none.
pub fn find() -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the tests' environment, not a policy's, says which Envoy to run")]
    let chosen = std::env::var("ENVOY_BIN").ok();
    find_in(chosen.as_deref(), Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))
}

fn find_in(chosen: Option<&str>, root: &Path) -> Result<PathBuf> {
    if let Some(path) = chosen.filter(|path| !path.is_empty()) {
        if Path::new(path).is_file() {
            return Ok(path.into());
        }
        bail!("ENVOY_BIN is {path:?}, which is no file: set it to an Envoy binary, or unset it and run `make envoy`");
    }
    let lib = root.join(".envoy/lib");
    let pythons = std::fs::read_dir(&lib).into_iter().flatten().flatten();
    let mut binaries = pythons.map(|python| python.path().join("site-packages/envoy/_bin/envoy"));
    match binaries.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => {
            bail!("no Envoy to test with: run `make envoy`, or set ENVOY_BIN to an Envoy binary")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_binary_wins_over_an_installed_one() {
        let dir = tempfile::tempdir().unwrap();
        let installed = dir.path().join(".envoy/lib/python3.11/site-packages/envoy/_bin/envoy");
        assert!(find_in(None, dir.path()).unwrap_err().to_string().contains("run `make envoy`"));

        std::fs::create_dir_all(installed.parent().unwrap()).unwrap();
        std::fs::write(&installed, "").unwrap();
        assert_eq!(find_in(None, dir.path()).unwrap(), installed);
        assert_eq!(find_in(Some(""), dir.path()).unwrap(), installed);

        let chosen = dir.path().join("envoy");
        std::fs::write(&chosen, "").unwrap();
        assert_eq!(find_in(chosen.to_str(), dir.path()).unwrap(), chosen);
    }

    #[test]
    fn a_chosen_binary_that_is_missing_is_an_error_that_names_it() {
        let error = find_in(Some("/nowhere/envoy"), Path::new("/")).unwrap_err().to_string();
        assert!(error.contains("ENVOY_BIN") && error.contains("/nowhere/envoy"), "{error}");
    }
}
