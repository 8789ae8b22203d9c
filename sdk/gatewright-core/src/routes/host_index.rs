//! Finds the most specific host pattern that matches a host.

use super::host::HostPattern;
use super::path_index::PathIndex;
use super::search::Search;
use super::table::Table;

/// Matches by host.
#[derive(Debug, Default)]
pub(super) struct HostIndex {
    exact: Table<Box<[u8]>, PathIndex>,
    wildcards: Label,
    /// Matches without a host.
    any: PathIndex,
}

/// A label of wildcard hosts, read from the right: `com`, below it `example`.
#[derive(Debug, Default)]
struct Label {
    below: Table<Box<[u8]>, Label>,
    paths: Option<PathIndex>,
}

impl HostIndex {
    /// The paths of a host pattern.
    pub(super) fn entry(&mut self, host: Option<&HostPattern>) -> &mut PathIndex {
        match host {
            None => &mut self.any,
            Some(host) if !host.is_wildcard() => self.exact.entry(host.name().as_bytes().into()).or_default(),
            Some(host) => {
                let labels = host.name().as_bytes().rsplit(|byte| *byte == b'.');
                let label = labels.fold(&mut self.wildcards, |label, name| label.below.entry(name.into()).or_default());
                label.paths.get_or_insert_default()
            }
        }
    }

    /// The most specific match: exact hosts, then wildcards from the longest, then those without a host.
    pub(super) fn find(&self, search: &Search<'_, '_>) -> Option<usize> {
        self.by_host(search).or_else(|| self.any.find(search))
    }

    fn by_host(&self, search: &Search<'_, '_>) -> Option<usize> {
        if self.exact.is_empty() && self.wildcards.below.is_empty() {
            return None;
        }
        let host = search.host()?;
        search.step();
        let exact = self.exact.get(host).and_then(|paths| paths.find(search));
        exact.or_else(|| self.wildcards.find(Some(host), search))
    }
}

impl Label {
    /// `left` is what the host has to the left of this label. Never deeper than the patterns, whatever the host.
    fn find(&self, left: Option<&[u8]>, search: &Search<'_, '_>) -> Option<usize> {
        search.step();
        let left = left.filter(|left| !left.is_empty())?;
        let (rest, name) = match left.iter().rposition(|byte| *byte == b'.').and_then(|dot| left.split_at_checked(dot))
        {
            Some((rest, name)) => (Some(rest), name.strip_prefix(b".").unwrap_or(name)),
            None => (None, left),
        };
        let longer = self.below.get(name).and_then(|label| label.find(rest, search));
        longer.or_else(|| self.paths.as_ref().and_then(|paths| paths.find(search)))
    }
}
