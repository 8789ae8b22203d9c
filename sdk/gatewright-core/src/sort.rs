//! Sorting what a configuration holds, with one copy of the algorithm in a module.
//!
//! The standard library's sort is compiled for each type, some 6 KB every time. Here a type costs a few hundred bytes, and each call two
//! allocations, which the path of a request should not have.

use std::cmp::Ordering;

/// Sorts a list. What compares equal stays in its order.
pub fn stable_by<T>(list: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = order(list.len(), &|a, b| match (list.get(a), list.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut items: Vec<Option<T>> = list.drain(..).map(Some).collect();
    list.extend(order.into_iter().filter_map(|at| items.get_mut(at)?.take()));
}

/// Sorts a list by its elements' own order.
pub fn stable<T: Ord>(list: &mut Vec<T>) {
    stable_by(list, T::cmp);
}

#[inline(never)]
fn order(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    proptest! {
        #[test]
        fn lists_are_sorted_as_the_standard_library_does(list in prop::collection::vec((0u8..8, any::<u16>()), 0..80)) {
            let (mut by_key, mut whole) = (list.clone(), list.clone());
            stable_by(&mut by_key, |(a, _), (b, _)| b.cmp(a));
            stable(&mut whole);
            let (mut expected_by_key, mut expected) = (list.clone(), list);
            expected_by_key.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
            expected.sort();
            prop_assert_eq!((by_key, whole), (expected_by_key, expected));
        }
    }
}
