//! Patterns of paths.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::path::canonical_octets;
use crate::config::ConfigError;
use crate::config::text::{Text, text_value};

/// A pattern of paths, compared with a request's [`canonical_path`](super::canonical_path). Three forms:
///
/// - `/orders/new`: this path. `/orders/new/` is another one.
/// - `/orders/{id}/items`: each `{name}` stands for one whole segment, not an empty one.
/// - `/orders/**`: `/orders` and everything below it. May hold variables too: `/{tenant}/admin/**`.
///
/// Literal segments are canonical as well: `/caf%C3%A9` and `/café` are the same. A literal `*`, `{` or `}` is written `%2A`, `%7B`, `%7D`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    segments: Vec<Segment>,
    /// Ends with `/**`.
    open: bool,
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Segment {
    /// This text, in canonical form.
    Literal(Box<str>),
    /// Any text but none.
    Variable(Box<str>),
}

impl PathPattern {
    const MAX_SEGMENTS: usize = 64;
    const OPEN: &'static str = "/**";

    /// The segments, without the `**`. The path `/` has one, which is empty.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// True for `/orders/**`.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// The same pattern without the names of its variables: equal for patterns that match the same paths.
    pub(super) fn shape(&self) -> Self {
        let blank = |segment: &Segment| match segment {
            Segment::Literal(_) => segment.clone(),
            Segment::Variable(_) => Segment::Variable("".into()),
        };
        Self { segments: self.segments.iter().map(blank).collect(), open: self.open }
    }

    /// The variables' names and what they stand for in a canonical path that matches.
    pub(super) fn variables<'a>(&'a self, path: &str) -> Vec<(&'a str, String)> {
        let texts = path.strip_prefix('/').unwrap_or(path).split('/');
        let named = self.segments.iter().zip(texts).filter_map(|(segment, text)| match segment {
            Segment::Literal(_) => None,
            Segment::Variable(name) => Some((&**name, text.to_owned())),
        });
        named.collect()
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.segments.len() > Self::MAX_SEGMENTS {
            return Err(ConfigError::new(format!("a path pattern has at most {} segments", Self::MAX_SEGMENTS)));
        }
        let inner =
            if self.open { &*self.segments } else { self.segments.split_last().map_or(&[][..], |(_, rest)| rest) };
        if inner.contains(&Segment::Literal("".into())) {
            return Err(ConfigError::new("a path pattern has no empty segment: requests are matched with `//` as `/`"));
        }
        let mut names = BTreeSet::new();
        for segment in &self.segments {
            if let Segment::Variable(name) = segment
                && !names.insert(name)
            {
                return Err(ConfigError::new(format!("the variable {{{name}}} is given twice; name each differently")));
            }
        }
        Ok(())
    }
}

impl FromStr for PathPattern {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text.contains(['?', '#']) {
            return Err(ConfigError::new(format!("{text:?} has a query; write the path only")));
        }
        let closed = text.strip_suffix(Self::OPEN);
        let path = closed.unwrap_or(text);
        if closed.is_some() && path.is_empty() {
            return Ok(Self { segments: Vec::new(), open: true });
        }
        let path = path.strip_prefix('/').ok_or_else(|| Self::refused(text))?;
        let segments = path.split('/').map(str::parse).collect::<Result<_, _>>()?;
        let pattern = Self { segments, open: closed.is_some() };
        pattern.check().map(|()| pattern)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{}", escaped(text))?,
                Segment::Variable(name) => write!(f, "/{{{name}}}")?,
            }
        }
        if self.open { f.write_str(Self::OPEN) } else { Ok(()) }
    }
}

impl Text for PathPattern {
    const NOUN: &'static str = "a path pattern";
    const PATTERN: &'static str = "^/[^?#]*$";
    const EXAMPLES: &'static [&'static str] = &["/orders/{id}", "/orders/new", "/orders/**"];

    fn correction(text: &str) -> Option<String> {
        // With its slash it is never refused as a whole, so this does not come back here.
        Some(format!("/{text}")).filter(|right| right.parse::<Self>().is_ok())
    }
}

text_value!(PathPattern);

impl FromStr for Segment {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return variable(name);
        }
        if text.contains(['{', '}']) {
            return Err(ConfigError::new(format!(
                "a variable is a whole segment; write \"/{{name}}/\" instead of {text:?}"
            )));
        }
        if text.contains('*') {
            let message = format!(
                "{text:?} is no wildcard here; write \"{{name}}\" for one segment, or end with \"/**\" for all below"
            );
            return Err(ConfigError::new(message));
        }
        let literal = canonical_octets(text.as_bytes());
        if matches!(literal.as_str(), "." | "..") {
            return Err(ConfigError::new(format!(
                "{text:?} never matches: requests are matched without dot segments; leave it out"
            )));
        }
        Ok(Self::Literal(literal.into()))
    }
}

