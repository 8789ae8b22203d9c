//! What a stored response is found by.

use gatewright::bytes;
use gatewright::store::{KeyHash, KeyHasher};

use super::wire::put_bytes;

/// What a stored response is found by: a URL and whatever else the responses of one URL are kept apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The URL, and behind it the rest.
    bytes: Vec<u8>,
    url: usize,
    hash: KeyHash,
}

impl Key {
    pub(super) fn new(hasher: &KeyHasher, url: Vec<u8>, parts: &[&[u8]]) -> Self {
        let (url, mut bytes) = (url.len(), url);
        parts.iter().for_each(|part| put_bytes(&mut bytes, part));
        let (head, rest) = bytes.split_at_checked(url).unwrap_or_default();
        let hash = hasher.hash(&[head, rest]);
        Self { bytes, url, hash }
    }

    pub(super) fn url(&self) -> &[u8] {
        self.bytes.get(..self.url).unwrap_or_default()
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.url..).unwrap_or_default()
    }

    /// Whether these are its URL and the rest.
    pub(super) fn is(&self, url: &[u8], rest: &[u8]) -> bool {
        bytes::equal(self.url(), url) && bytes::equal(self.rest(), rest)
    }

    /// A key that a client would need to forge.
    #[cfg(test)]
    pub(super) fn with_hash_of(self, other: &Self) -> Self {
        Self { hash: other.hash, ..self }
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
