//! Room in a bucket: chunks, and who must go.
//!
//! Segmented LRU: what was used again after it was stored is protected, up to four fifths of the bucket. What is new takes the place of
//! the unprotected first, so a scan of keys that nobody asks for twice leaves the protected alone.

use super::{Bucket, Chunk, Entry, HORIZON_NANOS, State};

/// Bounds of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Space {
    /// Responses.
    pub(in crate::store) ways: usize,
    /// Chunks.
    pub(in crate::store) chunks: usize,
    /// Bytes of all chunks together.
    pub(in crate::store) bytes: u64,
}

/// What a new response needs.
#[derive(Clone, Debug)]
pub(in crate::store) struct Need {
    /// Bytes of each chunk to write.
    pub(in crate::store) sizes: Vec<u32>,
    /// A stored response whose body becomes that of the new one.
    pub(in crate::store) body_of: Option<u64>,
}

/// Chunks that belong to one writer until it publishes or its time is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Reserved {
    /// To be written, one for each size needed.
    pub(in crate::store) chunks: Vec<usize>,
    /// To be emptied before.
    pub(in crate::store) trims: Vec<usize>,
    /// Those of the chunks that are to be emptied before too, as what they still hold would be too much beside what is written first.
    pub(in crate::store) empty_first: Vec<usize>,
    /// Responses that had to go.
    pub(in crate::store) evicted: usize,
}

impl Bucket {
    /// Makes room for a response, and adds it as one that is being written. `None` if there is no room.
    pub(in crate::store) fn reserve(
        &mut self,
        mut entry: Entry,
        need: &Need,
        space: &Space,
        now: u64,
    ) -> Option<Reserved> {
        let kept = need.body_of;
        self.entries.retain(|entry| entry.lives(now) || Some(entry.generation) == kept);
        let tail = self.body_chain(kept)?;
        let mut evicted = 0;
        while !self.fits(need, space) {
            self.evict(&entry, kept)?;
            evicted += 1;
        }
        let mut reserved = self.choose(need, space)?;
        reserved.evicted = evicted;
        entry.chunk = self.link(&reserved.chunks, tail);
        let trimming =
            Entry { hash: 0, state: State::Trimming, chunk: self.link(&reserved.trims, Chunk::NONE), ..entry };
        self.entries.push(entry);
        if !reserved.trims.is_empty() {
            self.entries.push(trimming);
        }
        for (number, size) in reserved.chunks.iter().zip(&need.sizes) {
            self.hold(*number, |held| held.max(*size));
        }
        Some(reserved)
    }

    /// Makes a response that has been written one that is found, in the place of its older version and of what is too much of its key.
    /// `false` if its reservation is gone.
    pub(in crate::store) fn publish(
        &mut self,
        generation: u64,
        sizes: &[u32],
        keep_until: u64,
        variants: usize,
    ) -> bool {
        let written = |entry: &&mut Entry| entry.generation == generation && entry.state == State::Writing;
        let Some(entry) = self.entries.iter_mut().find(written) else { return false };
        entry.state = State::Ready;
        entry.keep_until = keep_until;
        let entry = *entry;
        self.inherit(&entry);
        self.settle(generation, &entry, sizes);
        let older =
            |other: &Entry| other.state == State::Ready && other.hash == entry.hash && other.generation != generation;
        self.entries.retain(|other| !older(other) || other.variant != entry.variant);
        let mut too_many =
            (self.entries.iter().filter(|other| older(other)).count() + 1).saturating_sub(variants.max(1));
        self.entries.retain(|other| {
            let goes = too_many > 0 && older(other);
            too_many -= usize::from(goes);
            !goes
        });
        true
    }

    /// Notes that a response was used.
    pub(in crate::store) fn touch(&mut self, generation: u64, space: &Space) -> bool {
        let found = |entry: &Entry| entry.generation == generation && entry.state == State::Ready;
        let Some(at) = self.entries.iter().position(found) else { return false };
        let mut entry = self.entries.remove(at);
        entry.protected = true;
        self.entries.push(entry);
        while self.protects_too_much(space) {
            let Some(oldest) = self.entries.iter_mut().find(|entry| entry.protected) else { break };
            oldest.protected = false;
        }
        true
    }

    /// A response that is used stays so in its next version.
    fn inherit(&mut self, entry: &Entry) {
        let same = |other: &Entry| other.hash == entry.hash && other.variant == entry.variant;
        let protected = self.entries.iter().any(|other| same(other) && other.protected);
        if let Some(entry) = self.ready(entry.generation) {
            entry.protected = protected;
        }
    }

    fn protects_too_much(&self, space: &Space) -> bool {
        let protected = || self.entries.iter().filter(|entry| entry.protected);
        let bytes: u64 = protected().map(Entry::bytes).sum();
        protected().count() * 5 > space.ways * 4 || bytes * 5 > space.bytes * 4
    }

    /// First chunk of a stored body; `None` if it is gone.
    fn body_chain(&self, of: Option<u64>) -> Option<u16> {
        let Some(generation) = of else { return Some(Chunk::NONE) };
        let entry = self.entries.iter().find(|entry| entry.generation == generation && entry.state == State::Ready)?;
        Some(self.chunks.get(usize::from(entry.chunk))?.next)
    }

