//! The pages in `docs` say what the code does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use request_filter::groups::Group;

#[test]
fn every_signature_is_listed_in_its_group() {
    let page = fs::read_to_string(folder("docs/signatures.md")).unwrap();
    for group in Group::ALL {
        let heading = format!("\n## `{}`\n", group.name());
        let section = page.split_once(&heading).unwrap().1.split("\n## ").next().unwrap();
        let listed: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
        let expected: Vec<String> =
            group.signatures().iter().map(|signature| row(signature.id, signature.severity)).collect();
        let shown: Vec<String> =
            listed.iter().map(|line| line.split(" | ").take(2).collect::<Vec<_>>().join(" | ")).collect();
        assert_eq!(shown, expected, "{}", group.name());
    }
}

#[test]
fn every_refusal_is_listed() {
    for (page, source, prefixes) in [
        ("docs/bodies.md", "src/body", &["json_", "form_", "multipart_", "body_", "content_type_"][..]),
        ("docs/contract.md", "src/contract", &["contract_"][..]),
    ] {
        let page = fs::read_to_string(folder(page)).unwrap();
        let listed: BTreeSet<&str> = page.split('`').filter(|part| is_reason(part, prefixes)).collect();
        let sources = sources(&folder(source));
        let written: BTreeSet<&str> = sources.split('"').filter(|part| is_reason(part, prefixes)).collect();
        assert!(written.len() > 8, "{source}");
        assert_eq!(listed, written, "{source}");
    }
}

fn row(id: &str, severity: impl std::fmt::Debug) -> String {
    format!("| `{id}` | {}", format!("{severity:?}").to_lowercase())
}

fn is_reason(text: &str, prefixes: &[&str]) -> bool {
    let word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'8');
    word && prefixes.iter().any(|prefix| text.starts_with(prefix))
}

/// All code of a folder, and of the file of its name, without tests.
fn sources(folder: &Path) -> String {
    let mut code = fs::read_to_string(folder.with_extension("rs")).unwrap_or_default();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code += &sources(&path);
        } else if path.file_name().unwrap() != "tests.rs" {
            code += fs::read_to_string(path).unwrap().split("#[cfg(test)]").next().unwrap();
        }
    }
    code
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
