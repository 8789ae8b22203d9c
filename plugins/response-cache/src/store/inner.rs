//! The shared values of a store, and what one worker knows of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatewright::Setup;
use gatewright::host::Host;
use gatewright::store::{KeyHasher, SharedArray, SharedStore, StoreError, StoreLimits, WorkerId};

use super::Settings;
use super::bucket::{Bucket, Chunk, View};
use super::events::{Events, Subject, Verdict};
use super::geometry::{CHUNK_HEADER, Geometry};
use super::hot::Hot;
use super::metrics::Metrics;
use super::wait::Waits;

/// How often a change of a bucket is tried. Each mismatch means that another worker's change went through.
const ATTEMPTS: u32 = 64;

/// The shared values of a store, and what one worker knows of them.
pub(super) struct Inner {
    pub(super) geometry: Geometry,
    pub(super) settings: Settings,
    pub(super) hasher: KeyHasher,
    pub(super) hot: RefCell<Hot>,
    pub(super) waits: Waits,
    pub(super) metrics: Option<Metrics>,
    pub(super) buckets: SharedArray,
    pub(super) purges: SharedArray,
    chunks: SharedArray,
    events: RefCell<Events>,
    worker: u64,
    counter: Cell<u64>,
}

impl Inner {
    pub(super) fn new(
        host: Rc<dyn Host>,
        settings: &Settings,
        geometry: Geometry,
        setup: Option<&Setup>,
    ) -> Result<Self, StoreError> {
        let limits = StoreLimits { keys: 16, value_bytes: geometry.value_bytes() };
        let store = SharedStore::new(host, &format!("response-cache/{}", settings.name), limits)?;
        super::agreement::reach(&store, &geometry)?;
        let name = |part: &str| super::agreement::name(part, &geometry);
        let worker = WorkerId::allocate(&store)?;
        let (metrics, services) = (setup.map(Metrics::new), setup.map(Setup::services));
        Ok(Self {
            geometry,
            settings: settings.clone(),
            hasher: KeyHasher::from_store(&store, settings.name.as_bytes())?,
            hot: RefCell::new(Hot::new(settings.hot_memory)),
            metrics,
            buckets: SharedArray::new(&store, &name("index"), geometry.buckets)?,
            chunks: SharedArray::new(&store, &name("data"), geometry.buckets * geometry.space.chunks)?,
            purges: SharedArray::new(&store, &name("purges"), 1)?,
            events: RefCell::default(),
            worker: worker.get(),
            counter: Cell::new(0),
            waits: Waits::new(store, worker, services),
        })
    }

    /// A number that no worker of this store has used: for what is stored and for fetches.
    pub(super) fn next(&self) -> u64 {
        self.counter.set(self.counter.get() + 1);
        // 2^40 numbers for each of 2^24 workers.
        (self.worker << 40) | (self.counter.get() & ((1 << 40) - 1))
    }

    /// Whether a number comes from this worker.
    pub(super) fn is_own(&self, number: u64) -> bool {
        number >> 40 == self.worker & 0xFF_FFFF
    }

    /// Changes a bucket by compare-and-swap. `change` returns whether there is something to write.
    pub(super) fn change<R>(
        &self,
        number: usize,
        mut change: impl FnMut(&mut Bucket) -> Result<(R, bool), StoreError>,
    ) -> Result<R, StoreError> {
        for _ in 0..ATTEMPTS {
            let (value, version) = self.buckets.get(number)?;
            let known = View::parse(&value).map(|view| view.to_bucket());
            let mut bucket = known.unwrap_or_else(|| self.fresh(value.is_empty()));
            let (result, write) = change(&mut bucket)?;
            if !write {
                return Ok(result);
            }
            match self.buckets.compare_and_swap(number, &bucket.encode(), version) {
                Err(StoreError::VersionMismatch) => {}
                written => return written.map(|()| result),
            }
        }
        Err(StoreError::Contended { attempts: ATTEMPTS })
    }

    /// What the purges since `seen` mean for a response; `asked` is the last that must be known.
    pub(super) fn verdict(&self, subject: Subject<'_>, seen: u64, asked: u64) -> Result<Verdict, StoreError> {
        if seen >= asked {
            return Ok(Verdict::Untouched);
        }
        if self.events.borrow().last() < asked {
            self.reload_purges()?;
        }
        Ok(self.events.borrow().verdict(subject, seen, asked, &self.hasher))
    }

    /// Data of a chunk, its header still before it; `None` if another response lies there now.
    pub(super) fn read_chunk(&self, bucket: usize, chunk: usize, mark: Mark) -> Result<Option<Vec<u8>>, StoreError> {
        let (value, _) = self.chunks.get(self.chunk_number(bucket, chunk))?;
        Ok(value.starts_with(&mark.bytes()).then_some(value))
    }

    pub(super) fn write_chunk(
        &self,
        bucket: usize,
        chunk: usize,
        mark: Mark,
        parts: &[&[u8]],
    ) -> Result<(), StoreError> {
        let mut value = mark.bytes().to_vec();
        parts.iter().for_each(|part| value.extend_from_slice(part));
        self.chunks.set(self.chunk_number(bucket, chunk), &value)
    }

    pub(super) fn empty_chunk(&self, bucket: usize, chunk: usize) -> Result<(), StoreError> {
        self.chunks.set(self.chunk_number(bucket, chunk), b"")
    }

    #[cfg(all(test, not(target_family = "wasm")))]
    pub(super) fn chunk_length(&self, bucket: usize, chunk: usize) -> usize {
        self.chunks.get(self.chunk_number(bucket, chunk)).map_or(0, |(value, _)| value.len())
    }

    fn chunk_number(&self, bucket: usize, chunk: usize) -> usize {
        bucket * self.geometry.space.chunks + chunk
    }

    /// A bucket that nobody wrote yet. It knows of no purge, and there was none: a purge writes every bucket.
    fn fresh(&self, was_empty: bool) -> Bucket {
        let mut bucket = Bucket::new();
        if !was_empty {
            // Another layout wrote it: its chunks may hold anything.
            let held = u32::try_from(self.geometry.chunk + CHUNK_HEADER).unwrap_or(u32::MAX);
            bucket.chunks = vec![Chunk { held, ..Chunk::EMPTY }; self.geometry.space.chunks];
        }
        bucket
    }

    fn reload_purges(&self) -> Result<(), StoreError> {
        self.events.replace(Events::parse(&self.purges.get(0)?.0));
        Ok(())
    }
}

/// What a chunk begins with: which response it belongs to, and which part of it it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) generation: u64,
    pub(super) part: usize,
}

impl Mark {
    fn bytes(self) -> [u8; CHUNK_HEADER] {
        let [a, b, c, d, e, f, g, h] = self.generation.to_le_bytes();
        let [i, j, k, l] = u32::try_from(self.part).unwrap_or(u32::MAX).to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }
}
