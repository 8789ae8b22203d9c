//! `pattern`: regular expressions of ECMA-262, those that can be matched in linear time.

use gatewright::config::ConfigError;
use regex_syntax::ParserBuilder;

use crate::engine::{Automaton, Budget};

/// A compiled pattern. It matches anywhere in a text unless anchored.
#[derive(Debug)]
pub(super) struct Pattern(Automaton);

impl Pattern {
    pub(super) fn compile(pattern: &str, budget: &mut Budget) -> Result<Self, ConfigError> {
        let failed = |why: String| {
            ConfigError::new(format!("{why}; write a pattern without look-around, back reference and \\p"))
        };
        let translated = translated(pattern).map_err(|unknown| failed(format!("{unknown} is not supported")))?;
        let read = ParserBuilder::new().nest_limit(64).build().parse(&translated);
        let read = read.map_err(|error| failed(short(&error)))?;
        Automaton::new(&[&read], PEERS, budget).map(Self).map_err(|error| failed(error.to_string()))
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// How many patterns share the memory for states.
const PEERS: usize = 256;

fn short(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

/// The same pattern in the spelling of `regex-syntax`: its classes are those of Unicode, and `[`, `&`, `~` and `-` mean more in a class.
/// Or what has no such spelling.
fn translated(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped) => escape(escaped, in_class, &mut out)?,
                None => out.push('\\'),
            },
            '(' if !in_class && characters.peek() == Some(&'?') => {
                out.extend(['(', '?']);
                characters.next();
                // Flags would need tables of Unicode.
                if characters.peek().is_some_and(|next| next.is_ascii_alphabetic() || *next == '-') {
                    return Err("a group with flags".to_owned());
                }
            }
            '[' if !in_class => {
                let negated = characters.next_if_eq(&'^').is_some();
                // `[]` is empty and `[^]` everything, where others take the bracket for a member.
                in_class = characters.next_if_eq(&']').is_none();
                out.push_str(match (negated, in_class) {
                    (false, true) => "[",
                    (true, true) => "[^",
                    (false, false) => "[^\\x00-\\x{10FFFF}]",
                    (true, false) => "[\\x00-\\x{10FFFF}]",
                });
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '[' | '&' | '~' if in_class => out.extend(['\\', character]),
            '-' if in_class && characters.peek() == Some(&'-') => out.push_str("\\-"),
            other => out.push(other),
        }
    }
    Ok(out)
}

fn escape(escaped: char, in_class: bool, out: &mut String) -> Result<(), String> {
    let (open, close) = if in_class { ("", "") } else { ("[", "]") };
    match escaped {
        'd' => out.extend([open, "0-9", close]),
        'w' => out.extend([open, "0-9A-Za-z_", close]),
        's' => out.extend([open, SPACES, close]),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'S' => out.extend(["[^", SPACES, "]"]),
        'b' if in_class => out.push_str("\\x08"),
        'b' => out.push_str("(?-u:\\b)"),
        '0' => out.push_str("\\x00"),
        '/' => out.push('/'),
        'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'u' => out.extend(['\\', escaped]),
        other if other.is_ascii_punctuation() => out.extend(['\\', other]),
        other => return Err(format!("\\{other}")),
    }
    Ok(())
}

/// White space and line ends of ECMA-262, for use within a class.
const SPACES: &str =
    "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn holds(pattern: &str, text: &str) -> bool {
        Pattern::compile(pattern, &mut Budget::new(1 << 20)).unwrap().holds(text)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_ecma_262() {
        for (pattern, good, bad) in [
            ("^\\d{3}$", "123", "１２３"),
            ("^.{2}$", "äö", "äöü"),
            ("^[\\w.-]+$", "a_b.c-d", "ä"),
            ("^[^\\s]+$", "ab", "a\u{a0}b"),
            ("b", "abc", "ac"),
            ("^[a-zäöü]+$", "grün", "café"),
            ("^[[&~]+$", "[&~", "a"),
            ("^[a--b]+$", "a-b", "c"),
            ("^\\/a\\/b$", "/a/b", "a"),
            ("\\bcat\\b", "a cat", "cats"),
            ("^\\u00e9$", "é", "e"),
            ("^(?:a|b)*?$", "abab", "c"),
            ("^[^]$", "x", "xy"),
            ("^(?<year>\\d{4})$", "2026", "26"),
            ("^\\D\\W\\S$", "a-b", "1-b"),
        ] {
            assert!(holds(pattern, good), "{pattern} {good}");
            assert!(!holds(pattern, bad), "{pattern} {bad}");
        }
        assert!(!holds("[]", "x") && !holds("^[]$", ""));
    }

    #[test]
    fn what_needs_more_than_linear_time_is_refused() {
        for pattern in ["(?=a)b", "(a)\\1", "(?<!a)b", "\\p{L}", "(", "(?i)a", "\\B", "\\A", "[", "a{1,100000}"] {
            let error = Pattern::compile(pattern, &mut Budget::new(1 << 20)).unwrap_err();
            assert!(
                error.message().ends_with("write a pattern without look-around, back reference and \\p"),
                "{error}"
            );
        }
    }
}
