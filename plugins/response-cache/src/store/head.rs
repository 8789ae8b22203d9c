//! What is stored of a response, but for its body.

use super::wire::{Reader, put_bytes};
use super::{Content, Key};

/// The head of a stored response, where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) url: &'a [u8],
    pub(super) rest: &'a [u8],
    /// Hashes of tags, eight bytes each.
    pub(super) tags: &'a [u8],
    pub(super) meta: &'a [u8],
    pub(super) headers: &'a [u8],
}

impl<'a> Head<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        Some(Self {
            url: reader.bytes()?,
            rest: reader.bytes()?,
            tags: reader.bytes()?,
            meta: reader.bytes()?,
            headers: reader.bytes()?,
        })
    }

    pub(super) fn tags(&self) -> Box<[u64]> {
        self.tags.as_chunks().0.iter().copied().map(u64::from_le_bytes).collect()
    }
}

/// The head of a response to store.
pub(super) fn encode(key: &Key, tags: &[u64], content: &Content<'_>) -> Vec<u8> {
    let tags: Vec<u8> = tags.iter().flat_map(|tag| tag.to_le_bytes()).collect();
    let mut out = Vec::new();
    for part in [key.url(), key.rest(), &tags, content.meta, content.headers] {
        put_bytes(&mut out, part);
    }
    out
}
