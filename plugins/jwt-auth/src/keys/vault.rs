//! One key set in shared data: the document, the record about its fetches, and the right to fetch.

use std::rc::Rc;
use std::time::Duration;

use gatewright::host::Host;
use gatewright::store::{Lease, SharedStore, StoreError, StoreLimits, Update};

use super::plan::Plan;
use super::status::Status;

const NAMESPACE: &str = "gatewright.jwt-auth.jwks";
const ATTEMPTS: u32 = 64;
/// Status, document, origin, lease, worker numbers, and a broadcast's two.
const KEYS: usize = 7;
/// What a document starts with; then the fencing token of its writer and its number.
const HEADER: [u8; 8] = *b"GWJD\x01\0\0\0";
const OVERHEAD: usize = HEADER.len() + 16;
/// What outlasts a fetch: the worker must still hold its lease when it writes the result.
const LEASE_SLACK: Duration = Duration::from_secs(2);
/// A broadcast's directory must fit into a value, however small documents are.
const MIN_VALUE: usize = 16 * 1024;

/// Shared data of one key set.
pub(super) struct Vault {
    pub(super) store: SharedStore,
    pub(super) lease: Lease,
    pub(super) id: String,
    status_key: String,
    document_key: String,
    /// Names the last plan for this origin.
    pub(super) origin_key: String,
}

/// A stored document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored<'a> {
    /// Fencing token of its writer.
    pub(super) token: u64,
    pub(super) generation: u64,
    pub(super) bytes: &'a [u8],
}

impl Vault {
    /// Asks the host for nothing yet.
    pub(super) fn new(host: Rc<dyn Host>, plan: &Plan) -> Result<Self, StoreError> {
        let value_bytes = plan.max_bytes.saturating_add(OVERHEAD).max(MIN_VALUE);
        let store = SharedStore::new(host, NAMESPACE, StoreLimits { keys: KEYS, value_bytes })?;
        let id = plan.id();
        let lease = Lease::new(&store, &id, plan.fetch_limit().saturating_add(LEASE_SLACK))?;
        let (status_key, document_key) = (Self::status_key_of(&id), Self::document_key_of(&id));
        Ok(Self { store, lease, status_key, document_key, origin_key: format!("origin.{}", plan.origin_id()), id })
    }

    /// Where the record of a plan is.
    pub(super) fn status_key_of(id: &str) -> String {
        format!("status.{id}")
    }

    /// Where the document of a plan is.
    pub(super) fn document_key_of(id: &str) -> String {
        format!("document.{id}")
    }

    pub(super) fn status(&self) -> Result<Status, StoreError> {
        let value = self.store.get(&self.status_key)?;
        Ok(value.map(|(value, _)| Status::read(&value)).unwrap_or_default())
    }

    /// Changes the record, unless `change` says no. Returns it before and after.
    pub(super) fn update(
        &self,
        mut change: impl FnMut(&mut Status) -> bool,
    ) -> Result<Option<(Status, Status)>, StoreError> {
        let mut pair = None;
        self.store.update(&self.status_key, ATTEMPTS, |value| {
            let before = value.map(Status::read).unwrap_or_default();
            let mut after = before;
            pair = change(&mut after).then_some((before, after));
            pair.map(|(_, after)| after.write())
        })?;
        Ok(pair)
    }

    /// The stored document; empty for none.
    pub(super) fn document(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.store.get(&self.document_key)?.map(|(value, _)| value).unwrap_or_default())
    }

    /// Stores a document under the next number, at least `after` + 1; one that is there already keeps its number. `None`: a later
    /// holder of the lease was here first.
    pub(super) fn put(&self, token: u64, after: u64, bytes: &[u8]) -> Result<Option<u64>, StoreError> {
        let mut generation = None;
        let done = self.store.update(&self.document_key, ATTEMPTS, |value| {
            let stored = value.and_then(Stored::read);
            if stored.is_some_and(|stored| stored.token > token) {
                generation = None;
                return None;
            }
            if let Some(same) = stored.filter(|stored| stored.bytes == bytes && stored.generation >= after.max(1)) {
                generation = Some(same.generation);
                return None;
            }
            let last = stored.map_or(0, |stored| stored.generation).max(after);
            let next = Stored { token, generation: last.saturating_add(1), bytes };
            generation = Some(next.generation);
            Some(next.write())
        })?;
        debug_assert!(done == Update::Unchanged || generation.is_some());
        Ok(generation)
    }
}

impl<'a> Stored<'a> {
    /// A value of another layout is no document.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let (token, rest) = value.strip_prefix(HEADER.as_slice())?.split_first_chunk()?;
        let (generation, bytes) = rest.split_first_chunk()?;
        Some(Self { token: u64::from_le_bytes(*token), generation: u64::from_le_bytes(*generation), bytes })
    }

    fn write(&self) -> Vec<u8> {
        [&HEADER, self.token.to_le_bytes().as_slice(), &self.generation.to_le_bytes(), self.bytes].concat()
    }
}

#[cfg(test)]
mod tests;
