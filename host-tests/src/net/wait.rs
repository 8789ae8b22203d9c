//! Waiting for another process, the one thing here that needs the machine's clock.
#![expect(
    clippy::disallowed_methods,
    reason = "another process keeps no virtual time: only the machine's clock bounds a wait for it"
)]

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(5);

/// The moment by which something must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// This long from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// Asks until there is an answer. None: the deadline passed.
    pub fn poll<T>(self, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let answer = ask();
            if answer.is_some() || Instant::now() >= self.0 {
                return answer;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether the moment is over.
    #[must_use]
    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// As [`Deadline::poll`], where asking may fail for good.
    ///
    /// # Errors
    /// Whatever asking says.
    pub fn try_poll<T, E>(self, mut ask: impl FnMut() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
        self.poll(|| ask().transpose()).transpose()
    }
}
