//! What knows the ABI stays small: at most a tenth of the lines that know nothing of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::Path;

/// Lines of all Rust files below `directory`, tests left out.
fn lines(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let counted = |path: std::path::PathBuf| match path.is_dir() {
        true if path.ends_with("tests") => 0,
        true => lines(&path),
        false if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("tests.rs") => 0,
        false => fs::read_to_string(&path).unwrap().lines().count(),
    };
    entries.map(counted).sum()
}

#[test]
fn the_adapter_is_at_most_a_tenth_of_the_sdk() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let adapter = lines(&sdk.join("gatewright-proxy-wasm/src"));
    let others: usize = ["gatewright", "gatewright-core", "gatewright-testing"]
        .map(|name| lines(&sdk.join(name).join("src")))
        .iter()
        .sum();
    assert!(adapter > 0 && adapter * 10 <= adapter + others, "{adapter} of {} lines", adapter + others);
}
