//! Many tests on one value at once.
//!
//! A [`Scanner`] holds all tests that look at the same values. One pass over a value finds the literals that patterns need to match; only
//! patterns whose literal was there are run, each by an automaton that takes time linear in the value. Exact texts are looked up in a
//! table. So a value that no pattern could match costs one pass, however many patterns there are.

mod automaton;
mod gate;
mod hits;
mod inspect;
mod literals;
mod scanner;

pub use automaton::{Automaton, Budget, PatternError};
pub use hits::Hits;
pub use inspect::{Engine, EngineBuilder, Selector};
pub use scanner::{Scanner, ScannerBuilder, Test};
