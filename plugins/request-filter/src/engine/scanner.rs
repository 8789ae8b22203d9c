//! All tests that look at the same values.

mod making;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::automaton::{Automaton, Budget, PatternError};
use super::gate::Gate;
use super::hits::Hits;
use super::needs::{Needs, Reach};
use super::shape::Shape;
use crate::list::StringList;
use making::Making;

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
    /// There are tests that a shape tells nothing about.
    looks_at_any: bool,
    present: Vec<u32>,
    exact: Exact,
    exact_in_any_case: Exact,
    lists: Vec<(Rc<StringList>, u32)>,
    gate: Option<Gate>,
    /// What the gate lets through is checked by these.
    patterns: Vec<Pattern>,
    /// Patterns that the gate cannot tell anything about.
    shards: Vec<Shard>,
    /// What a value must have for the gate to find anything of use in it.
    gated: Reach,
    /// Patterns that were checked on the value at hand.
    checked: RefCell<Hits>,
}

type Literals = Vec<Vec<u8>>;
type Exact = HashMap<Box<[u8]>, Vec<u32>>;

/// A test whose literal the gate finds.
#[derive(Debug)]
struct Pattern {
    check: Check,
    needs: Needs,
    test: u32,
    /// In lower case; until the engine has taken them.
    literals: Literals,
}

/// Patterns that are looked for together.
#[derive(Debug)]
struct Shard {
    automaton: Automaton,
    needs: Reach,
    tests: Vec<u32>,
}

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
        self.scan_shaped(value, Shape::of(value), hits);
    }

    /// The same for a value that has no other bytes than this shape.
    pub(super) fn scan_shaped(&self, value: &[u8], shape: Shape, hits: &mut Hits) {
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
        self.patterns(value, shape, hits);
    }

    /// Whether a value of this shape could pass any test.
    pub(super) fn may_hold(&self, shape: Shape) -> bool {
        self.looks_at_any || self.gated.allows(shape) || self.shards.iter().any(|shard| shard.needs.allows(shape))
    }

    /// Whether a value of this shape, which has no literal that any pattern needs, could pass a test.
    pub(super) fn may_hold_without_literal(&self, shape: Shape) -> bool {
        self.looks_at_any || self.shards.iter().any(|shard| shard.needs.allows(shape))
    }

    /// What a value must have one of to pass any test.
    pub(super) fn rarest(&self) -> Shape {
        let all = self.shards.iter().map(|shard| shard.needs.rarest).fold(self.gated.rarest, Shape::and);
        if self.looks_at_any { Shape::ALL } else { all }
    }

    /// The literals of each pattern that has some, and what it needs besides. They are forgotten.
    pub(super) fn take_literals(&mut self) -> Vec<(Vec<Vec<u8>>, Needs)> {
        let literals =
            self.patterns.iter_mut().map(|pattern| (std::mem::take(&mut pattern.literals), pattern.needs.clone()));
        literals.collect()
    }

    /// Makes ready what tests need to run.
    pub(super) fn warm(&self, hits: &mut Hits) {
        for sample in SAMPLES {
            self.scan_shaped(sample, Shape::ALL, hits);
            for pattern in &self.patterns {
                if let Check::Automaton(automaton) = &pattern.check {
                    let _ = automaton.is_match(sample);
                }
            }
        }
    }

    fn patterns(&self, value: &[u8], shape: Shape, hits: &mut Hits) {
        if let Some(gate) = self.gate.as_ref().filter(|_| self.gated.allows(shape)) {
            let mut checked = self.checked.take();
            gate.each(value, |pattern| self.check(pattern, value, shape, &mut checked, hits));
            checked.clear();
            self.checked.replace(checked);
        }
        for shard in self.shards.iter().filter(|shard| shard.needs.allows(shape)) {
            shard.automaton.each_match(value, |pattern| {
                if let Some(test) = shard.tests.get(pattern) {
                    hits.set(*test);
                }
            });
        }
    }

    fn check(&self, number: u32, value: &[u8], shape: Shape, checked: &mut Hits, hits: &mut Hits) {
        if checked.has(number) {
            return;
        }
        checked.set(number);
        let Some(pattern) = self.patterns.get(number as usize) else { return };
        if !hits.has(pattern.test) && pattern.needs.allow(shape) && pattern.check.holds(value) {
            hits.set(pattern.test);
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

#[cfg(test)]
mod tests;
