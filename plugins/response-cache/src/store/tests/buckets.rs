//! A bucket alone: what is in it after any changes.

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use proptest::prelude::*;

use super::super::bucket::{Begun, Bucket, Chunk, Entry, Need, Reserved, Space, State, View};

const SPACE: Space = Space { ways: 10, chunks: 24, bytes: 1000 };
const CHUNK: u32 = 112;

fn entry(generation: u64, body: u32) -> Entry {
    Entry {
        hash: generation % 4,
        variant: generation % 3,
        generation,
        body_generation: generation,
        seen_purges: 0,
        keep_until: 1_000_000,
        stored_at: generation,
        head_bytes: 10,
        body_bytes: body,
        chunk: Chunk::NONE,
        state: State::Writing,
        split: true,
        protected: false,
        soft_purged: false,
    }
}

/// One head and as many chunks as the body needs.
fn need(body: u32, body_of: Option<u64>) -> Need {
    let mut sizes = vec![22];
    let mut left = if body_of.is_some() { 0 } else { body };
    while left > 0 {
        let part = left.min(CHUNK - 12);
        sizes.push(part + 12);
        left -= part;
    }
    Need { sizes, body_of }
}

fn store(bucket: &mut Bucket, generation: u64, body: u32) -> Option<Reserved> {
    let need = need(body, None);
    let reserved = bucket.reserve(Entry { hash: generation, ..entry(generation, body) }, &need, &SPACE, 0)?;
    assert!(bucket.publish(generation, &need.sizes, 2_000_000, 100));
    Some(reserved)
}

#[test]
fn most_of_a_bucket_is_protected_but_never_all() {
    let mut bucket = Bucket::new();
    for generation in 0..10 {
        store(&mut bucket, generation, 10).unwrap();
    }
    for generation in 0..10 {
        assert!(bucket.touch(generation, &SPACE));
    }
    // The two that were used least recently gave up their protection, and are the first to go.
    let protected: Vec<(u64, bool)> = bucket.entries.iter().map(|entry| (entry.generation, entry.protected)).collect();
    assert_eq!(protected, (0..10).map(|generation| (generation, generation > 1)).collect::<Vec<_>>());
    assert_eq!(store(&mut bucket, 20, 10).unwrap().evicted, 1);
    assert_eq!(bucket.entries[0].generation, 1);
    assert!(!bucket.touch(777, &SPACE));
}

#[test]
fn a_record_is_read_as_it_was_written_and_nothing_else_is() {
    let mut bucket = Bucket::new();
    bucket.purges = 7;
    store(&mut bucket, 1, 300).unwrap();
    bucket.reserve(entry(2, 5), &need(5, None), &SPACE, 0).unwrap();
    assert_eq!(bucket.begin(9, 70, 50, 10, 2), Begun::Leads);
    assert_eq!(bucket.begin(8, 71, 50, 10, 2), Begun::Leads);
    assert_eq!(bucket.begin(7, 72, 50, 10, 2), Begun::Full);
    let value = bucket.encode();
    assert_eq!(View::parse(&value).unwrap().to_bucket(), bucket);
    assert!((0..value.len()).all(|length| View::parse(&value[..length]).is_none()));
    assert!(View::parse(&[&value[..], b"x"].concat()).is_none());
}

proptest! {
    /// Whatever happens, no byte is in two responses, and all together are never more than the bucket may have, at any moment of writing.
    #[test]
    fn bytes_are_never_shared_nor_too_many(
        steps in prop::collection::vec((0..5_u8, 0..400_u32, any::<prop::sample::Index>()), 1..80)
    ) {
        let mut bucket = Bucket::new();
        let mut host = vec![0_u64; SPACE.chunks];
        let mut writing: Vec<(u64, Need, Reserved)> = Vec::new();
        for (generation, (step, body, index)) in (1..).zip(steps) {
            let ready: Vec<u64> =
                bucket.entries.iter().filter(|entry| entry.state == State::Ready).map(|entry| entry.generation).collect();
            match step {
                0 | 1 => {
                    let body_of = (step == 1 && !ready.is_empty()).then(|| *index.get(&ready));
                    let need = need(body, body_of);
                    if let Some(reserved) = bucket.reserve(entry(generation, body), &need, &SPACE, 0) {
                        writing.push((generation, need, reserved));
                    }
                }
                2 if !writing.is_empty() => {
                    let (generation, need, reserved) = writing.swap_remove(index.index(writing.len()));
                    reserved.trims.iter().chain(&reserved.empty_first).for_each(|chunk| host[*chunk] = 0);
                    for (chunk, size) in reserved.chunks.iter().zip(&need.sizes) {
                        host[*chunk] = u64::from(*size);
                        prop_assert!(host.iter().sum::<u64>() <= SPACE.bytes, "{host:?}");
                    }
                    bucket.publish(generation, &need.sizes, 2_000_000, 100);
                }
                3 if !writing.is_empty() => {
                    let (generation, ..) = writing.swap_remove(index.index(writing.len()));
                    bucket.remove(generation);
                }
                4 if !ready.is_empty() => {
                    bucket.touch(*index.get(&ready), &SPACE);
                }
                _ => {}
            }
            prop_assert!(bucket.entries.len() <= SPACE.ways + 1);
            let counted: u64 = bucket.chunks.iter().map(|chunk| u64::from(chunk.held)).sum();
            prop_assert!(host.iter().sum::<u64>() <= counted);
            let value = bucket.encode();
            let view = View::parse(&value).unwrap();
            let mut owners = vec![0; SPACE.chunks];
            for entry in bucket.entries.iter().filter(|entry| entry.state != State::Ready) {
                for chunk in view.chain(entry, 1) {
                    owners[chunk] += 1;
                }
            }
            for entry in bucket.entries.iter().filter(|entry| entry.state == State::Ready) {
                let head = view.chain(entry, 1);
                owners[head[0]] += 1;
                prop_assert_eq!(host[head[0]], 22);
            }
            prop_assert!(owners.iter().all(|owners| *owners <= 1), "{:?}", owners);
        }
    }
}
