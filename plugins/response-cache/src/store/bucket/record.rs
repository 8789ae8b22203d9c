//! How a bucket lies in its shared value.

use super::{Bucket, Chunk, Entry, Flight, State};
use crate::store::wire::Reader;

/// Kind and layout: what another layout wrote counts as nothing.
const MAGIC: [u8; 8] = *b"GWRCBK\x02\0";
pub(in crate::store) const HEADER_BYTES: usize = 8 + 8 + 3 * 2;
pub(in crate::store) const ENTRY_BYTES: usize = 7 * 8 + 2 * 4 + 2 + 4;
pub(in crate::store) const FLIGHT_BYTES: usize = 4 * 8 + 2;
pub(in crate::store) const CHUNK_BYTES: usize = 4 + 2;
/// Bits of a flight's kind.
const PASS: u8 = 1;
const QUIET: u8 = 2;

/// A bucket where it lies: a look-up reads only what it is after.
pub(in crate::store) struct View<'a> {
    purges: u64,
    entries: &'a [u8],
    flights: &'a [u8],
    chunks: &'a [u8],
}

impl<'a> View<'a> {
    /// `None` for a value that is no bucket, or none any more.
    pub(in crate::store) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(value.strip_prefix(MAGIC.as_slice())?);
        let purges = reader.u64()?;
        let [entries, flights, chunks] = [reader.u16()?, reader.u16()?, reader.u16()?].map(usize::from);
        let view = Self {
            purges,
            entries: reader.take(entries * ENTRY_BYTES)?,
            flights: reader.take(flights * FLIGHT_BYTES)?,
            chunks: reader.take(chunks * CHUNK_BYTES)?,
        };
        reader.0.is_empty().then_some(view)
    }

    pub(in crate::store) fn purges(&self) -> u64 {
        self.purges
    }

    /// What is stored under a hash, least recently used first.
    pub(in crate::store) fn found(&self, hash: u64) -> impl DoubleEndedIterator<Item = Entry> + use<'a> {
        let wanted = hash.to_le_bytes();
        let entries = self.entries.chunks_exact(ENTRY_BYTES).filter(move |entry| entry.starts_with(&wanted));
        entries.filter_map(Entry::read).filter(|entry| entry.state == State::Ready)
    }

    /// The fetch with this token.
    pub(in crate::store) fn flight(&self, token: u64) -> Option<Flight> {
        self.flights.chunks_exact(FLIGHT_BYTES).filter_map(Flight::read).find(|flight| flight.token == token)
    }

    /// Numbers of the chunks that an entry lies in, in order, at most `limit`.
    pub(in crate::store) fn chain(&self, entry: &Entry, limit: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = entry.chunk;
        while next != Chunk::NONE && chain.len() < limit {
            chain.push(usize::from(next));
            let chunk = self.chunks.chunks_exact(CHUNK_BYTES).nth(usize::from(next));
            next = chunk.and_then(Chunk::read).map_or(Chunk::NONE, |chunk| chunk.next);
        }
        chain
    }

    pub(in crate::store) fn to_bucket(&self) -> Bucket {
        Bucket {
            purges: self.purges,
            entries: self.entries.chunks_exact(ENTRY_BYTES).filter_map(Entry::read).collect(),
            flights: self.flights.chunks_exact(FLIGHT_BYTES).filter_map(Flight::read).collect(),
            chunks: self.chunks.chunks_exact(CHUNK_BYTES).filter_map(Chunk::read).collect(),
        }
    }
}

impl Bucket {
    pub(in crate::store) fn encode(&self) -> Vec<u8> {
        let counts = [self.entries.len(), self.flights.len(), self.chunks.len()];
        let [entries, flights, chunks] = counts;
        let length = HEADER_BYTES + entries * ENTRY_BYTES + flights * FLIGHT_BYTES + chunks * CHUNK_BYTES;
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.purges.to_le_bytes());
        for count in counts {
            // The shape keeps all of them far below.
            out.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
        }
        self.entries.iter().for_each(|entry| entry.write(&mut out));
        self.flights.iter().for_each(|flight| flight.write(&mut out));
        self.chunks.iter().for_each(|chunk| chunk.write(&mut out));
        out
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        Some(Self {
            hash: reader.u64()?,
            variant: reader.u64()?,
            generation: reader.u64()?,
            body_generation: reader.u64()?,
            seen_purges: reader.u64()?,
            keep_until: reader.u64()?,
            stored_at: reader.u64()?,
            head_bytes: reader.u32()?,
            body_bytes: reader.u32()?,
            chunk: reader.u16()?,
            state: State::read(reader.u8()?),
            split: reader.u8()? != 0,
            protected: reader.u8()? != 0,
            soft_purged: reader.u8()? != 0,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let ids = [self.hash, self.variant, self.generation, self.body_generation, self.seen_purges];
        let words = ids.into_iter().chain([self.keep_until, self.stored_at]);
        words.for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        out.extend_from_slice(&self.head_bytes.to_le_bytes());
        out.extend_from_slice(&self.body_bytes.to_le_bytes());
        out.extend_from_slice(&self.chunk.to_le_bytes());
        out.extend_from_slice(&[self.state as u8, self.split.into(), self.protected.into(), self.soft_purged.into()]);
    }
}

impl Flight {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let (hash, token, seen_purges, until) = (reader.u64()?, reader.u64()?, reader.u64()?, reader.u64()?);
        let kind = reader.u8()?;
        let awaited = reader.u8()? != 0;
        Some(Self { hash, token, seen_purges, until, pass: kind & PASS != 0, awaited, quiet: kind & QUIET != 0 })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let words = [self.hash, self.token, self.seen_purges, self.until];
        words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        let kind = if self.pass { PASS } else { 0 } | if self.quiet { QUIET } else { 0 };
        out.extend_from_slice(&[kind, self.awaited.into()]);
    }
}

impl Chunk {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        Some(Self { held: reader.u32()?, next: reader.u16()? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.held.to_le_bytes());
        out.extend_from_slice(&self.next.to_le_bytes());
    }
}

impl State {
    fn read(byte: u8) -> Self {
        match byte {
            0 => Self::Ready,
            1 => Self::Writing,
            _ => Self::Trimming,
        }
    }
}
