//! What no file of the repository says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use gatewright_host::build::workspace_root;

/// Folders with what was built or installed.
const MADE: [&str; 4] = [".git", ".envoy", ".tools", "target"];

#[test]
fn no_file_names_a_registry_or_a_machine() {
    // In pieces, so that this file does not name them either.
    let hosts = [["crates", ".io"], ["pypi", ".org"], ["python", "hosted.org"], ["npm", "js.org"], ["golang", ".org"]];
    let folders = [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"], ["/t", "mp/"]];
    // Cargo writes the lock file: there the registry is the name of a source.
    let files = files(|path| path.file_name().is_none_or(|name| name != "Cargo.lock"));
    assert!(files.len() > 200, "{}", files.len());
    for words in hosts.into_iter().chain(folders) {
        assert_eq!(naming(&files, &words.concat()), [""; 0], "{}", words.concat());
    }
}

#[test]
fn no_test_and_no_example_is_left_out() {
    let of = |wanted: &'static str| files(move |path| path.extension().is_some_and(|extension| extension == wanted));
    let (mut sources, mut pages) = (of("rs"), of("md"));
    let attribute = ["#[ign", "ore"].concat();
    assert_eq!(naming(&sources, &attribute), [""; 0], "{attribute}");
    pages.append(&mut sources);
    for fence in ["", "rust,", "rust, "].map(|language| format!("{}{language}{}", "```", "ignore")) {
        assert_eq!(naming(&pages, &fence), [""; 0], "{fence}");
    }
}

/// Places that contain the word, as `file:line`.
fn naming(files: &[(PathBuf, String)], word: &str) -> Vec<String> {
    let places = files.iter().flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(word));
        lines.map(|(index, _)| format!("{}:{}", path.display(), index + 1))
    });
    places.collect()
}

/// The text files of the repository that are wanted, with their paths from its root.
fn files(wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![workspace_root().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() && !MADE.contains(&entry.file_name().to_str().unwrap()) {
                open.push(path);
            } else if kind.is_file() && wanted(&path) {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                found.push((path.strip_prefix(workspace_root()).unwrap().to_owned(), text));
            }
        }
    }
    found
}
