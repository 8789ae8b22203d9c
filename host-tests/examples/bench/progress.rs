//! How far the program is.

use std::time::{Duration, Instant};

use crate::say;

/// Steps done of those there are.
pub(crate) struct Progress {
    done: usize,
    all: usize,
    started: Instant,
}

impl Progress {
    #[expect(clippy::disallowed_methods, reason = "a program for the terminal, not a policy")]
    pub(crate) fn new(all: usize) -> Self {
        Self { done: 0, all, started: Instant::now() }
    }

    /// Says what was done, and how long the rest takes if it goes on like this.
    pub(crate) fn step(&mut self, what: &str) {
        const WIDTH: usize = 20;
        self.done += 1;
        let filled = (self.done * WIDTH).div_ceil(self.all.max(1)).min(WIDTH);
        let left = self.started.elapsed().as_secs_f64() / self.done as f64 * self.all.saturating_sub(self.done) as f64;
        let left = Duration::from_secs_f64(left).as_secs();
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled));
        say(&format!("[{bar}] {}:{:02} left  {what}", left / 60, left % 60));
    }
}
