//! Bytes that a pattern cannot match without.

use std::collections::HashSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::shape::Shape;

/// More are hardly worth asking for.
const MAX_CLAUSES: usize = 6;
/// More patterns are not told apart by what they need: that costs more than to look for them.
const MAX_NEEDS: usize = 24;

/// What every match has: of each of these sets one byte at least.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Needs {
    /// The rarest first.
    clauses: Vec<Shape>,
}

impl Needs {
    /// What matches of a pattern have.
    pub(super) fn of(hir: &Hir) -> Self {
        let mut clauses = clauses(hir);
        clauses.truncate(MAX_CLAUSES);
        Self { clauses }
    }

    /// What texts have that contain this one, in any case.
    pub(super) fn of_text(text: &[u8]) -> Self {
        let mut clauses = tidied(text.iter().map(|byte| Shape::folded(*byte)).collect());
        clauses.truncate(MAX_CLAUSES);
        Self { clauses }
    }

    /// Whether a value of this shape could match.
    pub(super) fn allow(&self, shape: Shape) -> bool {
        self.clauses.iter().all(|clause| shape.meets(*clause))
    }

    /// One of the sets; everything if there is none.
    pub(super) fn rarest(&self) -> Shape {
        self.clauses.first().copied().unwrap_or(Shape::ALL)
    }
}

/// What some patterns need, of which each may match.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// A value has one of these if any of the patterns matches.
    pub(super) rarest: Shape,
    /// What the patterns need, if that is little enough to be asked for each value.
    each: Vec<Needs>,
}

impl Reach {
    pub(super) fn of(patterns: impl Iterator<Item = Needs>) -> Self {
        let each = patterns.collect::<HashSet<_>>();
        let rarest = each.iter().map(Needs::rarest).fold(Shape::default(), Shape::and);
        let each = if each.len() <= MAX_NEEDS { each.into_iter().collect() } else { Vec::new() };
        Self { rarest, each }
    }

    /// Whether a value of this shape could match any of the patterns.
    pub(super) fn allows(&self, shape: Shape) -> bool {
        shape.meets(self.rarest) && (self.each.is_empty() || self.each.iter().any(|needs| needs.allow(shape)))
    }
}

fn clauses(hir: &Hir) -> Vec<Shape> {
    let found = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| Shape::folded(*byte)).collect(),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.iter().flat_map(|range| range.start()..=range.end());
            vec![bytes.fold(Shape::default(), |set, byte| set.and(Shape::folded(byte)))]
        }
        // What the parser makes of single characters. Beyond ASCII they are several bytes, all of them high.
        HirKind::Class(Class::Unicode(class)) => {
            let ascii = (0..0x80u8)
                .filter(|byte| class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(*byte))));
            let others = if class.is_ascii() { Shape::default() } else { Shape::HIGH };
            vec![ascii.fold(others, |set, byte| set.and(Shape::folded(byte)))]
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => clauses(&repetition.sub),
        HirKind::Capture(capture) => clauses(&capture.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(clauses).collect(),
        HirKind::Alternation(parts) => alternation(&parts.iter().map(clauses).collect::<Vec<_>>()),
    };
    tidied(found)
}

/// What all alternatives have, and one set of each together.
fn alternation(parts: &[Vec<Shape>]) -> Vec<Shape> {
    let Some((first, others)) = parts.split_first() else { return Vec::new() };
    if parts.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let in_all = |clause: &&Shape| others.iter().all(|other| other.contains(clause));
    let mut found = first.iter().filter(in_all).copied().collect::<Vec<_>>();
    let rest = |part: &Vec<Shape>| part.iter().find(|clause| !found.contains(clause)).copied();
    let rarest = parts.iter().map(rest).try_fold(Shape::default(), |set, clause| Some(set.and(clause?)));
    found.extend(rarest);
    found
}

/// The rarest first, without those that follow from another.
fn tidied(mut found: Vec<Shape>) -> Vec<Shape> {
    found.sort_by_key(|clause| (clause.commonness(), *clause));
    let mut kept = Vec::<Shape>::new();
    for clause in found {
        if !kept.iter().any(|narrower| clause.holds(*narrower)) {
            kept.push(clause);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(pattern: &str) -> Vec<Shape> {
        Needs::of(&super::super::automaton::parse(pattern, false).unwrap()).clauses
    }

    #[test]
    fn what_every_match_has() {
        let one = |bytes: &[u8]| Shape::marks(bytes);
        for (pattern, clauses) in [
            ("a<", vec![one(b"<"), one(b"a")]),
            ("(?i)A|a", vec![one(b"a")]),
            ("(?:a'|b')x*", vec![one(b"'"), one(b"ab")]),
            ("['\"]+ ?z", vec![one(b"'\""), one(b"z")]),
            ("(?:a|)b?", vec![]),
            ("\\bx{2,}$", vec![one(b"x")]),
            ("[0-3]", vec![one(b"9")]),
            ("[^\\x00-\\x7f]x", vec![Shape::HIGH, one(b"x")]),
        ] {
            assert_eq!(of(pattern), clauses, "{pattern}");
        }
    }

    #[test]
    fn a_value_that_lacks_one_is_dismissed() {
        let needs = Needs::of(&super::super::automaton::parse("['\"] or 1=1", false).unwrap());
        assert!(needs.allow(Shape::of(b"x' or 1=1")) && needs.allow(Shape::of(b"X\" OR 1=1")));
        assert!(!needs.allow(Shape::of(b"x or 1=1")) && !needs.allow(Shape::of(b"x' and 1=1")));
        assert!(Needs::default().allow(Shape::default()) && Needs::of_text(b"aB").allow(Shape::of(b"Ab")));
    }
}
