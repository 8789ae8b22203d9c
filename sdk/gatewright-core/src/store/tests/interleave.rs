//! Runs workers as threads of which exactly one runs at a time; at each host call a seed decides who goes on.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::super::SharedStore;
use super::fake::{World, store_on};

/// A small generator of numbers that a seed fixes (SplitMix64).
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Says whose turn it is.
pub(super) struct Baton {
    turn: Mutex<Turn>,
    changed: Condvar,
}

struct Turn {
    running: Vec<usize>,
    holder: usize,
    rng: Rng,
}

impl Baton {
    fn new(workers: usize, seed: u64) -> Self {
        let mut rng = Rng(seed);
        let holder = rng.below(workers as u64) as usize;
        Self { turn: Mutex::new(Turn { running: (0..workers).collect(), holder, rng }), changed: Condvar::new() }
    }

    /// Gives the turn to a worker that the seed picks, and waits for its own next one.
    pub(super) fn pass(&self, worker: usize) {
        let turn = self.turn.lock().unwrap();
        let turn = self.pick(turn);
        self.wait(turn, worker);
    }

    fn start(&self, worker: usize) {
        self.wait(self.turn.lock().unwrap(), worker);
    }

    fn pick<'a>(&self, mut turn: MutexGuard<'a, Turn>) -> MutexGuard<'a, Turn> {
        if !turn.running.is_empty() {
            let count = turn.running.len() as u64;
            let next = turn.rng.below(count) as usize;
            turn.holder = turn.running[next];
            self.changed.notify_all();
        }
        turn
    }

    fn wait(&self, mut turn: MutexGuard<'_, Turn>, worker: usize) {
        while turn.holder != worker {
            let (next, timeout) = self.changed.wait_timeout(turn, Duration::from_secs(20)).unwrap();
            turn = next;
            assert!(!timeout.timed_out(), "worker {worker} waited in vain for its turn");
        }
    }
}

/// Ends a worker's part, also when it panics, so that the others go on.
struct Leave<'a>(&'a Baton, usize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Ok(mut turn) = self.0.turn.lock() {
            turn.running.retain(|worker| *worker != self.1);
            drop(self.0.pick(turn));
        }
    }
}

/// Runs `work` in `workers` workers on one world, interleaved as `seed` says, and returns their results in order.
pub(super) fn run<R: Send>(
    world: &Arc<Mutex<World>>,
    workers: usize,
    seed: u64,
    work: impl Fn(usize, SharedStore, &mut Rng) -> R + Sync,
) -> Vec<R> {
    let baton = Arc::new(Baton::new(workers, seed));
    std::thread::scope(|scope| {
        let spawn = |worker| {
            let (baton, work) = (baton.clone(), &work);
            scope.spawn(move || {
                baton.start(worker);
                let _leave = Leave(&baton, worker);
                let mut rng = Rng(seed ^ (worker as u64 + 1) << 32);
                work(worker, store_on(world, Some((baton.clone(), worker))), &mut rng)
            })
        };
        let handles: Vec<_> = (0..workers).map(spawn).collect();
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|_| panic!("failed with seed {seed}"))).collect()
    })
}
