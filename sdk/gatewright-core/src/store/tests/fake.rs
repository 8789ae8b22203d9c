//! A host with shared data and queues only, after `proxy-wasm-cpp-host`: one version counter for all keys, any version accepted for an
//! absent key, no deletion, a queue belongs to its last registrant.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::super::{SharedStore, StoreLimits};
use super::interleave::Baton;
use crate::host::{BufferKind, Direction, Host, HostResult, LogLevel, MapKind, MetricKind, Status};

/// What all workers share.
#[derive(Default)]
pub(super) struct World {
    pub(super) data: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    pub(super) versions: u32,
    pub(super) queues: BTreeMap<Vec<u8>, u32>,
    pub(super) waiting: BTreeMap<u32, VecDeque<Vec<u8>>>,
    pub(super) clock: u64,
    pub(super) writes: u32,
    /// Every how many versioned writes fail with a mismatch although they need not; 0 for never.
    pub(super) spurious_mismatch: u32,
    /// What every call answers.
    pub(super) broken: Option<Status>,
}

impl World {
    /// Bytes of all keys and values.
    pub(super) fn bytes(&self) -> u64 {
        self.data.iter().map(|(key, (value, _))| (key.len() + value.len()) as u64).sum()
    }

    fn write(&mut self, key: &[u8], value: &[u8], version: u32) -> HostResult<()> {
        self.writes += 1;
        if version != 0 && self.spurious_mismatch != 0 && self.writes.is_multiple_of(self.spurious_mismatch) {
            return Err(Status::CasMismatch);
        }
        if self.data.get(key).is_some_and(|(_, current)| version != 0 && version != *current) {
            return Err(Status::CasMismatch);
        }
        self.versions += 1;
        self.data.insert(key.to_vec(), (value.to_vec(), self.versions));
        Ok(())
    }

    fn register(&mut self, name: &[u8]) -> u32 {
        let next = self.queues.len() as u32 + 1;
        let token = *self.queues.entry(name.to_vec()).or_insert(next);
        self.waiting.entry(token).or_default();
        token
    }
}

/// The host as one worker sees it.
pub(super) struct FakeHost {
    world: Arc<Mutex<World>>,
    turn: Option<(Arc<Baton>, usize)>,
}

impl FakeHost {
    fn call<R>(&self, act: impl FnOnce(&mut World) -> HostResult<R>) -> HostResult<R> {
        if let Some((baton, worker)) = &self.turn {
            baton.pass(*worker);
        }
        let mut world = self.world.lock().unwrap();
        match world.broken {
            Some(status) => Err(status),
            None => act(&mut world),
        }
    }
}

/// A host of its own for one worker.
pub(super) fn alone() -> (Arc<Mutex<World>>, SharedStore) {
    let world = Arc::new(Mutex::new(World::default()));
    let store = store_on(&world, None);
    (world, store)
}

/// A worker's store on a shared world; with a baton, every host call is a point where another worker may run.
pub(super) fn store_on(world: &Arc<Mutex<World>>, turn: Option<(Arc<Baton>, usize)>) -> SharedStore {
    limited_store(world, turn, StoreLimits::default())
}

pub(super) fn limited_store(
    world: &Arc<Mutex<World>>,
    turn: Option<(Arc<Baton>, usize)>,
    limits: StoreLimits,
) -> SharedStore {
    let host = Rc::new(FakeHost { world: world.clone(), turn });
    SharedStore::new(host, "test", limits).unwrap()
}

type Nothing = HostResult<()>;
const NO: Status = Status::Unimplemented;

impl Host for FakeHost {
    fn now_nanos(&self) -> u64 {
        self.world.lock().unwrap().clock
    }
    fn shared_data(&self, key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        self.call(|world| world.data.get(key).cloned().ok_or(Status::NotFound))
    }
    fn set_shared_data(&self, key: &[u8], value: &[u8], version: u32) -> Nothing {
        self.call(|world| world.write(key, value, version))
    }
    fn register_queue(&self, name: &[u8]) -> HostResult<u32> {
        self.call(|world| Ok(world.register(name)))
    }
    fn enqueue(&self, queue: u32, value: &[u8]) -> Nothing {
        self.call(|world| {
            world.waiting.get_mut(&queue).ok_or(Status::NotFound)?.push_back(value.to_vec());
            Ok(())
        })
    }
    fn dequeue(&self, queue: u32) -> HostResult<Vec<u8>> {
        self.call(|world| world.waiting.get_mut(&queue).ok_or(Status::NotFound)?.pop_front().ok_or(Status::Empty))
    }

    fn log(&self, _: LogLevel, _: &str) {}
    fn log_level(&self) -> LogLevel {
        LogLevel::Critical
    }
    fn set_tick_period(&self, _: u32) -> Nothing {
        Err(NO)
    }
    fn set_effective_context(&self, _: u32) -> Nothing {
        Err(NO)
    }
    fn header_pairs(&self, _: MapKind) -> HostResult<Vec<u8>> {
        Err(NO)
    }
    fn header_value(&self, _: MapKind, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(NO)
    }
    fn set_header_pairs(&self, _: MapKind, _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn add_header(&self, _: MapKind, _: &[u8], _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn replace_header(&self, _: MapKind, _: &[u8], _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn remove_header(&self, _: MapKind, _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn buffer(&self, _: BufferKind, _: usize, _: usize) -> HostResult<Vec<u8>> {
        Err(NO)
    }
    fn set_buffer(&self, _: BufferKind, _: usize, _: usize, _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn property(&self, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(NO)
    }
    fn set_property(&self, _: &[u8], _: &[u8]) -> Nothing {
        Err(NO)
    }
    fn continue_stream(&self, _: Direction) -> Nothing {
        Err(NO)
    }
    fn close_stream(&self, _: Direction) -> Nothing {
        Err(NO)
    }
    fn send_local_response(&self, _: u32, _: &[u8], _: &[u8], _: &[u8], _: i32) -> Nothing {
        Err(NO)
    }
    fn http_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> HostResult<u32> {
        Err(NO)
    }
    fn grpc_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> HostResult<u32> {
        Err(NO)
    }
    fn grpc_stream(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> HostResult<u32> {
        Err(NO)
    }
    fn grpc_send(&self, _: u32, _: &[u8], _: bool) -> Nothing {
        Err(NO)
    }
    fn grpc_close(&self, _: u32) -> Nothing {
        Err(NO)
    }
    fn grpc_cancel(&self, _: u32) -> Nothing {
        Err(NO)
    }
    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)> {
        Err(NO)
    }
    fn resolve_queue(&self, _: &[u8], _: &[u8]) -> HostResult<u32> {
        Err(NO)
    }
    fn define_metric(&self, _: MetricKind, _: &str) -> HostResult<u32> {
        Err(NO)
    }
    fn increment_metric(&self, _: u32, _: i64) -> Nothing {
        Err(NO)
    }
    fn record_metric(&self, _: u32, _: u64) -> Nothing {
        Err(NO)
    }
    fn metric(&self, _: u32) -> HostResult<u64> {
        Err(NO)
    }
    fn call_foreign(&self, _: &str, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(NO)
    }
}
