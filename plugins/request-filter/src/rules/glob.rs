//! Globs and path templates, as regular expressions.

use gatewright::config::ConfigError;
use gatewright::routes::canonical_path;

/// `*` is anything but `/`, `**` anything, `?` one character but `/`.
pub(super) fn glob(text: &str) -> String {
    let mut pattern = String::from("(?s-u)^");
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (taken, part) = match character {
            '*' if rest.starts_with("**") => (2, ".*".to_owned()),
            '*' => (1, "[^/]*".to_owned()),
            '?' => (1, "[^/]".to_owned()),
            other => (other.len_utf8(), escaped(other)),
        };
        pattern.push_str(&part);
        rest = rest.get(taken..).unwrap_or_default();
    }
    pattern.push('$');
    pattern
}

/// `{name}` is a segment that is not empty, `/**` at the end everything below and the path itself.
pub(super) fn template(text: &str) -> Result<String, ConfigError> {
    text.parse::<gatewright::routes::PathPattern>()?;
    let (path, open) = text.strip_suffix("/**").map_or((text, false), |path| (path, true));
    let mut pattern = String::from("(?s-u)^");
    for segment in path.split('/').skip(1) {
        pattern.push('/');
        if segment.starts_with('{') {
            pattern.push_str("[^/]+");
        } else {
            // Literals of templates are compared decoded.
            segment_text(segment).chars().for_each(|character| pattern.push_str(&escaped(character)));
        }
    }
    pattern.push_str(if open { "(?:/.*)?$" } else { "$" });
    Ok(pattern)
}

fn segment_text(segment: &str) -> String {
    let mut conditions = crate::normalise::Conditions::default();
    let decoded = crate::normalise::decode_component(segment.as_bytes(), false, &mut conditions);
    String::from_utf8(decoded.into_owned()).unwrap_or_else(|_| canonical_path(segment.as_bytes()).into_owned())
}

/// The character as a pattern: `\` before all that could have a meaning.
fn escaped(character: char) -> String {
    if character.is_ascii_punctuation() || character == ' ' {
        format!("\\x{:02x}", u32::from(character))
    } else {
        character.to_string()
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn globs() {
        for (text, yes, no) in [
            ("/a/*/c", "/a/b/c", "/a/b/b/c"),
            ("/a/**", "/a/b/c", "/ab"),
            ("*.example.com", "a.b.example.com", "example.com"),
            ("/a?c", "/abc", "/a/c"),
            ("/a.b+c", "/a.b+c", "/axb+c"),
            ("/é*", "/éa", "/e"),
        ] {
            assert!(matches(&glob(text), yes) && !matches(&glob(text), no), "{text} {}", glob(text));
        }
    }

    #[test]
    fn templates() {
        for (text, yes, no) in [
            ("/a/{id}/c", "/a/b/c", "/a//c"),
            ("/a/{id}", "/a/b", "/a/b/c"),
            ("/a/**", "/a", "/ab"),
            ("/a/**", "/a/b/c", "/b/a"),
            ("/caf%c3%a9", "/café", "/caf%c3%a9"),
            ("/a.b", "/a.b", "/axb"),
            ("/**", "/x/y", "x"),
        ] {
            let pattern = template(text).unwrap();
            assert!(matches(&pattern, yes) && !matches(&pattern, no), "{text} {pattern}");
        }
        assert!(template("a").is_err() && template("/a*").is_err());
    }
}
