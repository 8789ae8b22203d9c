//! The inputs that fuzzing found worth keeping, natively: `make fuzz` looks for more.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

#[test]
fn no_token_breaks_the_parser() {
    replay("token", targets::token);
}

#[test]
fn no_key_set_breaks_the_parser() {
    replay("jwks", targets::jwks);
}

#[test]
fn no_configuration_breaks_the_policy() {
    replay("config", targets::config);
}

fn replay(kind: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "only {} inputs", files.len());
    for file in files {
        let input = fs::read(&file).unwrap();
        assert!(catch_unwind(|| target(&input)).is_ok(), "{}", file.display());
    }
}
