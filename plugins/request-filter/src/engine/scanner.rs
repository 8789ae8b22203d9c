//! All tests that look at the same values.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_syntax::hir::Hir;

use super::automaton::{self, Automaton, Budget, PatternError};
use super::gate::Gate;
use super::hits::Hits;
use super::literals;
use crate::list::StringList;

/// Patterns without a literal that are looked for together. More share one pass over ordinary values; but what an attacker makes of several
/// at once has states without number, and costs a multiple of each alone.
const SHARD: usize = 4;

/// What values look like: the states that automata need for these are made before the first request.
const SAMPLES: [&[u8]; 3] = [
    b"/api/v1/orders/42/items.json?expand=lines&page=3#top",
    b"mozilla/5.0 (x11; linux x86_64; rv:128.0) gecko/20100101 firefox/128.0, gzip;q=0.9, */*",
    b"It's an ordinary \"sentence\" <with> 100% of {what} [texts] have: a@b.example, $5 + 3 = 8; and more_ABC-XYZ!",
];

/// A test on a text.
#[derive(Clone, Debug)]
pub enum Test {
    /// It is there at all.
    Present,
    /// It is this text.
    Exact(Vec<u8>),
    /// It begins with this text.
    Prefix(Vec<u8>),
    /// It ends with this text.
    Suffix(Vec<u8>),
    /// This text is in it.
    Contains(Vec<u8>),
    /// A regular expression matches somewhere in it.
    Regex(String),
    /// It is in a list.
    Listed(Rc<StringList>),
}

/// Collects tests.
#[derive(Debug, Default)]
pub struct ScannerBuilder {
    tests: Vec<(Test, bool, u32)>,
}

impl ScannerBuilder {
    /// Adds a test under its number. `ignore_case` is about ASCII letters.
    pub fn add(&mut self, test: Test, ignore_case: bool, number: u32) {
        self.tests.push((test, ignore_case, number));
    }

    /// Compiles the tests.
    ///
    /// # Errors
    /// The number of the test that cannot be used, and why.
    pub fn build(self, budget: &mut Budget) -> Result<Scanner, (u32, PatternError)> {
        let mut making = Making::default();
        for (test, ignore_case, number) in self.tests {
            making.add(test, ignore_case, number)?;
        }
        making.finish(budget)
    }
}

/// All tests that look at the same values, ready to run.
#[derive(Debug, Default)]
pub struct Scanner {
    present: Vec<u32>,
    exact: Exact,
    exact_in_any_case: Exact,
    lists: Vec<(Rc<StringList>, u32)>,
    gate: Option<Gate>,
    /// What the gate lets through is checked by these.
    patterns: Vec<(Check, u32)>,
    /// Patterns that the gate cannot tell anything about.
    shards: Vec<(Automaton, Vec<u32>)>,
    /// Patterns that were checked on the value at hand.
    checked: RefCell<Hits>,
}

type Exact = HashMap<Box<[u8]>, Vec<u32>>;

/// The rest of a test whose literal was found.
#[derive(Debug)]
enum Check {
    /// The literal is all there is to it.
    Passed,
    Contains(Vec<u8>),
    Prefix(Vec<u8>, bool),
    Suffix(Vec<u8>, bool),
    Automaton(Box<Automaton>),
}

impl Scanner {
    /// Runs every test on a value and remembers those that hold.
    pub fn scan(&self, value: &[u8], hits: &mut Hits) {
        self.present.iter().for_each(|test| hits.set(*test));
        if !self.exact.is_empty() {
            self.exact.get(value).into_iter().flatten().for_each(|test| hits.set(*test));
        }
        if !self.exact_in_any_case.is_empty() {
            let found = self.exact_in_any_case.get(value.to_ascii_lowercase().as_slice());
            found.into_iter().flatten().for_each(|test| hits.set(*test));
        }
        for (list, test) in &self.lists {
            if list.contains(value) {
                hits.set(*test);
            }
        }
        self.patterns(value, hits);
    }

    /// Makes ready what tests need to run.
    pub(super) fn warm(&self, hits: &mut Hits) {
        for sample in SAMPLES {
            self.scan(sample, hits);
            for (check, _) in &self.patterns {
                if let Check::Automaton(automaton) = check {
                    let _ = automaton.is_match(sample);
                }
            }
        }
    }

