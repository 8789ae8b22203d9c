//! Workers that race, in an order that a seed decides: a worker may lose its turn at every host call.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a worker may compute between two host calls before the race is given up.
const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
}

/// Runs `run` once per worker, each on a thread of its own of which one at a time goes on. Who does, is drawn at every host
/// call; the same seed draws the same. All workers are built first, without interleaving.
///
/// Guests need not be `Send`: `build` makes each worker's proxy on its own thread, usually in a shared [`super::World`].
///
/// A panic in a worker, such as a failed assertion, is passed on.
pub fn race<S, R: Send>(
    seed: u64,
    workers: usize,
    build: impl Fn(usize) -> S + Sync,
    run: impl Fn(usize, &mut S) -> R + Sync,
) -> Vec<R> {
    let table = Arc::new(Table::new(seed, workers));
    let worker = &|index: usize| {
        let seat = Seat { table: table.clone(), index };
        seat.table.wait(index);
        let _leave = Leave(seat.clone());
        let mut state = build(index);
        seat.table.built(index);
        SEAT.set(Some(seat));
        run(index, &mut state)
    };
    let results = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|index| scope.spawn(move || worker(index))).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let passed_on = |result: std::thread::Result<R>| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    results.into_iter().map(passed_on).collect()
}

/// Lets another worker go on, if this thread is in a race.
pub(crate) fn yield_now() {
    let seat = SEAT.with_borrow(Clone::clone);
    if let Some(seat) = seat {
        seat.table.pass(seat.index);
    }
}

#[derive(Clone)]
struct Seat {
    table: Arc<Table>,
    index: usize,
}

/// Leaves the table also when the worker panics: the others must go on.
struct Leave(Seat);

impl Drop for Leave {
    fn drop(&mut self) {
        SEAT.set(None);
        self.0.table.leave(self.0.index);
    }
}

struct Table {
    turns: Mutex<Turns>,
    changed: Condvar,
}

struct Turns {
    turn: Option<usize>,
    present: Vec<usize>,
    unbuilt: Vec<usize>,
    random: fastrand::Rng,
}

impl Turns {
    fn draw(&mut self) {
        self.turn = match self.unbuilt.first() {
            Some(index) => Some(*index),
            None if self.present.is_empty() => None,
            None => self.present.get(self.random.usize(..self.present.len())).copied(),
        };
    }
}

impl Table {
    fn new(seed: u64, workers: usize) -> Self {
        let everyone: Vec<usize> = (0..workers).collect();
        let mut turns =
            Turns { turn: None, present: everyone.clone(), unbuilt: everyone, random: fastrand::Rng::with_seed(seed) };
        turns.draw();
        Self { turns: Mutex::new(turns), changed: Condvar::new() }
    }

    fn built(&self, index: usize) {
        self.lock().unbuilt.retain(|other| *other != index);
        self.pass(index);
    }

    fn pass(&self, index: usize) {
        self.lock().draw();
        self.changed.notify_all();
        self.wait(index);
    }

    fn leave(&self, index: usize) {
        let mut turns = self.lock();
        turns.present.retain(|other| *other != index);
        turns.unbuilt.retain(|other| *other != index);
        turns.draw();
        drop(turns);
        self.changed.notify_all();
    }

    fn wait(&self, index: usize) {
        let waiting = |turns: &mut Turns| turns.turn != Some(index);
        let waited = self.changed.wait_timeout_while(self.lock(), PATIENCE, waiting);
        let (_turns, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let message = format!("worker {index} waited {PATIENCE:?}: another one makes no host call any more");
            std::panic::resume_unwind(Box::new(message));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
