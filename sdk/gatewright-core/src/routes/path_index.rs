//! Finds the most specific path pattern that matches a path.

use std::cmp::Reverse;

use super::pattern::{PathPattern, Segment};
use super::search::Search;
use super::table::Table;

/// Matches by path: a trie of segments.
#[derive(Debug, Default)]
pub(super) struct PathIndex {
    root: Node,
    /// Matches without a path.
    any: Vec<usize>,
    has_patterns: bool,
}

#[derive(Debug, Default)]
struct Node {
    literals: Table<Box<str>, Node>,
    variable: Option<Box<Node>>,
    /// Matches whose pattern ends here.
    closed: Vec<usize>,
    /// Matches whose pattern ends here with `/**`.
    open: Vec<usize>,
}

impl PathIndex {
    /// Adds a match. Of those with the same path, the first added is tried first.
    pub(super) fn insert(&mut self, path: Option<&PathPattern>, index: usize) {
        let Some(path) = path else { return self.any.push(index) };
        self.has_patterns = true;
        let mut node = &mut self.root;
        for segment in path.segments() {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::Variable(_) => node.variable.get_or_insert_default(),
            };
        }
        if path.is_open() { node.open.push(index) } else { node.closed.push(index) }
    }

    /// The most specific match: whole patterns, literal segments before variables from the left; then the longest `/**`; then
    /// those without a path.
    pub(super) fn find(&self, search: &Search<'_, '_>) -> Option<usize> {
        let path = if self.has_patterns { search.path() } else { None };
        path.and_then(|path| self.root.find(path, search)).or_else(|| search.first(&self.any))
    }
}

impl Node {
    fn find(&self, path: &str, search: &Search<'_, '_>) -> Option<usize> {
        let mut open = Vec::new();
        self.descend(path.strip_prefix('/'), 0, search, &mut open).or_else(|| {
            // Stable: of equal length, the walk met the one with literals further left first.
            open.sort_by_key(|(depth, _)| Reverse(*depth));
            open.iter().find_map(|(_, candidates)| search.first(candidates))
        })
    }

    /// Walks all branches that the path fits; never deeper than the patterns, whatever the path.
    fn descend<'n>(
        &'n self,
        rest: Option<&str>,
        depth: usize,
        search: &Search<'_, '_>,
        open: &mut Vec<(usize, &'n [usize])>,
    ) -> Option<usize> {
        search.step();
        if !self.open.is_empty() {
            open.push((depth, &self.open));
        }
        let Some(rest) = rest else { return search.first(&self.closed) };
        let (segment, rest) = rest.split_once('/').map_or((rest, None), |(segment, rest)| (segment, Some(rest)));
        let literal = self.literals.get(segment).and_then(|node| node.descend(rest, depth + 1, search, open));
        literal.or_else(|| {
            let node = self.variable.as_ref().filter(|_| !segment.is_empty())?;
            node.descend(rest, depth + 1, search, open)
        })
    }
}