    fn fits(&self, need: &Need, space: &Space) -> bool {
        let used = self.used();
        let held: u64 =
            self.chunks.iter().zip(&used).filter(|(_, used)| **used).map(|(chunk, _)| u64::from(chunk.held)).sum();
        let wanted: u64 = need.sizes.iter().map(|size| u64::from(*size)).sum();
        let free = space.chunks.saturating_sub(used.iter().filter(|used| **used).count());
        self.entries.len() < space.ways && free >= need.sizes.len() && held + wanted <= space.bytes
    }

    /// Removes the response that is worth least: the one to be replaced, the least recently used of the unprotected, of all.
    fn evict(&mut self, for_entry: &Entry, kept: Option<u64>) -> Option<()> {
        let evictable = |entry: &Entry| entry.state == State::Ready && Some(entry.generation) != kept;
        let replaced = |entry: &Entry| entry.hash == for_entry.hash && entry.variant == for_entry.variant;
        let find =
            |wanted: &dyn Fn(&Entry) -> bool| self.entries.iter().position(|entry| evictable(entry) && wanted(entry));
        let at = find(&replaced).or_else(|| find(&|entry| !entry.protected)).or_else(|| find(&|_| true))?;
        self.entries.remove(at);
        Some(())
    }

    /// Free chunks to write, those that hold something first; and as many of the others to empty as the budget demands.
    fn choose(&self, need: &Need, space: &Space) -> Option<Reserved> {
        let used = self.used();
        let held = |number: &usize| self.chunks.get(*number).map_or(0, |chunk| chunk.held);
        let mut free: Vec<usize> =
            (0..space.chunks).filter(|number| !used.get(*number).copied().unwrap_or(false)).collect();
        free.sort_by_key(|number| std::cmp::Reverse(held(number)));
        let rest = free.split_off(need.sizes.len().min(free.len()));
        let in_use: u64 =
            self.chunks.iter().zip(&used).filter(|(_, used)| **used).map(|(chunk, _)| u64::from(chunk.held)).sum();
        let wanted: u64 = need.sizes.iter().map(|size| u64::from(*size)).sum();
        let mut total = in_use + wanted + rest.iter().map(|number| u64::from(held(number))).sum::<u64>();
        let mut trims = Vec::new();
        for number in rest {
            if total <= space.bytes {
                break;
            }
            total -= u64::from(held(&number));
            trims.push(number);
        }
        let excess = |(number, size): &(&usize, &u32)| held(number).saturating_sub(**size);
        let at_once: u64 = free.iter().zip(&need.sizes).map(|pair| u64::from(excess(&pair))).sum();
        let mut empty_first = Vec::new();
        if total + at_once > space.bytes {
            empty_first.extend(free.iter().zip(&need.sizes).filter(|pair| excess(pair) > 0).map(|(number, _)| *number));
        }
        (free.len() == need.sizes.len()).then_some(Reserved { chunks: free, trims, empty_first, evicted: 0 })
    }

    /// Which chunks belong to an entry.
    fn used(&self) -> Vec<bool> {
        let mut used = vec![false; self.chunks.len()];
        for entry in &self.entries {
            let mut next = entry.chunk;
            // A chunk that is marked already ends the walk: bodies are shared, and no record can make it endless.
            while let Some(mark) = used.get_mut(usize::from(next)).filter(|mark| !**mark) {
                *mark = true;
                next = self.chunks.get(usize::from(next)).map_or(Chunk::NONE, |chunk| chunk.next);
            }
        }
        used
    }

    /// Chains chunks and returns the first.
    fn link(&mut self, numbers: &[usize], tail: u16) -> u16 {
        let mut next = tail;
        for number in numbers.iter().rev() {
            if self.chunks.len() <= *number {
                self.chunks.resize(number + 1, Chunk::EMPTY);
            }
            if let Some(chunk) = self.chunks.get_mut(*number) {
                chunk.next = next;
            }
            next = u16::try_from(*number).unwrap_or(Chunk::NONE);
        }
        next
    }

    /// Counts what was written and what was emptied.
    fn settle(&mut self, generation: u64, entry: &Entry, sizes: &[u32]) {
        let mut next = entry.chunk;
        for size in sizes {
            self.hold(usize::from(next), |_| *size);
            next = self.chunks.get(usize::from(next)).map_or(Chunk::NONE, |chunk| chunk.next);
        }
        let trimming = |entry: &Entry| entry.state == State::Trimming && entry.generation == generation;
        let Some(trims) = self.entries.iter().position(trimming) else { return };
        let mut next = self.entries.remove(trims).chunk;
        for _ in 0..self.chunks.len() {
            let Some(chunk) = self.chunks.get_mut(usize::from(next)) else { break };
            chunk.held = 0;
            next = chunk.next;
        }
    }

    fn hold(&mut self, number: usize, change: impl FnOnce(u32) -> u32) {
        if let Some(chunk) = self.chunks.get_mut(number) {
            chunk.held = change(chunk.held);
        }
    }
}

impl Entry {
    fn lives(&self, now: u64) -> bool {
        // What is being written is so for seconds: a time far ahead is from before the clock was set back.
        now < self.keep_until && (self.state == State::Ready || self.keep_until - now <= HORIZON_NANOS)
    }

    fn bytes(&self) -> u64 {
        u64::from(self.head_bytes) + u64::from(self.body_bytes)
    }
}
