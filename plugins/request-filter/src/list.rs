//! Large sets of texts, such as blocklists.

use std::collections::HashSet;

/// A set of texts, asked by whole text. The time that takes does not depend on its size.
#[derive(Debug, Default)]
pub struct StringList {
    texts: HashSet<Box<[u8]>>,
    ignore_case: bool,
}

impl StringList {
    /// A list of these texts. With `ignore_case` ASCII letters are the same in either case.
    #[must_use]
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>, ignore_case: bool) -> Self {
        let fold = |text: &str| if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
        Self { texts: texts.map(|text| fold(text).into_bytes().into()).collect(), ignore_case }
    }

    /// Whether the text is in the list.
    #[must_use]
    pub fn contains(&self, text: &[u8]) -> bool {
        if self.ignore_case && text.iter().any(u8::is_ascii_uppercase) {
            return self.texts.contains(text.to_ascii_lowercase().as_slice());
        }
        self.texts.contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn texts_are_found_whole() {
        let list = StringList::new(["bad.example", "Evil"].into_iter(), false);
        assert!(list.contains(b"bad.example") && list.contains(b"Evil"));
        assert!(!list.contains(b"evil") && !list.contains(b"bad.exampl") && !list.contains(b""));
        let list = StringList::new(["Evil"].into_iter(), true);
        assert!(list.contains(b"eVIL") && list.contains(b"evil"));
    }
}