fn variable(name: &str) -> Result<Segment, ConfigError> {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    let good = name.bytes().next().is_some_and(letter) && name.bytes().all(|b| letter(b) || b.is_ascii_digit());
    if !good {
        let message =
            format!("{name:?} is not the name of a variable; use letters, digits and `_`, such as \"{{order_id}}\"");
        return Err(ConfigError::new(message));
    }
    Ok(Segment::Variable(name.into()))
}

/// A literal segment as a pattern writes it.
fn escaped(literal: &str) -> String {
    literal.replace('*', "%2A").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::text::testing::{error, examples_parse};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    #[test]
    fn three_forms() {
        let literal = |text: &str| Segment::Literal(text.into());
        let variable = |text: &str| Segment::Variable(text.into());
        let cases = [
            ("/", vec![literal("")], false),
            ("/a/b", vec![literal("a"), literal("b")], false),
            ("/a/", vec![literal("a"), literal("")], false),
            ("/a/{id}/b", vec![literal("a"), variable("id"), literal("b")], false),
            ("/**", vec![], true),
            ("/a/**", vec![literal("a")], true),
            ("/{t}/a/**", vec![variable("t"), literal("a")], true),
        ];
        for (text, segments, open) in cases {
            let read: PathPattern = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((read.segments(), read.is_open()), (&segments[..], open), "{text}");
            assert_eq!(serde_json::to_value(&read).unwrap(), json!(text));
        }
        examples_parse::<PathPattern>();
    }

    #[test]
    fn literals_are_canonical() {
        assert_eq!(pattern("/caf%c3%a9"), pattern("/café"));
        assert_eq!(pattern("/%61%2fb").to_string(), "/a%2Fb");
        let odd = pattern("/%2A%7bx%7D");
        assert_eq!(odd.segments(), [Segment::Literal("*{x}".into())]);
        assert_eq!(odd.to_string().parse(), Ok(odd));
    }

    #[test]
    fn names_of_variables_do_not_matter_for_what_matches() {
        assert_eq!(pattern("/a/{x}").shape(), pattern("/a/{y}").shape());
        assert_ne!(pattern("/a/{x}").shape(), pattern("/a/x").shape());
        assert_ne!(pattern("/a/{x}").shape(), pattern("/a/{x}/**").shape());
        assert_eq!(pattern("/{a}/x/{b}/**").variables("/1/x/2/3"), [("a", "1".to_owned()), ("b", "2".to_owned())]);
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            ("orders/{id}", r#""orders/{id}" is not a path pattern; write "/orders/{id}""#),
            ("", r#""" is not a path pattern; write "/""#),
            ("/a?b=c", r#""/a?b=c" has a query; write the path only"#),
            ("/files/*", r#""*" is no wildcard here; write "{name}" for one segment, or end with "/**" for all below"#),
            ("/**/a", r#""**" is no wildcard here; write "{name}" for one segment, or end with "/**" for all below"#),
            ("/{id}.json", r#"a variable is a whole segment; write "/{name}/" instead of "{id}.json""#),
            ("/{1d}", r#""1d" is not the name of a variable; use letters, digits and `_`, such as "{order_id}""#),
            ("/{}", r#""" is not the name of a variable; use letters, digits and `_`, such as "{order_id}""#),
            ("/{a}/{a}", "the variable {a} is given twice; name each differently"),
            ("/a//b", "a path pattern has no empty segment: requests are matched with `//` as `/`"),
            ("/a//**", "a path pattern has no empty segment: requests are matched with `//` as `/`"),
            ("/a/../b", r#"".." never matches: requests are matched without dot segments; leave it out"#),
            ("/a/%2E", r#""%2E" never matches: requests are matched without dot segments; leave it out"#),
        ];
        for (text, message) in cases {
            assert_eq!(error::<PathPattern>(json!(text)), message, "{text}");
        }
        assert_eq!(error::<PathPattern>(json!("/a".repeat(65))), "a path pattern has at most 64 segments");
        assert!("/a".repeat(64).parse::<PathPattern>().is_ok());
    }

    proptest! {
        #[test]
        fn display_reads_back(text in "(/([a-c%.é~]{1,4}|\\{[a-z]{1,5}\\})){1,4}(/|/\\*\\*)?") {
            if let Ok(pattern) = text.parse::<PathPattern>() {
                prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
            }
        }
    }
}
