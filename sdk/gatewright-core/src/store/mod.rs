//! State that the workers of one proxy share.
//!
//! A proxy runs one VM per worker thread, and a VM sees nothing of the others but the host's *shared data*: one process-wide map from
//! keys to values, each value with a version, and message queues beside it. The host bounds neither and never deletes a key, so
//! everything here has a fixed number of keys and a byte budget.
//!
//! - [`SharedStore`]: single values, compare-and-swap, bounded read-change-write.
//! - [`SlotTable`]: a table of fixed size for entries that expire: rate-limit counters, cache indexes, replay guards.
//! - [`SharedArray`]: numbered values, for structures of one's own.
//! - [`Lease`]: one worker at a time, with a fencing token.
//! - [`Broadcast`]: a message to every worker.
//! - [`WorkerId`]: a number no other worker has.
//!
//! # What the host guarantees, and what is built on it
//!
//! Behaviour of `proxy-wasm-cpp-host` (Envoy, Istio), on which all of this rests:
//! - A write with version 0 is unconditional. A write with another version is refused if the key exists at a different version.
//! - A write to a key that does not exist succeeds **whatever version is given**. Two workers that both saw "not found" and then write
//!   with version 0 overwrite each other. So nothing here creates a key with version 0: it writes with a version that no key has.
//!   The host then accepts the first creator and refuses the second, which reads again.
//! - A host that refuses such a write on an absent key makes every creation end in [`StoreError::Contended`]: an error, never a lost update.
//! - The data lives until the last VM of the same `vm_id` is gone. It outlives configuration updates and VM restarts, so a newer module
//!   can meet an older one's values: every record starts with its kind and layout, and one that does not match is not read.
//!
//! No operation retries without bound. When attempts run out the answer is [`StoreError::Contended`]; what that means for the exchange
//! is the caller's decision.
//!
//! Times are nanoseconds since the Unix epoch, from the proxy's clock. The clock may be set back: durations that started in the
//! future, beyond what stale readings explain, count as over.

mod array;
mod broadcast;
mod error;
mod hash;
mod lease;
mod record;
mod shared;
mod slots;
mod span;
mod worker;

pub use array::SharedArray;
pub use broadcast::{Broadcast, BroadcastLimits, Presence, Published};
pub use error::StoreError;
pub use hash::{KeyHash, KeyHasher, KeyHashing};
pub use lease::{Lease, LeaseGuard};
pub use shared::{Expected, SharedStore, StoreLimits, Update, Version};
pub use slots::{Change, Rank, Shape, Slot, SlotEntry, SlotTable};
pub use worker::WorkerId;

#[cfg(test)]
mod tests;
