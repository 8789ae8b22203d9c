//! All who share a store must lay it out alike.

use gatewright::store::{SharedArray, SharedStore, StoreError, Update};

use super::geometry::Geometry;
use super::wire::Reader;

const KEY: &str = "layout";
const ATTEMPTS: u32 = 64;

/// Agrees on the layout; the first to open a store chooses it, and it can be chosen again while nothing was ever stored.
///
/// # Errors
/// [`StoreError::UnknownLayout`] if the store has another layout.
pub(super) fn reach(store: &SharedStore, geometry: &Geometry) -> Result<(), StoreError> {
    let wanted = encode(&geometry.words());
    let current = store.get(KEY)?.map(|(value, _)| value);
    let stale = match current {
        Some(current) if current == wanted => return Ok(()),
        Some(current) if is_used(store, &current)? => return Err(StoreError::UnknownLayout),
        other => other,
    };
    let mut agreed = false;
    let update = store.update(KEY, ATTEMPTS, |current| {
        agreed = current == Some(&wanted) || current == stale.as_deref();
        (agreed && current != Some(&wanted)).then(|| wanted.clone())
    })?;
    if agreed || update == Update::Written { Ok(()) } else { Err(StoreError::UnknownLayout) }
}

/// The name of a part: stores of different layouts never touch each other's values.
pub(super) fn name(part: &str, geometry: &Geometry) -> String {
    name_of(part, &geometry.words())
}

fn is_used(store: &SharedStore, layout: &[u8]) -> Result<bool, StoreError> {
    let mut reader = Reader(layout);
    let words: Vec<u64> = std::iter::from_fn(|| reader.u64()).collect();
    let Some(buckets) = words.first().and_then(|buckets| usize::try_from(*buckets).ok()) else { return Ok(true) };
    let index = SharedArray::new(store, &name_of("index", &words), buckets)?;
    for number in 0..buckets {
        if !index.get(number)?.0.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn name_of(part: &str, words: &[u64]) -> String {
    // Not secret and not chosen by requests: it only has to differ.
    let mixed = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3));
    format!("{part}-{mixed:016x}")
}

fn encode(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
