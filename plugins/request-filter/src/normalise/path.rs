//! The canonical form of a path.

use std::borrow::Cow;

use super::octets::decode_component;
use super::text::canonical_text;
use super::{Condition, Conditions};
use crate::octets::{PATH, are_all, equal_bytes, has_pair};

/// A path as a service may understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a> {
    /// Decoded and resolved, without `;` parameters.
    pub path: Cow<'a, [u8]>,
    /// The same with them, if there are any.
    pub with_parameters: Option<Vec<u8>>,
    /// What was odd.
    pub conditions: Conditions,
}

/// The canonical form of a path without query.
#[must_use]
pub fn canonical_path(path: &[u8]) -> CanonicalPath<'_> {
    let mut conditions = Conditions::default();
    if is_canonical(path) || path == b"*" {
        return CanonicalPath { path: Cow::Borrowed(path), with_parameters: None, conditions };
    }
    let decoded = decode(path, &mut conditions);
    let with_parameters = decoded.contains(&b';').then(|| {
        conditions.add(Condition::PathParameter);
        resolve(&decoded, Parameters::Kept, &mut conditions)
    });
    let resolved = resolve(&decoded, Parameters::Cut, &mut conditions);
    if conditions.has(Condition::DotSegment) && has_encoded(path, |octet| octet == b'.') {
        conditions.add(Condition::EncodedDotSegment);
    }
    CanonicalPath { path: Cow::Owned(resolved), with_parameters, conditions }
}

/// True if there is nothing to do. Says no to some canonical paths, which only costs time.
fn is_canonical(path: &[u8]) -> bool {
    let begins_segment = |word| {
        let slashes = equal_bytes(word, b'/');
        (slashes, slashes | equal_bytes(word, b'.'))
    };
    path.first() == Some(&b'/') && are_all(path, PATH) && !has_pair(path, begins_segment)
}

fn decode(path: &[u8], conditions: &mut Conditions) -> Vec<u8> {
    if has_encoded(path, |octet| matches!(octet, b'/' | b'\\')) {
        conditions.add(Condition::EncodedSlash);
    }
    if path.contains(&b'#') {
        conditions.add(Condition::Fragment);
    }
    let once = decode_component(path, false, conditions);
    let mut decoded = canonical_text(&once, conditions).into_owned();
    for byte in decoded.iter_mut().filter(|byte| **byte == b'\\') {
        conditions.add(Condition::Backslash);
        *byte = b'/';
    }
    if decoded.first() != Some(&b'/') {
        conditions.add(Condition::RelativePath);
    }
    decoded
}

fn has_encoded(path: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    let after_percent = path.split(|byte| *byte == b'%').skip(1);
    after_percent.filter_map(super::octets::pair).any(wanted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameters {
    Kept,
    Cut,
}

/// Removes dot segments, empty segments and, if asked, parameters.
fn resolve(path: &[u8], parameters: Parameters, conditions: &mut Conditions) -> Vec<u8> {
    let mut resolved = Resolved::default();
    let mut segments = path.strip_prefix(b"/").unwrap_or(path).split(|byte| *byte == b'/').peekable();
    let mut behind_empty = false;
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        let kept = if parameters == Parameters::Cut { name } else { segment };
        match name {
            b"." | b".." => {
                conditions.add(Condition::DotSegment);
                if name.len() < segment.len() || (behind_empty && name == b"..") {
                    conditions.add(Condition::AmbiguousDotSegment);
                }
                if name == b".." && !resolved.pop() {
                    conditions.add(Condition::AboveRoot);
                }
            }
            _ if !kept.is_empty() => resolved.push(kept),
            _ if !last => conditions.add(Condition::DoubleSlash),
            _ => {}
        }
        if last && (kept.is_empty() || matches!(name, b"." | b"..")) {
            resolved.path.push(b'/');
        }
        behind_empty = kept.is_empty();
    }
    resolved.path
}

/// A path that grows and shrinks by segments.
#[derive(Default)]
struct Resolved {
    path: Vec<u8>,
    /// Where each segment's slash is.
    starts: Vec<usize>,
}

impl Resolved {
    fn push(&mut self, segment: &[u8]) {
        self.starts.push(self.path.len());
        self.path.push(b'/');
        self.path.extend_from_slice(segment);
    }

    fn pop(&mut self) -> bool {
        let start = self.starts.pop();
        start.inspect(|start| self.path.truncate(*start)).is_some()
    }
}

#[cfg(test)]
mod tests;
