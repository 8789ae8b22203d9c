//! Storing an answer: room is reserved, then the bytes are written, then the index names them. Nobody finds half of it.

use std::rc::Rc;

use gatewright::Timestamp;
use gatewright::store::StoreError;

use super::bucket::{Bucket, Chunk, Entry, Flight, Need, Reserved, State};
use super::events::{Subject, Verdict};
use super::geometry::CHUNK_HEADER;
use super::head::{self, Head};
use super::inner::{Inner, Mark};
use super::key::low_half;
use super::stored::{Body, Content, Stored};
use super::{Fill, Key, Store};

/// How long the chunks of a response may be written. Then another writer may have them; what is written later is not found.
const WRITING_NANOS: u64 = 10_000_000_000;

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Stored.
    Stored,
    /// Purged or invalidated while it was fetched, or the lease was over.
    Fenced,
    /// Too large, or there is no room for it.
    NoRoom,
}

/// A response on its way into the chunks.
struct Write<'a> {
    entry: Entry,
    need: Need,
    head: Vec<u8>,
    body: &'a [u8],
    tags: Vec<u64>,
}

enum Attempt {
    Reserved(Reserved),
    Fenced,
    NoRoom,
}

impl Store {
    /// Stores the answer.
    ///
    /// # Errors
    /// A failure of the host, or too much contention: nothing is stored.
    pub fn commit(
        &self,
        mut fill: Fill,
        key: &Key,
        content: &Content<'_>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let loaded;
        let body = match content.body {
            Body::Bytes(bytes) => Some(bytes),
            Body::Of(variant) if variant.entry.split => None,
            Body::Of(variant) => match self.body(variant)? {
                Some(body) => {
                    loaded = body;
                    Some(loaded.as_slice())
                }
                None => return Ok(Committed::NoRoom),
            },
        };
        let Some(write) = self.0.plan(key, content, body, now.nanos()) else {
            return Ok(self.0.count(Committed::NoRoom));
        };
        let reserved = match self.0.reserve(&fill, key, &write, now.nanos())? {
            Attempt::Reserved(reserved) => reserved,
            Attempt::Fenced => return Ok(self.0.count(Committed::Fenced)),
            Attempt::NoRoom => return Ok(self.0.count(Committed::NoRoom)),
        };
        self.0.write(fill.bucket(), &write, &reserved)?;
        let Some(flight) = self.0.publish(&fill, &write, content.keep_until, now.nanos())? else {
            return Ok(self.0.count(Committed::Fenced));
        };
        fill.set_over();
        self.0.keep_copy(&write);
        self.0.wake(&[flight]);
        Ok(Committed::Stored)
    }
}

impl Inner {
    /// What is to be written where; `None` if it is too large.
    fn plan<'a>(&self, key: &Key, content: &Content<'_>, body: Option<&'a [u8]>, now: u64) -> Option<Write<'a>> {
        let tags: Vec<u64> = content.tags.iter().map(|tag| low_half(self.hasher.hash(&[tag]))).collect();
        let head = head::encode(key, &tags, content);
        let reused = match content.body {
            Body::Of(variant) if body.is_none() => Some(variant.entry),
            _ => None,
        };
        let body = body.unwrap_or_default();
        let body_bytes = reused.map_or(body.len(), |entry| entry.body_bytes as usize);
        if head.len() > self.geometry.chunk || head.len() + body_bytes > self.settings.max_entry {
            return None;
        }
        let split = reused.is_some() || head.len() + body.len() > self.geometry.chunk;
        let need = Need { sizes: self.sizes(&head, body, split)?, body_of: reused.map(|entry| entry.generation) };
        let generation = self.next();
        let entry = Entry {
            hash: key.hash(),
            variant: content.variant,
            generation,
            body_generation: reused.map_or(generation, |entry| entry.body_generation),
            seen_purges: 0,
            keep_until: now.saturating_add(WRITING_NANOS),
            stored_at: now,
            head_bytes: u32::try_from(head.len()).ok()?,
            body_bytes: u32::try_from(body_bytes).ok()?,
            chunk: Chunk::NONE,
            state: State::Writing,
            split,
            protected: false,
            soft_purged: false,
        };
        Some(Write { entry, need, head, body, tags })
    }

