//! Finds the most specific match of a request among many.

use std::collections::BTreeMap;

use super::host_index::HostIndex;
use super::matcher::RouteMatch;
use super::query::{Needs, RouteQuery};
use super::search::Search;
use super::table::Table;
use crate::config::ConfigError;
use crate::sort;

/// Finds the most specific match of a request, whatever the order in which matches are listed.
///
/// The first of these that tells two matches apart decides:
/// 1. route name: given before not given;
/// 2. host: exact, then the wildcard with more labels, then not given;
/// 3. path: a whole pattern before `/**` before not given. Between whole patterns, a literal segment before a variable, from the
///    left. Between `/**`, more segments first, then as between whole patterns;
/// 4. methods: given before not given;
/// 5. header conditions: more before fewer;
/// 6. metadata: more keys before fewer;
/// 7. fewer methods; then exact values of headers before prefixes before presence; then the match's own text, so that the order of
///    the list never matters.
///
/// Route names and hosts are looked up by hash, paths in a trie: the cost hardly depends on the number of routes. Matches that
/// differ only in methods, headers or metadata are compared one by one.
#[derive(Debug)]
pub struct RouteIndex<T> {
    matches: Vec<RouteMatch>,
    values: Vec<T>,
    named: Table<Box<[u8]>, HostIndex>,
    unnamed: HostIndex,
    needs: Needs,
}

/// The most specific match of a request.
#[derive(Debug)]
pub struct Found<'a, T> {
    /// What was listed with it.
    pub value: &'a T,
    /// Its place in the list, counted from 0.
    pub index: usize,
    /// What the variables of its path stand for.
    pub variables: Variables<'a>,
}

/// What the variables of a path pattern stand for, in canonical form: what [`canonical_path`](super::canonical_path) keeps encoded,
/// such as `%2F`, is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables<'a> {
    pairs: Vec<(&'a str, String)>,
}

impl Variables<'_> {
    /// What the variable of this name stands for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Names and values, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl<T> RouteIndex<T> {
    /// Builds the index.
    ///
    /// # Errors
    /// A match that could never hold, an empty one, and one that is identical to an earlier one. The path starts with `[n].match`.
    pub fn new(routes: Vec<(RouteMatch, T)>) -> Result<Self, ConfigError> {
        let (matches, values): (Vec<_>, Vec<_>) = routes.into_iter().unzip();
        let normal = normal_forms(&matches)?;
        let mut index =
            Self { matches, values, named: Table::default(), unnamed: HostIndex::default(), needs: Needs::default() };
        let mut ranked: Vec<_> = normal.iter().enumerate().map(|(at, normal)| (normal.rank(), at)).collect();
        sort::stable(&mut ranked);
        for (_, at) in ranked {
            index.insert(at);
        }
        Ok(index)
    }

    /// The most specific match of a request.
    pub fn find(&self, query: &dyn RouteQuery) -> Option<Found<'_, T>> {
        self.search(&Search::new(query, &self.matches))
    }

    /// Which attributes of a request any route asks for. A caller may fetch them beforehand, or leave the rest out.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What was listed, in the order of the list.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    fn search(&self, search: &Search<'_, '_>) -> Option<Found<'_, T>> {
        let index = self.by_name(search).or_else(|| self.unnamed.find(search))?;
        let pattern = self.matches.get(index)?.path.as_ref();
        let pairs = pattern.zip(search.path()).map_or_else(Vec::new, |(pattern, path)| pattern.variables(path));
        Some(Found { value: self.values.get(index)?, index, variables: Variables { pairs } })
    }

    fn by_name(&self, search: &Search<'_, '_>) -> Option<usize> {
        if self.named.is_empty() {
            return None;
        }
        search.step();
        self.named.get(&*search.route_name()?)?.find(search)
    }

    fn insert(&mut self, at: usize) {
        let Some(matches) = self.matches.get(at) else { return };
        self.needs.add(matches);
        let hosts = match &matches.route_name {
            Some(name) => self.named.entry(name.as_bytes().into()).or_default(),
            None => &mut self.unnamed,
        };
        hosts.entry(matches.host.as_ref()).insert(matches.path.as_ref(), at);
    }
}

fn normal_forms(matches: &[RouteMatch]) -> Result<Vec<RouteMatch>, ConfigError> {
    let normal: Vec<_> = matches.iter().map(RouteMatch::normal).collect();
    let mut seen = BTreeMap::new();
    for (at, (matches, normal)) in matches.iter().zip(&normal).enumerate() {
        matches.check().map_err(|error| error.within("match").index(at))?;
        if let Some(earlier) = seen.insert(normal, at) {
            let message = format!("matches exactly the same requests as routes[{earlier}].match; keep one");
            return Err(ConfigError::new(message).within("match").index(at));
        }
    }
    Ok(normal)
}

#[cfg(test)]
mod tests;
