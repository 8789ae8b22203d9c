//! Which patterns a value could match at all.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use gatewright::sort;

use super::automaton::PatternError;

/// Above this many bytes of literals the table is kept small rather than fast.
const FAST_LIMIT: usize = 16 * 1024;

/// Finds literals of many patterns in one pass, in any case.
#[derive(Debug)]
pub(super) struct Gate {
    literals: AhoCorasick,
    /// The patterns that each literal is of.
    owners: Vec<Vec<u32>>,
    /// Length of the longest literal.
    longest: usize,
}

impl Gate {
    /// A gate for literals in lower case, each with the pattern that it is of. `None` if there are none.
    pub(super) fn new(mut literals: Vec<(Vec<u8>, u32)>) -> Result<Option<Self>, PatternError> {
        sort::stable(&mut literals);
        let (mut texts, mut owners) = (Vec::<Vec<u8>>::new(), Vec::<Vec<u32>>::new());
        for (text, owner) in literals {
            match owners.last_mut() {
                Some(last) if texts.last() == Some(&text) => last.push(owner),
                _ => {
                    texts.push(text);
                    owners.push(vec![owner]);
                }
            }
        }
        if texts.is_empty() {
            return Ok(None);
        }
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let bytes = texts.iter().map(Vec::len).sum::<usize>();
        let kind = if bytes <= FAST_LIMIT { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(kind)).prefilter(false);
        let literals = builder.build(&texts).map_err(|_| PatternError::TooLarge)?;
        Ok(Some(Self { literals, owners, longest }))
    }

    /// Calls `candidate` with each pattern whose literal is in the value, possibly several times.
    pub(super) fn each(&self, value: &[u8], mut candidate: impl FnMut(u32)) {
        // Most values have none, or the first one late: that is found out faster than all that there are.
        let Some(first) = self.literals.find(value) else { return };
        let start = first.end().saturating_sub(self.longest);
        for found in self.literals.find_overlapping_iter(Input::new(value).range(start..)) {
            let owners = self.owners.get(found.pattern().as_usize());
            owners.into_iter().flatten().for_each(|pattern| candidate(*pattern));
        }
    }
}
