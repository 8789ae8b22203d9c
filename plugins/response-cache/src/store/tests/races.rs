//! Several workers, interleaved at every host call by seed, with compare-and-swaps that fail for no reason.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use gatewright_testing::proxy::{World, race};

use super::super::geometry::Geometry;
use super::super::*;
use super::support::*;

const KEYS: usize = 4;
const STEPS: usize = 40;
const SEEDS: u64 = if cfg!(debug_assertions) { 40 } else { 400 };

/// An origin whose resources change, and what its users may rely on.
#[derive(Default)]
struct Origin {
    /// What the origin has now.
    current: [AtomicU64; KEYS],
    /// Nothing older may be found: a purge of it was acknowledged.
    floor: [AtomicU64; KEYS],
    hits: AtomicU64,
    stored: AtomicU64,
    fenced: AtomicU64,
    acknowledged: AtomicU64,
    written: AtomicU64,
}

/// One worker's steps.
struct Steps<'a> {
    origin: &'a Origin,
    worker: &'a Worker,
    random: fastrand::Rng,
}

impl Steps<'_> {
    fn run(mut self) {
        for _ in 0..STEPS {
            let key = self.random.usize(..KEYS);
            match self.random.u8(..20) {
                0..8 => self.read(key),
                8..13 => self.fetch(key),
                13..15 => self.validate(key),
                15 => self.change(&[key], |store, keys| store.invalidate(&keys[0])),
                18 => self.change(&[key], |store, keys| store.purge(Selector::Url(keys[0].url()), Purge::Hard)),
                16 | 17 => self.write(key),
                _ if self.random.bool() => {
                    let tagged: Vec<usize> = (0..KEYS).filter(|key| key % 2 == 0).collect();
                    self.change(&tagged, |store, _| store.purge(Selector::Tag(b"even"), Purge::Hard));
                }
                _ => {
                    let all: Vec<usize> = (0..KEYS).collect();
                    let selector = if self.random.bool() { Selector::All } else { Selector::Prefix(b"example.com/") };
                    self.change(&all, |store, _| store.purge(selector, Purge::Hard));
                }
            }
        }
    }

    fn read(&self, number: usize) {
        let floor = self.origin.floor[number].load(SeqCst);
        let Ok(found) = self.worker.store.lookup(&self.worker.key(number as u32)) else { return };
        for variant in found {
            let Ok(Some(body)) = self.worker.store.body(&variant) else { continue };
            let version = version_of(variant.headers());
            assert_eq!(*body, *body_of(number, version), "torn, or another response's");
            assert!(version >= floor, "found {version} of {number} after {floor} was acknowledged");
            self.worker.store.note_use(&variant, NOW);
            self.origin.hits.fetch_add(1, SeqCst);
        }
    }

    fn fetch(&self, number: usize) {
        let key = self.worker.key(number as u32);
        let Ok(Begin::Leader(fill)) = self.worker.store.begin_fill(&key, NOW) else { return };
        let version = self.ask(number);
        let body = body_of(number, version);
        let headers = version.to_le_bytes();
        let tags = tags_of(number);
        let content = Content { headers: &headers, ..content(&body, &tags) };
        self.count(self.worker.store.commit(fill, &key, &content, NOW));
    }

    /// A stored response that the origin confirms is stored again with the body it has.
    fn validate(&self, number: usize) {
        let key = self.worker.key(number as u32);
        let Ok(found) = self.worker.store.lookup(&key) else { return };
        let Some(variant) = found.first() else { return };
        let Ok(Begin::Leader(fill)) = self.worker.store.begin_fill(&key, NOW) else { return };
        if self.ask(number) != version_of(variant.headers()) {
            return;
        }
        let tags = tags_of(number);
        let content = Content { headers: variant.headers(), body: Body::Of(variant), ..content(b"", &tags) };
        self.count(self.worker.store.commit(fill, &key, &content, NOW));
    }

    /// An unsafe request whose response is what the origin has from then on.
    fn write(&self, number: usize) {
        let key = self.worker.key(number as u32);
        let fill = self.worker.store.begin_write(&key, NOW).unwrap_or_default();
        let version = self.origin.current[number].fetch_add(1, SeqCst) + 1;
        self.ask(number);
        let overwritten = match &fill {
            Some(fill) => self.worker.store.overwrite(&key, fill),
            None => self.worker.store.invalidate(&key),
        };
        if overwritten.is_err() {
            return;
        }
        self.origin.acknowledged.fetch_add(1, SeqCst);
        self.origin.floor[number].fetch_max(version, SeqCst);
        let Some(fill) = fill else { return };
        self.ask(number);
        let (body, headers, tags) = (body_of(number, version), version.to_le_bytes(), tags_of(number));
        let content = Content { headers: &headers, ..content(&body, &tags) };
        if let Ok(Committed::Stored) = self.worker.store.commit(fill, &key, &content, NOW) {
            self.origin.written.fetch_add(1, SeqCst);
        }
    }

    /// The origin's answer, before and after which others may do a lot.
    fn ask(&self, number: usize) -> u64 {
        let wait = || drop(self.worker.store.lookup(&self.worker.key(99)));
        (0..self.random.clone().usize(..4)).for_each(|_| wait());
        let version = self.origin.current[number].load(SeqCst);
        (0..self.random.clone().usize(..8)).for_each(|_| wait());
        version
    }

    fn change(&self, numbers: &[usize], purge: impl Fn(&Store, &[Key]) -> Result<(), gatewright::store::StoreError>) {
        let next = |number: &usize| self.origin.current[*number].fetch_add(1, SeqCst) + 1;
        let versions: Vec<u64> = numbers.iter().map(next).collect();
        let keys: Vec<Key> = numbers.iter().map(|number| self.worker.key(*number as u32)).collect();
        if purge(&self.worker.store, &keys).is_ok() {
            self.origin.acknowledged.fetch_add(1, SeqCst);
            for (number, version) in numbers.iter().zip(versions) {
                self.origin.floor[*number].fetch_max(version, SeqCst);
            }
        }
    }

    fn count(&self, committed: Result<Committed, gatewright::store::StoreError>) {
        match committed {
            Ok(Committed::Stored) => self.origin.stored.fetch_add(1, SeqCst),
            Ok(Committed::Fenced) => self.origin.fenced.fetch_add(1, SeqCst),
            _ => 0,
        };
    }
}

