//! What a test asks.

use crate::engine::Selector;
use crate::value::Place;

/// A kind of test, with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Present,
    Exact,
    Prefix,
    Suffix,
    Contains,
    Regex,
    List,
}

/// What a test asks. The same question is asked once, however many rules ask it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) selector: Selector,
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) ignore_case: bool,
}

impl Question {
    /// How rarely it is answered by yes, at a guess.
    pub(super) fn rank(&self) -> u8 {
        match (self.selector.places.as_slice(), self.kind) {
            ([Place::Method], _) => 0,
            (_, Kind::Present) => 1,
            ([Place::Host], _) => 2,
            (_, Kind::Prefix | Kind::Suffix) => 3,
            (_, Kind::Exact | Kind::Contains | Kind::Regex | Kind::List) => 4,
        }
    }
}
