//! Literals that a pattern cannot match without.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

/// More alternatives than this are not worth telling apart.
const MAX_LITERALS: usize = 64;
/// A longer literal finds no fewer values.
const MAX_LENGTH: usize = 24;
/// A shorter literal is in too many values.
const MIN_LENGTH: usize = 2;

type Set = BTreeSet<Vec<u8>>;

/// Texts in lower case of which every match contains one, in any case. `None` if there are none worth looking for.
pub(super) fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let set = Found::of(hir).best()?;
    let worth = set.iter().all(|text| text.len() >= MIN_LENGTH);
    worth.then(|| set.into_iter().collect())
}

/// What is known about the matches of a part of a pattern.
enum Found {
    /// Each match is one of these, but for case.
    Exactly(Set),
    /// Each match contains one of these, if some are known.
    Containing(Option<Set>),
}

impl Found {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::Exactly(set([Vec::new()])),
            HirKind::Literal(literal) => Self::Exactly(set([literal.0.to_ascii_lowercase()])),
            HirKind::Class(class) => members(class).map_or(Self::Containing(None), Self::Exactly),
            HirKind::Repetition(repetition) if repetition.min == 0 => Self::Containing(None),
            HirKind::Repetition(repetition) => match Self::of(&repetition.sub) {
                Self::Exactly(set) if repetition.max == Some(1) => Self::Exactly(set),
                found => Self::Containing(found.best()),
            },
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Alternation(parts) => alternation(parts),
            HirKind::Concat(parts) => concat(parts),
        }
    }

    fn best(self) -> Option<Set> {
        match self {
            Self::Exactly(set) => (rank(&set) > 0).then_some(set),
            Self::Containing(set) => set,
        }
    }
}

/// How rarely the commonest text of a set is found, at a guess: punctuation is rarer than letters.
fn rank(set: &Set) -> usize {
    let weight = |byte: &u8| if byte.is_ascii_alphanumeric() || *byte == b' ' { 2 } else { 3 };
    set.iter().map(|text| text.iter().map(weight).sum()).min().unwrap_or(0)
}

fn alternation(parts: &[Hir]) -> Found {
    let found = parts.iter().map(Found::of).collect::<Vec<_>>();
    let exact = found.iter().all(|part| matches!(part, Found::Exactly(_)));
    let mut union = Set::new();
    for part in found {
        let set = match part {
            Found::Exactly(set) if exact => set,
            part => match part.best() {
                Some(set) => set,
                None => return Found::Containing(None),
            },
        };
        union.extend(set);
    }
    match (union.len() <= MAX_LITERALS, exact) {
        (true, true) => Found::Exactly(union),
        (true, false) => Found::Containing(Some(union)),
        (false, _) => Found::Containing(None),
    }
}

/// Neighbours that are known exactly grow into longer texts; the best of these runs is kept.
fn concat(parts: &[Hir]) -> Found {
    let mut best: Option<Set> = None;
    let mut run = set([Vec::new()]);
    let mut whole = true;
    for part in parts {
        match Found::of(part) {
            Found::Exactly(set) => match product(&run, &set) {
                Some(longer) => run = longer,
                None => {
                    whole = false;
                    keep_better(&mut best, Some(std::mem::replace(&mut run, set)));
                }
            },
            Found::Containing(set) => {
                whole = false;
                keep_better(&mut best, Some(std::mem::replace(&mut run, self::set([Vec::new()]))));
                keep_better(&mut best, set);
            }
        }
    }
    if whole {
        return Found::Exactly(run);
    }
    keep_better(&mut best, Some(run));
    Found::Containing(best)
}

fn keep_better(best: &mut Option<Set>, other: Option<Set>) {
    let Some(other) = other.filter(|set| rank(set) > 0) else { return };
    if best.as_ref().is_none_or(|known| rank(&other) > rank(known)) {
        *best = Some(other);
    }
}

fn product(heads: &Set, tails: &Set) -> Option<Set> {
    let longest = |set: &Set| set.iter().map(Vec::len).max().unwrap_or(0);
    if heads.len().saturating_mul(tails.len()) > MAX_LITERALS || longest(heads) + longest(tails) > MAX_LENGTH {
        return None;
    }
    Some(set(heads.iter().flat_map(|head| tails.iter().map(|tail| [head.as_slice(), tail].concat()))))
}

/// The members of a small class, in lower case.
fn members(class: &Class) -> Option<Set> {
    const MAX_MEMBERS: usize = 8;
    let Class::Bytes(class) = class else { return None };
    let size: usize = class.iter().map(|range| usize::from(range.end() - range.start()) + 1).sum();
    if size > MAX_MEMBERS {
        return None;
    }
    let bytes = class.iter().flat_map(|range| range.start()..=range.end());
    Some(set(bytes.map(|byte| vec![byte.to_ascii_lowercase()])))
}

/// One by one: collecting into a set brings a sort of its own into the module.
fn set(texts: impl IntoIterator<Item = Vec<u8>>) -> Set {
    let mut set = Set::new();
    set.extend(texts);
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(pattern: &str) -> Option<Vec<String>> {
        let hir = super::super::automaton::parse(pattern, false).unwrap();
        Some(required(&hir)?.into_iter().map(|literal| String::from_utf8(literal).unwrap()).collect())
    }

    #[test]
    fn the_longest_run_that_every_match_has() {
        for (pattern, literals) in [
            ("(?i)union\\s+SELECT", &["select"][..]),
            ("\\.\\./", &["../"]),
            ("a?bcd", &["bcd"]),
            ("(?:cat|dog)s", &["cats", "dogs"]),
            ("^/admin(?:/|$)", &["/admin", "/admin/"]),
            ("(?:abc)+", &["abc"]),
            ("(?:abc){1}x", &["abcx"]),
            ("x[0-2]yz", &["x0yz", "x1yz", "x2yz"]),
            ("(?:ab.*cde|fghi)", &["cde", "fghi"]),
            ("\\bexec\\b.{0,9}\\(", &["exec"]),
        ] {
            assert_eq!(
                of(pattern).as_deref(),
                Some(literals.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{pattern}"
            );
        }
    }

    #[test]
    fn patterns_without_a_literal_have_none() {
        for pattern in ["[0-9]{16}", "a|bcd", ".*", "(?:abc)?", "(?:abc)*x", "", "^$"] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }
}
