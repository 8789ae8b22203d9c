//! Stores on the emulated proxy, one per worker.

use std::cell::RefCell;
use std::rc::Rc;

use gatewright::Timestamp;
use gatewright::host::Host;
use gatewright_testing::proxy::{Proxy, World};
use gatewright_testing::scripted::Scripted;

use super::super::bucket::Space;
use super::super::geometry::Geometry;
use super::super::inner::Inner;
use super::super::*;

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A worker with its store.
pub(super) struct Worker {
    pub(super) store: Store,
    _proxy: Proxy,
}

/// Room for hundreds of small responses.
pub(super) const ROOMY: Geometry =
    Geometry { buckets: 4, flights: 16, chunk: 100, space: Space { ways: 200, chunks: 2000, bytes: 200_000 } };
/// Room for a handful.
pub(super) const TIGHT: Geometry =
    Geometry { buckets: 2, flights: 3, chunk: 100, space: Space { ways: 5, chunks: 16, bytes: 600 } };

impl Worker {
    pub(super) fn start(world: &World, index: usize, geometry: Geometry) -> Self {
        Self::with(world, index, geometry, &settings())
    }

    pub(super) fn with(world: &World, index: usize, geometry: Geometry, settings: &Settings) -> Self {
        let host: Rc<RefCell<Option<Rc<dyn Host>>>> = Rc::default();
        let slot = Rc::clone(&host);
        let proxy = Proxy::builder().world(world).first_worker(index).start(move |vm| {
            // The last VM that is made is the worker's.
            *slot.borrow_mut() = Some(Rc::new(vm.clone()));
            Ok(Scripted::new().boxed())
        });
        let host = host.borrow().clone().unwrap();
        let store = Store(Rc::new(Inner::new(host, settings, geometry, None).unwrap()));
        Self { store, _proxy: proxy.unwrap() }
    }

    pub(super) fn one_bucket(geometry: Geometry) -> Geometry {
        Geometry { buckets: 1, ..geometry }
    }

    /// Whether a chunk holds this part of some response that is in the index.
    pub(super) fn chunk_starts(&self, bucket: usize, chunk: usize, part: usize) -> bool {
        let (value, _) = self.store.0.buckets.get(bucket).unwrap();
        let view = super::super::bucket::View::parse(&value).unwrap();
        let index = view.to_bucket();
        index.entries.iter().any(|entry| view.chain(entry, 100).get(part) == Some(&chunk))
    }

    pub(super) fn key(&self, number: u32) -> Key {
        self.store.key(format!("example.com/{number}").as_bytes(), &[b"GET"])
    }

    pub(super) fn lead(&self, key: &Key) -> Fill {
        match self.store.begin_fill(key, NOW).unwrap() {
            Begin::Leader(fill) => fill,
            other => panic!("{other:?}"),
        }
    }

    /// Stores a response as its only variant.
    pub(super) fn put(&self, key: &Key, body: &[u8], tags: &[&[u8]]) -> Committed {
        let fill = self.lead(key);
        self.store.commit(fill, key, &content(body, tags), NOW).unwrap()
    }

    /// The bodies that are found.
    pub(super) fn get(&self, key: &Key) -> Vec<Vec<u8>> {
        let variants = self.store.lookup(key).unwrap();
        variants.iter().filter_map(|variant| self.store.body(variant).unwrap()).map(|body| body.to_vec()).collect()
    }
}

pub(super) fn settings() -> Settings {
    Settings { name: "test".to_owned(), max_entry: 4096, hot_memory: 1 << 16, variants: 3, ..Settings::default() }
}

pub(super) fn content<'a>(body: &'a [u8], tags: &'a [&'a [u8]]) -> Content<'a> {
    let keep_until = Timestamp::from_seconds(NOW.seconds() + 1000);
    Content { variant: 0, tags, meta: b"meta", headers: b"headers", body: Body::Bytes(body), keep_until }
}

/// A body that tells which one it is at every place.
pub(super) fn pattern(version: u64, length: usize) -> Vec<u8> {
    version.to_le_bytes().into_iter().cycle().take(length).collect()
}