/// Bodies of different lengths, in one chunk and in several.
fn body_of(number: usize, version: u64) -> Vec<u8> {
    pattern(version * 10 + number as u64, 5 + (version as usize * 97 + number * 31) % 300)
}

fn version_of(headers: &[u8]) -> u64 {
    u64::from_le_bytes(headers.try_into().unwrap())
}

fn tags_of(number: usize) -> Vec<&'static [u8]> {
    if number.is_multiple_of(2) { vec![b"even"] } else { vec![] }
}

/// Bytes in the chunks of a bucket, as the host has them and as the index counts them.
fn bytes(worker: &Worker, geometry: Geometry, bucket: usize) -> (u64, u64) {
    let inner = &worker.store.0;
    let held = inner.change(bucket, |index| Ok((index.chunks.iter().map(|chunk| u64::from(chunk.held)).sum(), false)));
    let lengths = (0..geometry.space.chunks).map(|chunk| inner.chunk_length(bucket, chunk) as u64);
    (lengths.sum(), held.unwrap())
}

fn run(geometry: Geometry, workers: usize, mismatches: f64) -> Origin {
    let origin = Origin::default();
    for seed in 0..SEEDS {
        let world = World::new(seed);
        for key in 0..KEYS {
            origin.current[key].store(0, SeqCst);
            origin.floor[key].store(0, SeqCst);
        }
        let build = |index| {
            let worker = Worker::start(&world, index, geometry);
            world.inject_cas_mismatches(if index + 1 == workers { mismatches } else { 0.0 });
            worker
        };
        race(seed, workers, build, |index, worker| {
            let random = fastrand::Rng::with_seed(seed * 100 + index as u64);
            Steps { origin: &origin, worker, random }.run();
        });
        world.clear_faults();
        check_the_end(&world, geometry, &origin);
    }
    origin
}

/// Nothing is left behind that would keep a key from being stored, and the bytes are as counted.
fn check_the_end(world: &World, geometry: Geometry, origin: &Origin) {
    let worker = Worker::start(world, 9, geometry);
    for number in 0..KEYS {
        let (key, version) = (worker.key(number as u32), origin.current[number].load(SeqCst));
        let later = gatewright::Timestamp::from_seconds(NOW.seconds() + 500);
        let Ok(Begin::Leader(fill)) = worker.store.begin_fill(&key, later) else { panic!("key {number}") };
        let body = body_of(number, version);
        let committed = worker.store.commit(fill, &key, &content(&body, &[]), later);
        assert_eq!(committed, Ok(Committed::Stored), "key {number}");
        assert_eq!(worker.get(&key), [body]);
    }
    for bucket in 0..geometry.buckets {
        let (host, counted) = bytes(&worker, geometry, bucket);
        assert!(host <= counted && counted <= geometry.space.bytes, "{host} bytes, {counted} counted");
    }
}

#[test]
fn nothing_older_than_an_acknowledged_purge_is_found_and_nothing_torn() {
    for (geometry, workers) in [(ROOMY, 2), (ROOMY, 4), (Worker::one_bucket(ROOMY), 3)] {
        let origin = run(geometry, workers, 0.1);
        let [hits, stored, fenced, acknowledged] =
            [&origin.hits, &origin.stored, &origin.fenced, &origin.acknowledged].map(|count| count.load(SeqCst));
        // The test must have had something to see.
        assert!(hits > 10 * SEEDS && stored > 5 * SEEDS && acknowledged > 5 * SEEDS, "{hits} {stored} {acknowledged}");
        assert!(fenced > SEEDS / 4, "{fenced} fenced");
        assert!(origin.written.load(SeqCst) > SEEDS, "{:?}", origin.written);
    }
}

#[test]
fn the_same_where_room_is_short() {
    let origin = run(Worker::one_bucket(TIGHT), 3, 0.1);
    assert!(origin.hits.load(SeqCst) > 5 * SEEDS, "{:?}", origin.hits);
}

#[test]
fn a_store_that_is_new_knows_of_every_purge() {
    for seed in 0..50 * SEEDS {
        let (world, origin) = (World::new(seed), Origin::default());
        let build = |index| Worker::start(&world, index, Worker::one_bucket(ROOMY));
        race(seed, 4, build, |index, worker| {
            let steps = Steps { origin: &origin, worker, random: fastrand::Rng::with_seed(seed + index as u64) };
            match index {
                0 => steps.fetch(0),
                3 => steps.read(0),
                _ => steps.change(&[0], |store, _| store.purge(Selector::Tag(b"even"), Purge::Hard)),
            }
            steps.read(0);
        });
    }
}
