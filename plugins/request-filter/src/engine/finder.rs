//! Many literals in one pass.

use std::collections::VecDeque;

/// An automaton over literals, in any case (Aho and Corasick 1975), with every transition written out.
#[derive(Debug)]
pub(super) struct Finder {
    /// Bytes that no literal has are all of one class.
    classes: [u8; 256],
    /// For each state a row of states, one for each class. A state is the place of its row.
    table: Vec<u32>,
    /// A row has two to this power of entries.
    shift: u32,
    /// States from here on end a literal.
    ending: u32,
    /// For each of these the literals that end there.
    ends: Vec<Vec<u32>>,
}

/// A state on its way.
#[derive(Clone, Default)]
struct Node {
    next: Vec<Option<usize>>,
    fail: usize,
    ends: Vec<u32>,
}

impl Finder {
    /// A finder for these literals, none of them empty. `None` if they are too many for it.
    pub(super) fn new(literals: &[Vec<u8>]) -> Option<Self> {
        let (classes, width) = classes(literals);
        let nodes = linked(trie(literals, &classes, width)?);
        let shift = width.next_power_of_two().trailing_zeros();
        // Those that end nothing come first.
        let (plain, ending): (Vec<_>, Vec<_>) =
            (0..nodes.len()).partition(|node| nodes.get(*node).is_some_and(|node| node.ends.is_empty()));
        let mut places = vec![0u32; nodes.len()];
        for (row, node) in plain.iter().chain(&ending).enumerate() {
            *places.get_mut(*node)? = u32::try_from(row << shift).ok()?;
        }
        let mut table = Vec::with_capacity(nodes.len() << shift);
        for node in plain.iter().chain(&ending) {
            let row = nodes.get(*node)?.next.iter().map(|next| places.get(next.unwrap_or_default()).copied());
            table.extend(row.map(Option::unwrap_or_default));
            table.resize(table.len().next_multiple_of(1 << shift), 0);
        }
        let first = u32::try_from(plain.len() << shift).ok()?;
        let ends = ending.iter().filter_map(|node| Some(nodes.get(*node)?.ends.clone())).collect();
        Some(Self { classes, table, shift, ending: first, ends })
    }

    /// Calls `found` with each literal that is in the value, as often as it is.
    pub(super) fn each(&self, value: &[u8], mut found: impl FnMut(u32)) {
        let mut state = 0;
        for byte in value {
            let class = self.classes.get(usize::from(*byte)).copied().unwrap_or_default();
            state = self.table.get(state as usize + usize::from(class)).copied().unwrap_or_default();
            if state >= self.ending {
                let ends = self.ends.get(((state - self.ending) >> self.shift) as usize);
                ends.into_iter().flatten().for_each(|literal| found(*literal));
            }
        }
    }
}

/// A class for each byte of the literals, and how many there are.
fn classes(literals: &[Vec<u8>]) -> ([u8; 256], usize) {
    let mut classes = [0; 256];
    let mut width = 1u8;
    for byte in literals.iter().flatten().map(u8::to_ascii_lowercase) {
        let class = classes.get(usize::from(byte)).copied().unwrap_or_default();
        if class == 0 {
            for spelling in [byte, byte.to_ascii_uppercase()] {
                if let Some(class) = classes.get_mut(usize::from(spelling)) {
                    *class = width;
                }
            }
            // Upper case is folded: there are less than 256.
            width = width.saturating_add(1);
        }
    }
    (classes, usize::from(width))
}

fn trie(literals: &[Vec<u8>], classes: &[u8; 256], width: usize) -> Option<Vec<Node>> {
    let fresh = Node { next: vec![None; width], ..Node::default() };
    let mut nodes = vec![fresh.clone()];
    for (number, literal) in literals.iter().enumerate() {
        let mut at = 0;
        for byte in literal {
            let class = usize::from(classes.get(usize::from(*byte)).copied()?);
            let fresh_at = nodes.len();
            let next = nodes.get_mut(at)?.next.get_mut(class)?;
            at = *next.get_or_insert(fresh_at);
            if at == fresh_at {
                nodes.push(fresh.clone());
            }
        }
        nodes.get_mut(at)?.ends.push(u32::try_from(number).ok()?);
    }
    Some(nodes)
}

/// Fills in where to go when a literal does not go on: to what the longest other beginning would do.
fn linked(mut nodes: Vec<Node>) -> Vec<Node> {
    let mut waiting = VecDeque::from([0]);
    while let Some(at) = waiting.pop_front() {
        let Some(node) = nodes.get(at).cloned() else { continue };
        let fallback = nodes.get(node.fail).cloned().unwrap_or_default();
        for (class, next) in node.next.iter().enumerate() {
            let other = fallback.next.get(class).copied().flatten().filter(|_| at != 0).unwrap_or(0);
            match next {
                Some(next) => {
                    let more = nodes.get(other).map(|node| node.ends.clone()).unwrap_or_default();
                    if let Some(child) = nodes.get_mut(*next) {
                        child.fail = other;
                        child.ends.extend(more);
                    }
                    waiting.push_back(*next);
                }
                None => {
                    if let Some(next) = nodes.get_mut(at).and_then(|node| node.next.get_mut(class)) {
                        *next = Some(other);
                    }
                }
            }
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use proptest::prelude::*;

    use super::*;

    fn found(literals: &[Vec<u8>], value: &[u8]) -> Vec<u32> {
        let mut all = Vec::new();
        Finder::new(literals).unwrap().each(value, |literal| all.push(literal));
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn finds_what_a_search_for_each_finds(
            literals in prop::collection::vec(prop_oneof!["[abc]{1,4}", "[a-c\u{e9}'/]{1,3}"], 0..12),
            value in "[abcABCx'/\u{e9}\u{c9}]{0,30}",
        ) {
            let literals = literals.into_iter().map(String::into_bytes).collect::<Vec<_>>();
            let text = value.as_bytes().to_ascii_lowercase();
            let naive = (0..).zip(&literals).flat_map(|(number, literal)| {
                let times = text.windows(literal.len()).filter(|window| *window == literal.as_slice()).count();
                std::iter::repeat_n(number, times)
            });
            prop_assert_eq!(found(&literals, value.as_bytes()), naive.collect::<Vec<u32>>());
        }
    }
}
