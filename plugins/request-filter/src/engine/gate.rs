//! Which patterns a value could match at all.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use gatewright::sort;

use super::automaton::PatternError;
use super::finder::Finder;

/// Above this many bytes of literals what finds them is kept small rather than fast.
const FAST_LIMIT: usize = 16 * 1024;

/// Finds literals of many patterns in one pass, in any case.
#[derive(Debug)]
pub(super) struct Gate {
    literals: Literals,
    /// The patterns that each literal is of.
    owners: Vec<Vec<u32>>,
}

#[derive(Debug)]
enum Literals {
    Few(Box<Finder>),
    Many(AhoCorasick),
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
        let bytes = texts.iter().map(Vec::len).sum::<usize>();
        let few = if bytes <= FAST_LIMIT { Finder::new(&texts) } else { None };
        let literals =
            few.map_or_else(|| many(&texts).map(Literals::Many), |finder| Ok(Literals::Few(Box::new(finder))))?;
        Ok(Some(Self { literals, owners }))
    }

    /// Calls `candidate` with each pattern whose literal is in the value, possibly several times.
    pub(super) fn each(&self, value: &[u8], mut candidate: impl FnMut(u32)) {
        let mut found = |literal: usize| {
            self.owners.get(literal).into_iter().flatten().for_each(|pattern| candidate(*pattern));
        };
        match &self.literals {
            Literals::Few(finder) => finder.each(value, |literal| found(literal as usize)),
            Literals::Many(automaton) => {
                let all = automaton.find_overlapping_iter(Input::new(value));
                all.for_each(|literal| found(literal.pattern().as_usize()));
            }
        }
    }
}

fn many(texts: &[Vec<u8>]) -> Result<AhoCorasick, PatternError> {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).prefilter(false);
    builder.kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts).map_err(|_| PatternError::TooLarge)
}
