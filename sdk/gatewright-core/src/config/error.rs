//! What is wrong with a configuration, and where.

use std::fmt;

/// What is wrong with a configuration, and where.
///
/// Shown as `policy.providers[0].jwks.remote.timeout: "5" is not a duration; write "5s"`. An error without a path is about the
/// configuration as a whole, or about a single value that knows no path yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: String,
    message: String,
}

impl ConfigError {
    /// An error about the value at hand. Whoever knows where it stands adds the path with [`within`](Self::within).
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self::at("", message)
    }

    /// An error at a path such as `providers[0].issuer`, taken as written.
    #[must_use]
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same error seen from the object that holds the value as field `field`.
    #[must_use]
    pub fn within(self, field: &str) -> Self {
        self.under(&key_segment(field))
    }

    /// The same error seen from the list that holds the value at `index`, counted from 0.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        self.under(&format!("[{index}]"))
    }

    /// Where the error is; empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was found, and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error with more to say.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.message.push_str(note);
        self
    }

    fn under(self, head: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{head}{joint}{}", self.path), message: self.message }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for ConfigError {}

/// How a field name reads in a path. Names that would blur the path are quoted in brackets.
pub(crate) fn key_segment(field: &str) -> String {
    let plain = !field.is_empty() && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if plain { field.to_owned() } else { format!("[{}]", quoted(field)) }
}

/// Text from a configuration as an error may show it: quoted, escaped, and not longer than a line.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 64;
    match text.char_indices().nth(SHOWN).and_then(|(end, _)| text.get(..end)) {
        Some(head) => format!("{:?}", format!("{head}...")),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_path_grows_from_the_inside() {
        let error = ConfigError::new("wrong").within("timeout").index(2).within("providers").within("policy");
        assert_eq!(error.to_string(), "policy.providers[2].timeout: wrong");
        assert_eq!((error.path(), error.message()), ("policy.providers[2].timeout", "wrong"));
    }

    #[test]
    fn an_error_without_a_path_is_just_its_message() {
        assert_eq!(ConfigError::new("wrong").to_string(), "wrong");
        assert_eq!(ConfigError::at("a.b", "wrong").index(0).to_string(), "[0].a.b: wrong");
    }

    #[test]
    fn odd_field_names_are_quoted() {
        assert_eq!(ConfigError::new("wrong").within("a.b").within("x").to_string(), r#"x["a.b"]: wrong"#);
        assert_eq!(ConfigError::new("wrong").within("").to_string(), r#"[""]: wrong"#);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(quoted("a\"\n"), r#""a\"\n""#);
        assert_eq!(quoted(&"ü".repeat(64)), format!("\"{}\"", "ü".repeat(64)));
        assert_eq!(quoted(&"ü".repeat(65)), format!("\"{}...\"", "ü".repeat(64)));
    }
}
