//! Many tests on one value at once.
//!
//! A [`Scanner`] holds all tests that look at the same values. One pass over a value tells which kinds of bytes it has, and so which patterns
//! could match at all; where some could, a second one finds the literals that they need, for the tests of all scanners at once. Only patterns whose literal was there are run, each
//! by an automaton that takes time linear in the value. Exact texts are looked up in a table. So a value that no pattern could match costs
//! one pass or two, however many patterns there are.

mod aliases;
mod automaton;
mod finder;
mod forms;
mod gate;
mod hits;
mod inspect;
mod literals;
mod needs;
mod scanner;
mod shape;
mod sieve;

pub use automaton::{Automaton, Budget, PatternError};
pub use hits::Hits;
pub use inspect::{Engine, EngineBuilder, Selector};
pub use scanner::{Scanner, ScannerBuilder, Test};
pub(crate) use shape::Shape;