    /// Bytes of each chunk: head and body in one, or the head and then each part of the body.
    fn sizes(&self, head: &[u8], body: &[u8], split: bool) -> Option<Vec<u32>> {
        let chunk = |bytes: usize| u32::try_from(bytes + CHUNK_HEADER).ok();
        if !split {
            return Some(vec![chunk(head.len() + body.len())?]);
        }
        let parts = body.chunks(self.geometry.chunk).map(<[u8]>::len);
        std::iter::once(head.len()).chain(parts).map(chunk).collect()
    }

    fn reserve(&self, fill: &Fill, key: &Key, write: &Write<'_>, now: u64) -> Result<Attempt, StoreError> {
        let subject = Subject { url: key.url(), tags: &write.tags };
        let attempt = self.change(fill.bucket(), |index| {
            if !self.may_store(index, fill, subject, now)? {
                return Ok((Attempt::Fenced, false));
            }
            let entry = Entry { seen_purges: index.purges, ..write.entry };
            match index.reserve(entry, &write.need, &self.geometry.space, now) {
                Some(reserved) => Ok((Attempt::Reserved(reserved), true)),
                None => Ok((Attempt::NoRoom, false)),
            }
        })?;
        if let (Attempt::Reserved(reserved), Some(metrics)) = (&attempt, &self.metrics) {
            metrics.evictions.add(u32::try_from(reserved.evicted).unwrap_or(u32::MAX));
        }
        Ok(attempt)
    }

    /// Whether nothing came between the begin of the fetch and now. What comes later is noticed by whoever finds the response.
    fn may_store(&self, index: &mut Bucket, fill: &Fill, subject: Subject<'_>, now: u64) -> Result<bool, StoreError> {
        let purges = index.purges;
        let Some(flight) = index.flight(fill.token(), now) else { return Ok(false) };
        Ok(self.verdict(subject, flight.seen_purges, purges)? == Verdict::Untouched)
    }

    fn write(&self, bucket: usize, write: &Write<'_>, reserved: &Reserved) -> Result<(), StoreError> {
        for chunk in reserved.trims.iter().chain(&reserved.empty_first) {
            self.empty_chunk(bucket, *chunk)?;
        }
        let generation = write.entry.generation;
        let mut chunks = reserved.chunks.iter();
        let first = if write.entry.split { &[] } else { write.body };
        if let Some(chunk) = chunks.next() {
            self.write_chunk(bucket, *chunk, Mark { generation, part: 0 }, &[&write.head, first])?;
        }
        for (index, (chunk, part)) in chunks.zip(write.body.chunks(self.geometry.chunk)).enumerate() {
            self.write_chunk(bucket, *chunk, Mark { generation, part: index + 1 }, &[part])?;
        }
        Ok(())
    }

    /// `None` if the fetch was fenced meanwhile.
    fn publish(&self, fill: &Fill, write: &Write<'_>, keep: Timestamp, now: u64) -> Result<Option<Flight>, StoreError> {
        let generation = write.entry.generation;
        self.change(fill.bucket(), |index| {
            let flight = index.flight(fill.token(), now).copied();
            let published =
                flight.is_some() && index.publish(generation, &write.need.sizes, keep.nanos(), self.settings.variants);
            if published {
                index.end_flight(fill.token());
                return Ok((flight, true));
            }
            Ok((None, index.remove(generation)))
        })
    }

    fn keep_copy(&self, write: &Write<'_>) {
        let Some(head) = Head::read(&write.head) else { return };
        let stored = Stored::new(write.entry.generation, &head);
        if !write.entry.split {
            // Just made: it is empty.
            let _ = stored.body.set(Rc::new(write.body.to_vec()));
        }
        self.hot.borrow_mut().put(&Rc::new(stored));
    }

    fn count(&self, committed: Committed) -> Committed {
        if let Some(metrics) = &self.metrics {
            match committed {
                Committed::Stored => {}
                Committed::Fenced => metrics.fenced.increment(),
                Committed::NoRoom => metrics.no_room.increment(),
            }
        }
        committed
    }
}
