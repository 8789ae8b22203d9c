//! Keys across a change of settings. Another timeout makes another plan, with a record of its own; without this a proxy that is
//! configured anew while its issuer is down, to bear with it for longer perhaps, would lose the keys that it has.

use gatewright::store::StoreError;

use super::status::Status;
use super::vault::{Stored, Vault};

impl Vault {
    /// Takes over what an earlier plan for the same origin has fetched, if that is newer, and makes itself known as the last plan.
    pub(super) fn inherit(&self) -> Result<(), StoreError> {
        let last = self.store.get(&self.origin_key)?.and_then(|(id, _)| String::from_utf8(id).ok());
        if last.as_deref() == Some(&*self.id) {
            return Ok(());
        }
        if let Some(last) = last {
            self.take_over(&last)?;
        }
        self.store.set(&self.origin_key, self.id.as_bytes())
    }

    fn take_over(&self, last: &str) -> Result<(), StoreError> {
        let record = self.store.get(&Self::status_key_of(last))?.map(|(value, _)| Status::read(&value));
        let Some(record) = record.filter(|record| record.generation > 0) else { return Ok(()) };
        let own = self.status()?;
        if own.fetched_at >= record.fetched_at {
            return Ok(());
        }
        let theirs = self.store.get(&Self::document_key_of(last))?.map(|(value, _)| value).unwrap_or_default();
        let Some(theirs) = Stored::read(&theirs).filter(|stored| stored.generation >= record.generation) else {
            return Ok(());
        };
        // Tokens of another plan's lease mean nothing here.
        let ours = self.document()?;
        let token = Stored::read(&ours).map_or(0, |stored| stored.token);
        let Some(generation) = self.put(token, own.generation, theirs.bytes)? else { return Ok(()) };
        let inherit = |status: &mut Status| status.inherit(generation, &record);
        self.update(inherit).map(drop)
    }
}
