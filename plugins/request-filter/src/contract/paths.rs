//! Path templates (OpenAPI, section "Path Templating").

use std::collections::HashMap;

use gatewright::config::ConfigError;
use gatewright::sort;

use super::operation::Item;
use crate::normalise::{Conditions, decode_component};

/// What stands for variables, decoded, by their names.
pub(super) type Variables<'a> = Vec<(&'a str, Vec<u8>)>;

/// What each path of a document offers.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// Paths without variables.
    fixed: HashMap<Vec<u8>, usize>,
    /// The others by number of segments, the most specific first.
    templates: HashMap<usize, Vec<(Template, usize)>>,
    items: Vec<Item>,
}

/// A path with variables.
#[derive(Debug)]
pub(super) struct Template(Vec<Segment>);

/// A segment of a template.
#[derive(Debug)]
enum Segment {
    Fixed(Vec<u8>),
    /// A variable between fixed texts.
    Variable {
        before: Vec<u8>,
        after: Vec<u8>,
        name: String,
    },
}

impl Paths {
    /// Adds a path under each prefix.
    pub(super) fn add(&mut self, path: &str, prefixes: &[String], item: Item) -> Result<(), ConfigError> {
        let number = self.items.len();
        for prefix in prefixes {
            let template = Template::parse(&format!("{prefix}{path}"))?;
            if let Some(fixed) = template.fixed() {
                self.fixed.insert(fixed, number);
                continue;
            }
            let alike = self.templates.entry(template.0.len()).or_default();
            if alike.iter().any(|(known, other)| *other != number && known.same_shape(&template)) {
                return Err(ConfigError::new("differs from another path in the names of variables only"));
            }
            alike.push((template, number));
            sort::stable_by(alike, |(a, _), (b, _)| a.rank().cmp(&b.rank()));
        }
        self.items.push(item);
        Ok(())
    }

    /// The item of a path as sent, and what stands for its variables.
    pub(super) fn find(&self, path: &[u8]) -> Option<(&Item, Variables<'_>)> {
        let segments: Vec<Vec<u8>> = path.strip_prefix(b"/")?.split(|byte| *byte == b'/').map(decode).collect();
        let decoded = segments.iter().flat_map(|segment| [b"/", segment.as_slice()].concat()).collect::<Vec<u8>>();
        // A slash that was encoded is none.
        let slashes = decoded.iter().filter(|byte| **byte == b'/').count();
        if let Some(number) = self.fixed.get(&decoded).filter(|_| slashes == segments.len()) {
            return Some((self.items.get(*number)?, Vec::new()));
        }
        let candidates = self.templates.get(&segments.len())?;
        candidates
            .iter()
            .find_map(|(template, number)| Some((self.items.get(*number)?, template.variables(&segments)?)))
    }
}

impl Template {
    fn parse(path: &str) -> Result<Self, ConfigError> {
        let rest = path.strip_prefix('/').ok_or_else(|| ConfigError::new("is no path; it begins with \"/\""))?;
        rest.split('/').map(Segment::parse).collect::<Result<_, _>>().map(Self)
    }

    /// The names of its variables.
    pub(super) fn names(path: &str) -> Result<Vec<String>, ConfigError> {
        let names = Self::parse(path)?.0.into_iter().filter_map(|segment| match segment {
            Segment::Variable { name, .. } => Some(name),
            Segment::Fixed(_) => None,
        });
        Ok(names.collect())
    }

    fn fixed(&self) -> Option<Vec<u8>> {
        let texts = self.0.iter().map(|segment| match segment {
            Segment::Fixed(text) => Some([b"/", text.as_slice()].concat()),
            Segment::Variable { .. } => None,
        });
        texts.collect::<Option<Vec<_>>>().map(|texts| texts.concat())
    }

    /// Fixed segments come before variables with more fixed text before those with less, from the left.
    fn rank(&self) -> Vec<usize> {
        let rank = |segment: &Segment| match segment {
            Segment::Fixed(_) => 0,
            Segment::Variable { before, after, .. } => {
                usize::MAX.saturating_sub(before.len().saturating_add(after.len()))
            }
        };
        self.0.iter().map(rank).collect()
    }

    fn same_shape(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(one, other)| one.shape() == other.shape())
    }

    fn variables(&self, segments: &[Vec<u8>]) -> Option<Variables<'_>> {
        let mut found = Vec::new();
        for (segment, text) in self.0.iter().zip(segments) {
            match segment {
                Segment::Fixed(fixed) if fixed == text => {}
                Segment::Fixed(_) => return None,
                Segment::Variable { before, after, name } => {
                    let value = text.strip_prefix(before.as_slice())?.strip_suffix(after.as_slice())?;
                    // A variable stands for something.
                    found.push((name.as_str(), (!value.is_empty()).then(|| value.to_vec())?));
                }
            }
        }
        Some(found)
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let Some((before, rest)) = text.split_once('{') else {
            return if text.contains('}') { Err(bad(text)) } else { Ok(Self::Fixed(text.as_bytes().to_vec())) };
        };
        let (name, after) = rest.split_once('}').ok_or_else(|| bad(text))?;
        if name.is_empty() || [before, name, after].iter().any(|part| part.contains(['{', '}'])) {
            return Err(bad(text));
        }
        let (before, after) = (before.as_bytes().to_vec(), after.as_bytes().to_vec());
        Ok(Self::Variable { before, after, name: name.to_owned() })
    }

    fn shape(&self) -> (&[u8], Option<&[u8]>) {
        match self {
            Self::Fixed(text) => (text, None),
            Self::Variable { before, after, .. } => (before, Some(after)),
        }
    }
}

fn bad(segment: &str) -> ConfigError {
    ConfigError::new(format!(
        "\"{segment}\" is not supported in a path; a segment has at most one variable, such as \"{{id}}\""
    ))
}

fn decode(segment: &[u8]) -> Vec<u8> {
    decode_component(segment, false, &mut Conditions::default()).into_owned()
}
