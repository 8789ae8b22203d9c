//! One bucket of a slot table: the entries of one shared value.

use super::super::error::StoreError;
use super::super::hash::KeyHash;
use super::super::record::{HEADER_BYTES, header};
use super::{Rank, RankFn, Shape, SlotEntry};

const KIND: [u8; 4] = *b"GWST";
const LAYOUT: u16 = 1;

/// The entries of one shared value.
pub(super) struct Bucket<'a> {
    shape: Shape,
    entries: &'a [u8],
}

/// One entry, where it lies.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    hash: [u8; 16],
    pub(super) expires_at: u64,
    pub(super) payload: &'a [u8],
}

/// One entry, to be changed where it lies.
pub(super) struct EntryMut<'a> {
    pub(super) expiry: &'a mut [u8; 8],
    pub(super) payload: &'a mut [u8],
}

/// The entry of a key that has not expired.
pub(super) fn find_mut(shape: Shape, value: &mut [u8], hash: KeyHash, now: u64) -> Option<EntryMut<'_>> {
    let start = value.len() - Bucket::read(shape, value).entries.len();
    let hash = hash.to_bytes();
    value.get_mut(start..)?.chunks_exact_mut(shape.entry_bytes()).find_map(|entry| {
        let (found, rest) = entry.split_first_chunk_mut()?;
        let (expiry, payload) = rest.split_first_chunk_mut()?;
        (*found == hash && now < u64::from_le_bytes(*expiry)).then_some(EntryMut { expiry, payload })
    })
}

impl EntryMut<'_> {
    pub(super) fn expires_at(&self) -> u64 {
        u64::from_le_bytes(*self.expiry)
    }
}

impl<'a> Bucket<'a> {
    /// The entries of a value; none if another layout wrote it.
    pub(super) fn read(shape: Shape, value: &'a [u8]) -> Self {
        let entries = value.strip_prefix(own_header(shape).as_slice()).unwrap_or_default();
        let whole = entries.len().is_multiple_of(shape.entry_bytes());
        let fits = entries.len() <= shape.ways() * shape.entry_bytes();
        Self { shape, entries: if whole && fits { entries } else { &[] } }
    }

    /// The entry of a key that has not expired.
    pub(super) fn find(&self, hash: KeyHash, now: u64) -> Option<Entry<'a>> {
        let hash = hash.to_bytes();
        self.live(now).find(|entry| entry.hash == hash)
    }

    /// The value with an entry added, and one evicted if it must.
    pub(super) fn with(
        &self,
        hash: KeyHash,
        expires_at: u64,
        payload: &[u8],
        now: u64,
        rank: &RankFn,
    ) -> Result<Vec<u8>, StoreError> {
        let mut entries = self.others(hash, now);
        if entries.len() >= self.shape.ways() {
            evict(&mut entries, rank)?;
        }
        entries.push(Entry { hash: hash.to_bytes(), expires_at, payload });
        Ok(encode(self.shape, &entries))
    }

    /// The value without an entry.
    pub(super) fn without(&self, hash: KeyHash, now: u64) -> Vec<u8> {
        encode(self.shape, &self.others(hash, now))
    }

    fn others(&self, hash: KeyHash, now: u64) -> Vec<Entry<'a>> {
        let hash = hash.to_bytes();
        self.live(now).filter(|entry| entry.hash != hash).collect()
    }

    fn live(&self, now: u64) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.entries
            .chunks_exact(self.shape.entry_bytes())
            .filter_map(Entry::read)
            .filter(move |entry| now < entry.expires_at)
    }
}

impl<'a> Entry<'a> {
    pub(super) fn to_owned(self) -> SlotEntry {
        SlotEntry { expires_at: self.expires_at, payload: self.payload.to_vec() }
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk()?;
        let (expires_at, payload) = rest.split_first_chunk()?;
        Some(Self { hash: *hash, expires_at: u64::from_le_bytes(*expires_at), payload })
    }
}

/// Removes the entry that is worth least.
fn evict(entries: &mut Vec<Entry<'_>>, rank: &RankFn) -> Result<(), StoreError> {
    let worth = |entry: &Entry<'_>| match rank(entry.payload) {
        Rank::Evictable(worth) => Some((worth, entry.expires_at)),
        Rank::Pinned => None,
    };
    let ranked = entries.iter().enumerate().filter_map(|(at, entry)| Some((worth(entry)?, at)));
    let (_, at) = ranked.min().ok_or(StoreError::BucketFull)?;
    entries.remove(at);
    Ok(())
}

fn encode(shape: Shape, entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + entries.len() * shape.entry_bytes());
    out.extend_from_slice(&own_header(shape));
    for entry in entries {
        out.extend_from_slice(&entry.hash);
        out.extend_from_slice(&entry.expires_at.to_le_bytes());
        out.extend_from_slice(entry.payload);
    }
    out
}

fn own_header(shape: Shape) -> [u8; HEADER_BYTES] {
    // At most 4,096: it fits.
    header(KIND, LAYOUT, u16::try_from(shape.payload_bytes()).unwrap_or(u16::MAX))
}
