//! How admissions are counted: pure functions on a small state and a clock.
//!
//! Every algorithm keeps one promise over any stretch of time, whatever the arrivals. `quota` is the limit's count, `period` its unit.
//!
//! | algorithm | never more than | refuses only if |
//! |---|---|---|
//! | [`Gcra`] | `burst` + one per `period / quota`, in any window | admitting would break that promise |
//! | [`SlidingWindow`] | `quota` in any window of `period` | the last 9/8 of a `period` hold `quota` already |
//! | [`FixedWindow`] | `quota` in each window of the calendar | the window holds `quota` already |
//! | [`Concurrency`] | `quota` at a time, of those younger than `max_duration` | `quota` are in flight |
//!
//! # Clocks
//! Times are nanoseconds since the Unix epoch, from a clock that may be set. Set forward, it is time that passed: nothing can tell the
//! difference. Set back by more than a second (or by what the algorithm's own grain hides), the state moves with it: what was used stays
//! used, and no time counts as passed. A smaller step, which may be another worker's older reading, counts as no time at all.

mod clock;
mod concurrency;
mod fixed_window;
mod gcra;
mod limit;
mod sliding_window;
mod words;

#[cfg(test)]
mod tests;

pub use concurrency::Concurrency;
pub use fixed_window::FixedWindow;
pub use gcra::Gcra;
pub use limit::{Limit, Refusal, STATE_BYTES, Standing, Ticket};
pub use sliding_window::SlidingWindow;
pub(crate) use words::{Reader, Writer};
