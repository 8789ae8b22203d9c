//! Text with `*`.

use schemars::JsonSchema;
use serde::Deserialize;

/// A form of text in which `*` stands for any characters, or none. Everything else stands for itself, upper and lower case apart.
///
/// Matching takes time in proportion to both lengths at worst, and there is nothing to escape.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String")]
pub struct Glob {
    /// What the text begins with; all of it, if nothing else is given.
    first: String,
    /// What follows each `*`, the last at the end of the text.
    rest: Vec<String>,
}

impl From<String> for Glob {
    fn from(text: String) -> Self {
        let mut pieces = text.split('*').map(str::to_owned);
        Self { first: pieces.next().unwrap_or_default(), rest: pieces.collect() }
    }
}

impl Glob {
    /// Whether the whole text is of this form.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let Some((last, middle)) = self.rest.split_last() else { return text == self.first };
        let Some(text) = text.strip_prefix(self.first.as_str()) else { return false };
        let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
        // Taking each piece at its first place leaves the most for those after it.
        middle.iter().all(|piece| match text.split_once(piece.as_str()) {
            Some((_, after)) => {
                text = after;
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn matches(glob: &str, text: &str) -> bool {
        Glob::from(glob.to_owned()).matches(text)
    }

    #[test]
    fn the_whole_text_counts() {
        assert!(matches("abc", "abc"));
        assert!(!matches("abc", "abcd"));
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("ab*ba", "abba"));
        assert!(!matches("*@example.com", "a@example.com.evil"));
        assert!(matches("", ""));
        assert!(!matches("", "a"));
    }

    /// Tries every way to split the text.
    fn naive(glob: &[u8], text: &[u8]) -> bool {
        match glob.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            Some((byte, rest)) => text.split_first().is_some_and(|(first, after)| first == byte && naive(rest, after)),
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_trying_everything(glob in "[ab*]{0,8}", text in "[ab]{0,8}") {
            proptest::prop_assert_eq!(matches(&glob, &text), naive(glob.as_bytes(), text.as_bytes()));
        }
    }
}
