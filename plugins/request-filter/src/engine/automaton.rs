//! Regular expressions over bytes, in time linear in the value.

use std::cell::RefCell;
use std::fmt;

use regex_automata::hybrid::dfa::{Builder, Cache, DFA};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// Depth of a pattern's groups.
const NEST_LIMIT: u32 = 64;
/// Memory of one pattern's states before any value was seen.
const PATTERN_LIMIT: usize = 256 * 1024;
/// Memory that all automata of a configuration may take for states found while scanning. Where it does not suffice states are forgotten and
/// found again.
const CACHE_LIMIT: usize = 16 * 1024 * 1024;
const LEAST_CACHE: usize = 32 * 1024;
const MOST_CACHE: usize = 1024 * 1024;

/// Memory that all patterns of a configuration may take together.
#[derive(Debug)]
pub struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of this many bytes.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self { left: bytes }
    }
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is no regular expression.
    Syntax(String),
    /// It needs more memory than one pattern may, or than is left for all of them.
    TooLarge,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "is not a regular expression over bytes: {error}"),
            Self::TooLarge => f.write_str("needs too much memory; bound its repetitions lower or split it"),
        }
    }
}

/// Reads a pattern. It is about bytes: `.` is any but a line feed, classes and `(?i)` are ASCII.
pub(super) fn parse(pattern: &str, ignore_case: bool) -> Result<Hir, PatternError> {
    let mut builder = ParserBuilder::new();
    builder.unicode(false).utf8(false).case_insensitive(ignore_case).nest_limit(NEST_LIMIT);
    builder.build().parse(pattern).map_err(|error| PatternError::Syntax(short(&error)))
}

/// What is wrong, without the drawing of the pattern that precedes it.
fn short(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

/// One pattern, or several that are looked for at once. States are made as values need them and kept.
#[derive(Debug)]
pub struct Automaton {
    dfa: DFA,
    scratch: RefCell<Option<Scratch>>,
    patterns: usize,
}

#[derive(Debug)]
struct Scratch {
    cache: Cache,
    found: PatternSet,
}

impl Automaton {
    /// Compiles patterns that were read. `peers` is the number of automata that share the memory for states.
    pub(crate) fn new(patterns: &[&Hir], peers: usize, budget: &mut Budget) -> Result<Self, PatternError> {
        let limit = PATTERN_LIMIT.saturating_mul(patterns.len()).min(budget.left);
        let config =
            thompson::Config::new().utf8(false).nfa_size_limit(Some(limit)).which_captures(WhichCaptures::None);
        let mut compiler = thompson::Compiler::new();
        let nfa = compiler.configure(config).build_many_from_hir(patterns).map_err(|_| PatternError::TooLarge)?;
        budget.left = budget.left.saturating_sub(nfa.memory_usage());
        Self::of(nfa, peers).map(|dfa| Self { dfa, scratch: RefCell::default(), patterns: patterns.len() })
    }

    /// Whether any of the patterns matches somewhere.
    #[must_use]
    pub fn is_match(&self, value: &[u8]) -> bool {
        self.with_scratch(|dfa, scratch| {
            let input = Input::new(value).earliest(true);
            // Without Unicode word boundaries a search cannot fail; if it does, the value is not let through.
            dfa.try_search_fwd(&mut scratch.cache, &input).map_or(true, |found| found.is_some())
        })
    }

    /// Calls `hit` with the number of each pattern that matches somewhere.
    pub fn each_match(&self, value: &[u8], mut hit: impl FnMut(usize)) {
        self.with_scratch(|dfa, scratch| {
            scratch.found.clear();
            let input = Input::new(value);
            match dfa.try_which_overlapping_matches(&mut scratch.cache, &input, &mut scratch.found) {
                Ok(()) => scratch.found.iter().for_each(|pattern| hit(pattern.as_usize())),
                Err(_) => (0..self.patterns).for_each(hit),
            }
        });
    }

    fn of(nfa: NFA, peers: usize) -> Result<DFA, PatternError> {
        let capacity = (CACHE_LIMIT / peers.max(1)).clamp(LEAST_CACHE, MOST_CACHE);
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(capacity)
            .skip_cache_capacity_check(true)
            .specialize_start_states(false);
        Builder::new().configure(config).build_from_nfa(nfa).map_err(|_| PatternError::TooLarge)
    }

    fn with_scratch<T>(&self, search: impl FnOnce(&DFA, &mut Scratch) -> T) -> T {
        let make = || Scratch { cache: self.dfa.create_cache(), found: PatternSet::new(self.patterns) };
        // Taken out for the search: nothing is borrowed while it runs.
        let mut scratch = self.scratch.take().unwrap_or_else(make);
        let outcome = search(&self.dfa, &mut scratch);
        self.scratch.replace(Some(scratch));
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(patterns: &[&str]) -> Automaton {
        let read = patterns.iter().map(|pattern| parse(pattern, false).unwrap()).collect::<Vec<_>>();
        Automaton::new(&read.iter().collect::<Vec<_>>(), 1, &mut Budget::new(1 << 20)).unwrap()
    }

    #[test]
    fn patterns_match_bytes() {
        let word = of(&["(?i)\\bunion\\b"]);
        assert!(word.is_match(b"x \xff UNION y") && !word.is_match(b"reunion") && !word.is_match(b""));
        assert!(of(&["\\xff."]).is_match(b"\xff\xfe"));
    }

    #[test]
    fn all_that_match_are_told() {
        let several = of(&["[0-9]{3}", "^a", "z$", "b+"]);
        let mut found = Vec::new();
        several.each_match(b"a123z", |pattern| found.push(pattern));
        assert_eq!(found, [0, 1, 2]);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_line() {
        let error = |pattern| parse(pattern, false).unwrap_err().to_string();
        assert_eq!(error("("), "is not a regular expression over bytes: unclosed group");
        assert!(error("(?<=a)b").contains("look-around"), "{}", error("(?<=a)b"));
        assert!(error("\\pL").contains("Unicode"), "{}", error("\\pL"));
    }

    #[test]
    fn a_pattern_cannot_take_all_memory() {
        let read = parse("(?:[a-z]{1,100}){1,100}", false).unwrap();
        assert_eq!(Automaton::new(&[&read], 1, &mut Budget::new(1 << 30)).err(), Some(PatternError::TooLarge));
        let mut budget = Budget::new(4096);
        let read = parse("[a-z]{50}", false).unwrap();
        let built = (0..9).map(|_| Automaton::new(&[&read], 1, &mut budget).is_ok()).collect::<Vec<_>>();
        assert!(built[0] && !built[8], "{built:?}");
    }
}
