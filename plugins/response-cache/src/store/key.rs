//! What a stored response is found by.

use gatewright::store::{KeyHash, KeyHasher};

use super::wire::put_bytes;

/// What a stored response is found by: a URL and whatever else the responses of one URL are kept apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(super) url: Box<[u8]>,
    pub(super) rest: Box<[u8]>,
    pub(super) hash: KeyHash,
}

impl Key {
    pub(super) fn new(hasher: &KeyHasher, url: &[u8], parts: &[&[u8]]) -> Self {
        let mut rest = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
        parts.iter().for_each(|part| put_bytes(&mut rest, part));
        let hash = hasher.hash(&[url, &rest]);
        Self { url: url.into(), rest: rest.into(), hash }
    }

    /// The half of the hash that tells keys of a bucket apart. The other half chooses the bucket.
    pub(super) fn hash(&self) -> u64 {
        low_half(self.hash)
    }

    pub(super) fn bucket(&self, count: usize) -> usize {
        self.hash.bucket(u32::try_from(count).unwrap_or(u32::MAX)) as usize
    }
}

pub(super) fn low_half(hash: KeyHash) -> u64 {
    let bytes = hash.to_bytes();
    bytes.first_chunk().copied().map_or(0, u64::from_le_bytes)
}
