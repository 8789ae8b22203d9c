//! The inputs that fuzzing found worth keeping, natively.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

#[test]
fn no_json_breaks_the_reader() {
    replay("json", targets::json);
}

#[test]
fn no_form_breaks_the_reader() {
    replay("form", targets::form);
}

#[test]
fn no_multipart_body_breaks_the_reader() {
    replay("multipart", targets::multipart);
}

#[test]
fn no_value_breaks_the_normaliser() {
    replay("normalise", targets::normalise);
}

#[test]
fn no_contract_or_body_breaks_the_check() {
    replay("contract", targets::contract);
}

#[test]
fn no_value_escapes_the_prefilters() {
    replay("engine", targets::engine);
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
