//! From tests to a scanner.

use std::cell::RefCell;

use regex_syntax::hir::Hir;

use super::super::automaton::{self, Automaton, Budget, PatternError};
use super::super::gate::Gate;
use super::super::hits::Hits;
use super::super::literals;
use super::super::needs::{Needs, Reach};
use super::{Check, Literals, Pattern, Scanner, Shard, Test};

/// Patterns without a literal that are looked for together. More share one pass over ordinary values; but what an attacker makes of several
/// at once has states without number, and costs a multiple of each alone.
const SHARD: usize = 4;

/// A scanner on its way.
#[derive(Default)]
pub(super) struct Making {
    scanner: Scanner,
    regexes: Vec<(Hir, u32, Option<Literals>)>,
}

impl Making {
    /// Adds a test.
    pub(super) fn add(&mut self, test: Test, ignore_case: bool, number: u32) -> Result<(), (u32, PatternError)> {
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
            Test::Prefix(text) => self.text(text.clone(), Check::Prefix(text, ignore_case), number),
            Test::Suffix(text) => self.text(text.clone(), Check::Suffix(text, ignore_case), number),
            Test::Contains(text) if ignore_case => self.text(text, Check::Passed, number),
            Test::Contains(text) => self.text(text.clone(), Check::Contains(text), number),
            Test::Regex(pattern) => {
                let read = automaton::parse(&pattern, ignore_case).map_err(|error| (number, error))?;
                let literals = literals::required(&read);
                self.regexes.push((read, number, literals));
            }
        }
        Ok(())
    }

    fn gated(&mut self, literals: Literals, needs: Needs, check: Check, test: u32) {
        let literals = literals.iter().map(|literal| literal.to_ascii_lowercase()).collect();
        self.scanner.patterns.push(Pattern { check, needs, test, literals });
    }

    fn text(&mut self, text: Vec<u8>, check: Check, test: u32) {
        let needs = Needs::of_text(&text);
        self.gated(vec![text], needs, check, test);
    }

    /// Compiles the tests.
    pub(super) fn finish(mut self, budget: &mut Budget) -> Result<Scanner, (u32, PatternError)> {
        let (gated, free): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.regexes).into_iter().partition(|(.., literals)| literals.is_some());
        let peers = gated.len() + free.len().div_ceil(SHARD);
        for (read, number, literals) in gated {
            let automaton = Automaton::new(&[&read], peers, budget).map_err(|error| (number, error))?;
            let check = Check::Automaton(Box::new(automaton));
            self.gated(literals.unwrap_or_default(), Needs::of(&read), check, number);
        }
        for shard in free.chunks(SHARD) {
            let patterns = shard.iter().map(|(read, ..)| read).collect::<Vec<_>>();
            let tests = shard.iter().map(|(_, number, _)| *number).collect::<Vec<_>>();
            let needs = Reach::of(patterns.iter().map(|read| Needs::of(read)));
            let first = tests.first().copied().unwrap_or_default();
            let automaton = Automaton::new(&patterns, peers, budget).map_err(|error| (first, error))?;
            self.scanner.shards.push(Shard { automaton, needs, tests });
        }
        let scanner = &mut self.scanner;
        let tables = scanner.exact.is_empty() && scanner.exact_in_any_case.is_empty() && scanner.lists.is_empty();
        scanner.looks_at_any = !(tables && scanner.present.is_empty());
        self.scanner.gated = Reach::of(self.scanner.patterns.iter().map(|pattern| pattern.needs.clone()));
        self.scanner.checked = RefCell::new(Hits::new(self.scanner.patterns.len()));
        let literals = (0..)
            .zip(&self.scanner.patterns)
            .flat_map(|(number, pattern)| pattern.literals.iter().map(move |literal| (literal.clone(), number)));
        self.scanner.gate = Gate::new(literals.collect()).map_err(|error| (0, error))?;
        Ok(self.scanner)
    }
}
