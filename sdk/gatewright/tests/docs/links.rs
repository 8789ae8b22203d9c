//! Links between pages, to files and to headings.

use crate::markdown::{self, Page};

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let pages = markdown::pages();
    let broken: Vec<String> = pages.iter().flat_map(broken_links).collect();
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
    assert!(pages.iter().map(|page| targets(page).len()).sum::<usize>() > 20, "the tests see hardly any link");
}

#[test]
fn a_broken_link_is_found() {
    let text = "[a](docs/none.md) [b](README.md#no-such-heading) <img src=\"docs/none.svg\"> [c](https://example.com) [d](README.md)";
    let page = Page { name: "x.md".to_owned(), text: text.to_owned() };
    assert_eq!(broken_links(&page), ["x.md: docs/none.md", "x.md: README.md#no-such-heading", "x.md: docs/none.svg"]);
}

fn broken_links(page: &Page) -> Vec<String> {
    let bad = targets(page).into_iter().filter(|target| !is_good(page, target));
    bad.map(|target| format!("{}: {target}", page.name)).collect()
}

/// Targets of Markdown links, and of `src` and `srcset` of embedded HTML.
fn targets(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let mut found = Vec::new();
    for (open, close) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')] {
        let after = prose.split(open).skip(1);
        found.extend(after.filter_map(|rest| rest.split_once(close)).map(|(target, _)| target.to_owned()));
    }
    found.retain(|target| !target.contains("://"));
    found
}

fn is_good(page: &Page, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { page.name.clone() } else { format!("{folder}/{file}") };
    let path = markdown::root().join(path.trim_start_matches('/'));
    if heading.is_empty() {
        return path.exists();
    }
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let headings = Page { name: String::new(), text }.prose();
    headings.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
}

/// A heading's anchor as GitHub makes it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
