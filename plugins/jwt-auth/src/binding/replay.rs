//! Proofs that were used before (RFC 9449 §11.1).

use std::cell::OnceCell;
use std::time::Duration;

use gatewright::store::{Change, KeyHasher, Rank, Shape, SharedStore, SlotTable, StoreError, StoreLimits};
use gatewright::{Cause, Context, Fault};

/// Memory of the proxy for proofs that can still be replayed.
const TABLE_BYTES: u64 = 8 * 1024 * 1024;

/// The proofs that this proxy has seen, for all its workers.
#[derive(Default)]
pub(crate) struct Replays {
    table: OnceCell<(KeyHasher, SlotTable)>,
}

impl Replays {
    /// Whether this is the first use of a proof: of one key, with one `jti`. It is remembered for `ttl`.
    ///
    /// # Errors
    /// A [`Fault`] if that could not be found out: shared data failed, or too many live proofs share a bucket. Room is never made
    /// by forgetting a proof that could still be replayed.
    pub(super) fn is_first(&self, key: &str, id: &str, ttl: Duration, cx: &Context) -> Result<bool, Fault> {
        let (hasher, table) = self.open(cx).map_err(fault)?;
        let hash = hasher.hash(&[key.as_bytes(), id.as_bytes()]);
        let first = |slot: gatewright::store::Slot<'_>| match slot.expires_at {
            Some(_) => Change::Keep(false),
            None => Change::Store(true),
        };
        table.update(hash, cx.now().nanos(), ttl, first).map_err(fault)
    }

    /// The table is made by the first proof: most configurations never see one.
    fn open(&self, cx: &Context) -> Result<&(KeyHasher, SlotTable), StoreError> {
        if let Some(open) = self.table.get() {
            return Ok(open);
        }
        let store = SharedStore::new(cx.host(), "jwt-auth.dpop", StoreLimits::default())?;
        let hasher = KeyHasher::from_store(&store, b"")?;
        let table = SlotTable::new(&store, "proofs", Shape::for_budget(TABLE_BYTES, 1)?, |_| Rank::Pinned)?;
        Ok(self.table.get_or_init(|| (hasher, table)))
    }
}

fn fault(error: StoreError) -> Fault {
    Fault::new(Cause::Store, format!("the table of used proofs: {error}"))
}
