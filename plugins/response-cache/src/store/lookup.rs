//! Finding what is stored.

use std::cmp::Reverse;
use std::rc::Rc;

use gatewright::Timestamp;
use gatewright::store::StoreError;

use super::bucket::{Entry, View};
use super::events::Verdict;
use super::geometry::CHUNK_HEADER;
use super::head::Head;
use super::inner::{Inner, Mark};
use super::stored::{Stored, Variant};
use super::{Key, Store};

/// How often a worker tells the others that a response is used, and how often if nobody knows yet.
const NOTE_EVERY_NANOS: u64 = 10_000_000_000;
const NOTE_NEW_EVERY_NANOS: u64 = 1_000_000_000;

impl Store {
    /// What is stored for a key, newest first. One read of shared data where this worker has copies.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn lookup(&self, key: &Key) -> Result<Vec<Variant>, StoreError> {
        let inner = &*self.0;
        let bucket = key.bucket(inner.geometry.buckets);
        let (value, _) = inner.buckets.get(bucket)?;
        let Some(view) = View::parse(&value) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in view.found(key.hash()) {
            found.extend(inner.find(key, bucket, &view, entry)?);
        }
        found.sort_by_key(|found| Reverse((found.entry.stored_at, found.entry.generation)));
        Ok(found)
    }

    /// The body of a variant; `None` if it is gone meanwhile.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn body(&self, variant: &Variant) -> Result<Option<Rc<Vec<u8>>>, StoreError> {
        if let Some(body) = variant.stored.body.get() {
            return Ok(Some(Rc::clone(body)));
        }
        let Some(body) = self.0.read_body(variant)? else {
            self.0.discard_torn(variant.bucket, variant.entry.generation);
            return Ok(None);
        };
        let body = Rc::new(body);
        let mut hot = self.0.hot.borrow_mut();
        if body.len() <= hot.max_body() && variant.stored.body.set(Rc::clone(&body)).is_ok() {
            hot.put(&variant.stored);
        }
        Ok(Some(body))
    }

    /// Notes that a variant was served: what is used stays longer. Writes to shared data now and then only.
    pub fn note_use(&self, variant: &Variant, now: Timestamp) {
        let (now, noted) = (now.nanos(), variant.stored.noted.get());
        let every = if variant.entry.protected { NOTE_EVERY_NANOS } else { NOTE_NEW_EVERY_NANOS };
        // A clock that was set back also ends the wait.
        if noted <= now && now - noted < every {
            return;
        }
        variant.stored.noted.set(now);
        let (generation, space) = (variant.entry.generation, self.0.geometry.space);
        // Nothing depends on it: a failure only makes an eviction a little less wise.
        let _ = self.0.change(variant.bucket, |bucket| Ok(((), bucket.touch(generation, &space))));
    }
}

impl Inner {
    fn find(&self, key: &Key, bucket: usize, view: &View<'_>, entry: Entry) -> Result<Option<Variant>, StoreError> {
        let Some(stored) = self.copy_of(bucket, view, &entry)? else {
            self.discard_torn(bucket, entry.generation);
            return Ok(None);
        };
        // Two keys of one hash: the longer proof decides.
        if !stored.is_of(key) {
            return Ok(None);
        }
        let (checked, soft) = stored.checked.get();
        let soft_purged = match self.verdict(stored.subject(), checked.max(entry.seen_purges), view.purges())? {
            Verdict::Gone => {
                self.discard(bucket, entry.generation);
                return Ok(None);
            }
            verdict => soft || entry.soft_purged || verdict == Verdict::Soft,
        };
        stored.checked.set((view.purges(), soft_purged));
        let chain = match stored.body.get() {
            Some(_) => Vec::new(),
            None => view.chain(&entry, self.geometry.space.chunks),
        };
        Ok(Some(Variant { stored, entry, bucket, chain, soft_purged }))
    }

    /// This worker's copy, made if there is none; `None` if the response is not there as the index says.
    fn copy_of(&self, bucket: usize, view: &View<'_>, entry: &Entry) -> Result<Option<Rc<Stored>>, StoreError> {
        if let Some(stored) = self.hot.borrow_mut().get(entry.generation) {
            return Ok(Some(stored));
        }
        let stored = self.read_stored(bucket, view, entry)?.map(Rc::new);
        if let Some(stored) = &stored {
            self.hot.borrow_mut().put(stored);
        }
        Ok(stored)
    }

    /// Reads a stored response, with its body if that lies beside its head.
    pub(super) fn read_stored(
        &self,
        bucket: usize,
        view: &View<'_>,
        entry: &Entry,
    ) -> Result<Option<Stored>, StoreError> {
        let Some(chunk) = view.chain(entry, 1).first().copied() else { return Ok(None) };
        let Some(value) = self.read_chunk(bucket, chunk, Mark { generation: entry.generation, part: 0 })? else {
            return Ok(None);
        };
        let data = value.get(CHUNK_HEADER..).unwrap_or_default();
        let Some((head, body)) = data.split_at_checked(entry.head_bytes as usize) else { return Ok(None) };
        let expected = if entry.split { 0 } else { entry.body_bytes as usize };
        let Some(head) = Head::read(head).filter(|_| body.len() == expected) else { return Ok(None) };
        let stored = Stored::new(entry.generation, &head);
        if !entry.split {
            // Just made: it is empty.
            let _ = stored.body.set(Rc::new(body.to_vec()));
        }
        Ok(Some(stored))
    }

    fn read_body(&self, variant: &Variant) -> Result<Option<Vec<u8>>, StoreError> {
        let length = variant.entry.body_bytes as usize;
        let mut body = Vec::with_capacity(length);
        for (part, chunk) in variant.chain.iter().enumerate().skip(1) {
            let mark = Mark { generation: variant.entry.body_generation, part };
            let Some(value) = self.read_chunk(variant.bucket, *chunk, mark)? else { return Ok(None) };
            body.extend_from_slice(value.get(CHUNK_HEADER..).unwrap_or_default());
            if body.len() >= length {
                break;
            }
        }
        Ok((body.len() == length).then_some(body))
    }

    /// Removes a response that the index still names. If it cannot be done now, the next who finds it tries again.
    fn discard(&self, bucket: usize, generation: u64) -> bool {
        self.hot.borrow_mut().forget(generation);
        let removed = self.change(bucket, |bucket| {
            let removed = bucket.remove(generation);
            Ok((removed, removed))
        });
        removed.unwrap_or(false)
    }

    /// Its bytes were not there: another response has its chunks, and then the index no longer names it; or a worker died while it wrote.
    fn discard_torn(&self, bucket: usize, generation: u64) {
        let removed = self.discard(bucket, generation);
        if let Some(metrics) = self.metrics.as_ref().filter(|_| removed) {
            metrics.torn.increment();
        }
    }
}