    fn patterns(&self, value: &[u8], hits: &mut Hits) {
        if let Some(gate) = &self.gate {
            let mut checked = self.checked.take();
            gate.each(value, |pattern| self.check(pattern, value, &mut checked, hits));
            checked.clear();
            self.checked.replace(checked);
        }
        for (automaton, tests) in &self.shards {
            automaton.each_match(value, |pattern| {
                if let Some(test) = tests.get(pattern) {
                    hits.set(*test);
                }
            });
        }
    }

    fn check(&self, pattern: u32, value: &[u8], checked: &mut Hits, hits: &mut Hits) {
        if checked.has(pattern) {
            return;
        }
        checked.set(pattern);
        let Some((check, test)) = self.patterns.get(pattern as usize) else { return };
        if !hits.has(*test) && check.holds(value) {
            hits.set(*test);
        }
    }
}

impl Check {
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Passed => true,
            Self::Contains(text) => memchr::memmem::find(value, text).is_some(),
            Self::Prefix(text, ignore_case) => {
                value.get(..text.len()).is_some_and(|head| same(head, text, *ignore_case))
            }
            Self::Suffix(text, ignore_case) => {
                let start = value.len().checked_sub(text.len());
                start.and_then(|start| value.get(start..)).is_some_and(|tail| same(tail, text, *ignore_case))
            }
            Self::Automaton(automaton) => automaton.is_match(value),
        }
    }
}

fn same(one: &[u8], other: &[u8], ignore_case: bool) -> bool {
    if ignore_case { one.eq_ignore_ascii_case(other) } else { one == other }
}

type Literals = Vec<Vec<u8>>;

/// A scanner on its way.
#[derive(Default)]
struct Making {
    scanner: Scanner,
    literals: Vec<(Vec<u8>, u32)>,
    regexes: Vec<(Hir, u32, Option<Literals>)>,
}

impl Making {
    fn add(&mut self, test: Test, ignore_case: bool, number: u32) -> Result<(), (u32, PatternError)> {
        let scanner = &mut self.scanner;
        match test {
            Test::Present => scanner.present.push(number),
            Test::Exact(text) if ignore_case => {
                scanner.exact_in_any_case.entry(text.to_ascii_lowercase().into()).or_default().push(number);
            }
            Test::Exact(text) => scanner.exact.entry(text.into()).or_default().push(number),
            Test::Listed(list) => scanner.lists.push((list, number)),
            Test::Prefix(text) | Test::Suffix(text) | Test::Contains(text) if text.is_empty() => {
                scanner.present.push(number);
            }
            Test::Prefix(text) => self.gated(vec![text.clone()], Check::Prefix(text, ignore_case), number),
            Test::Suffix(text) => self.gated(vec![text.clone()], Check::Suffix(text, ignore_case), number),
            Test::Contains(text) if ignore_case => self.gated(vec![text], Check::Passed, number),
            Test::Contains(text) => self.gated(vec![text.clone()], Check::Contains(text), number),
            Test::Regex(pattern) => {
                let read = automaton::parse(&pattern, ignore_case).map_err(|error| (number, error))?;
                let literals = literals::required(&read);
                self.regexes.push((read, number, literals));
            }
        }
        Ok(())
    }

    fn gated(&mut self, literals: Literals, check: Check, number: u32) {
        let pattern = u32::try_from(self.scanner.patterns.len()).unwrap_or(u32::MAX);
        self.literals.extend(literals.iter().map(|literal| (literal.to_ascii_lowercase(), pattern)));
        self.scanner.patterns.push((check, number));
    }

    fn finish(mut self, budget: &mut Budget) -> Result<Scanner, (u32, PatternError)> {
        let (gated, free): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.regexes).into_iter().partition(|(.., literals)| literals.is_some());
        let peers = gated.len() + free.len().div_ceil(SHARD);
        for (read, number, literals) in gated {
            let automaton = Automaton::new(&[&read], peers, budget).map_err(|error| (number, error))?;
            self.gated(literals.unwrap_or_default(), Check::Automaton(Box::new(automaton)), number);
        }
        for shard in free.chunks(SHARD) {
            let patterns = shard.iter().map(|(read, ..)| read).collect::<Vec<_>>();
            let numbers = shard.iter().map(|(_, number, _)| *number).collect::<Vec<_>>();
            let first = numbers.first().copied().unwrap_or_default();
            let automaton = Automaton::new(&patterns, peers, budget).map_err(|error| (first, error))?;
            self.scanner.shards.push((automaton, numbers));
        }
        self.scanner.checked = RefCell::new(Hits::new(self.scanner.patterns.len()));
        self.scanner.gate = Gate::new(self.literals).map_err(|error| (0, error))?;
        Ok(self.scanner)
    }
}

#[cfg(test)]
mod tests;
