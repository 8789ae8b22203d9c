//! Which bundles of tests a value is for.

use super::automaton::PatternError;
use super::gate::Gate;
use super::needs::Needs;
use super::shape::Shape;

/// Finds the literals of all bundles in one pass, so that an ordinary value is not looked through once for each.
#[derive(Debug)]
pub(super) struct Sieve {
    gate: Gate,
    /// For each pattern its bundle, and what it needs besides a literal.
    patterns: Vec<(Bundles, Needs)>,
}

/// A set of bundles. Those from number 64 on are in every set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bundles(u64);

/// Collects patterns.
#[derive(Default)]
pub(super) struct SieveBuilder {
    literals: Vec<(Vec<u8>, u32)>,
    patterns: Vec<(Bundles, Needs)>,
}

impl Bundles {
    pub(super) fn of(bundle: usize) -> Self {
        Self(u32::try_from(bundle).ok().and_then(|bundle| 1u64.checked_shl(bundle)).unwrap_or(0))
    }

    pub(super) fn has(self, bundle: usize) -> bool {
        bundle >= 64 || self.0 & Self::of(bundle).0 != 0
    }
}

impl SieveBuilder {
    /// Adds a pattern of a bundle, with the literals of which every match has one.
    pub(super) fn add(&mut self, bundle: usize, literals: Vec<Vec<u8>>, needs: Needs) {
        let number = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        self.literals.extend(literals.into_iter().map(|literal| (literal, number)));
        self.patterns.push((Bundles::of(bundle), needs));
    }

    /// `None` where there is nothing to be gained: a single bundle has its own gate.
    pub(super) fn build(self) -> Result<Option<Sieve>, PatternError> {
        let bundles = self.patterns.iter().fold(0, |set, (bundle, _)| set | bundle.0);
        if bundles.count_ones() < 2 {
            return Ok(None);
        }
        let Self { literals, patterns } = self;
        Ok(Gate::new(literals)?.map(|gate| Sieve { gate, patterns }))
    }
}

impl Sieve {
    /// The bundles with a pattern that this value, which has this shape, could match.
    pub(super) fn bundles(&self, value: &[u8], shape: Shape) -> Bundles {
        let mut found = 0;
        self.gate.each(value, |pattern| {
            if let Some((bundle, needs)) = self.patterns.get(pattern as usize)
                && found & bundle.0 == 0
                && needs.allow(shape)
            {
                found |= bundle.0;
            }
        });
        Bundles(found)
    }
}
