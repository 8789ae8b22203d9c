//! Reads the project's Markdown files, as far as the tests need.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the documentation.
pub(crate) struct Page {
    /// Where it is, from the repository's root.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block of code.
pub(crate) struct Block {
    /// Page and line, for messages.
    pub(crate) place: String,
    /// What stands behind the opening fence: a language, and what the block is about.
    pub(crate) info: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every page: those at the root, in `docs/`, and beside the policies and examples.
pub(crate) fn pages() -> Vec<Page> {
    let mut names = markdown_files("");
    names.extend(markdown_files("docs"));
    for group in ["plugins", "examples"] {
        let folders = fs::read_dir(root().join(group)).unwrap().map(|entry| entry.unwrap().file_name());
        names.extend(folders.flat_map(|folder| markdown_files(&format!("{group}/{}", folder.to_string_lossy()))));
    }
    names.sort();
    names.iter().map(|name| page(name)).collect()
}

pub(crate) fn page(name: &str) -> Page {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Page { name: name.to_owned(), text }
}

impl Page {
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut inside = false;
        for (index, line) in self.text.lines().enumerate() {
            match line.strip_prefix("```") {
                Some(info) if !inside => {
                    let place = format!("{}:{}", self.name, index + 1);
                    blocks.push(Block { place, info: info.trim().to_owned(), text: String::new() });
                    inside = true;
                }
                Some(_) => inside = false,
                None if inside => blocks.last_mut().unwrap().text.push_str(&format!("{line}\n")),
                None => {}
            }
        }
        assert!(!inside, "{}: a fence is left open", self.name);
        blocks
    }

    /// The text without its blocks of code.
    pub(crate) fn prose(&self) -> String {
        let mut inside = false;
        let outside = self.text.lines().filter(|line| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        outside.collect::<Vec<_>>().join("\n")
    }
}

fn markdown_files(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name.ends_with(".md"));
    names.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }).collect()
}
