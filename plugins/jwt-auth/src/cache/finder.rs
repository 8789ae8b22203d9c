//! A hash of the end of a token.

use std::hash::{BuildHasher as _, RandomState};

/// Bytes of a token that are hashed, its last: of a signature, which differs wherever tokens differ.
const TAIL: usize = 32;

/// Hashes the end of tokens under a key of the worker's own (multilinear hashing, strongly universal in the upper 32 bits of its result).
///
/// Whoever chooses tokens does not know the key, so two with other ends meet once in four billion, however they are chosen. Those with
/// the same end always meet. Good tokens have the same end only by an accident of 192 bits, for an issuer's signatures are as good as
/// random.
pub(super) struct Finder {
    start: u64,
    factors: [u64; TAIL / 4],
}

impl Finder {
    pub(super) fn new(random: &RandomState) -> Self {
        let mut numbers = 2_u64..;
        let mut next = || random.hash_one(numbers.next());
        Self { start: next(), factors: std::array::from_fn(|_| next()) }
    }

    pub(super) fn tag(&self, token: &[u8]) -> u64 {
        let tail = tail(token);
        let (words, _) = tail.as_chunks::<4>();
        let product = |(word, factor): (&[u8; 4], &u64)| factor.wrapping_mul(u32::from_le_bytes(*word).into());
        words.iter().zip(&self.factors).map(product).fold(self.start, u64::wrapping_add)
    }
}

/// The last bytes. What is shorter is no token: it only must not be a special case for anybody else.
fn tail(token: &[u8]) -> [u8; TAIL] {
    token.last_chunk().copied().unwrap_or_else(|| {
        let mut tail = [0; TAIL];
        tail.iter_mut().zip(token).for_each(|(byte, known)| *byte = *known);
        tail
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_byte_of_the_end_counts_and_none_before() {
        let finder = Finder::new(&RandomState::new());
        let token = [b'a'; TAIL + 8];
        let tags = |range: std::ops::Range<usize>| {
            let one = |at: usize| {
                let mut token = token;
                token[at] = b'b';
                finder.tag(&token) >> 32
            };
            range.map(one).collect::<BTreeSet<_>>()
        };
        assert_eq!(tags(0..8), BTreeSet::from([finder.tag(&token) >> 32]));
        assert_eq!(tags(8..TAIL + 8).len(), TAIL);
    }

    #[test]
    fn upper_halves_of_ends_that_differ_little_are_spread() {
        let finder = Finder::new(&RandomState::new());
        let tags = (0..1000_u32).map(|number| finder.tag(format!("{number:0>40}").as_bytes()) >> 32);
        assert!(tags.collect::<BTreeSet<_>>().len() > 990);
    }

    #[test]
    fn each_worker_has_a_key_of_its_own() {
        let tag = || Finder::new(&RandomState::new()).tag(&[b'a'; 64]);
        assert_ne!(tag(), tag());
    }

    #[test]
    fn what_is_short_has_a_tag_too() {
        let finder = Finder::new(&RandomState::new());
        let tags: BTreeSet<u64> = ["", "a", "b", "a.b.c"].map(|token| finder.tag(token.as_bytes())).into();
        assert_eq!(tags.len(), 4);
    }
}
