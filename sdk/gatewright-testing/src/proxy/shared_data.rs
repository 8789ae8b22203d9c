//! Shared data: one map for all VMs of a `vm_id`, as Envoy keeps it.

use std::collections::HashMap;

use gatewright_core::host::{HostResult, Status};

/// Values by `vm_id` and key. Nothing is ever removed and nothing is bounded: a guest that fills it is at fault.
#[derive(Debug, Default)]
pub(crate) struct SharedData {
    values: HashMap<(String, Vec<u8>), (Vec<u8>, u32)>,
    last_version: u32,
}

impl SharedData {
    pub(crate) fn get(&self, vm_id: &str, key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        self.values.get(&(vm_id.to_owned(), key.to_vec())).cloned().ok_or(Status::NotFound)
    }

    /// Version 0 writes whatever is there; an absent key takes any version.
    pub(crate) fn set(&mut self, vm_id: &str, key: &[u8], value: &[u8], version: u32) -> HostResult<()> {
        let key = (vm_id.to_owned(), key.to_vec());
        if let Some((_, current)) = self.values.get(&key)
            && version != 0
            && version != *current
        {
            return Err(Status::CasMismatch);
        }
        self.last_version = self.last_version.wrapping_add(1).max(1);
        self.values.insert(key, (value.to_vec(), self.last_version));
        Ok(())
    }

    /// How many keys a `vm_id` holds, and how many bytes their keys and values take.
    pub(crate) fn usage(&self, vm_id: &str) -> (usize, usize) {
        let mine = self.values.iter().filter(|((id, _), _)| id == vm_id);
        mine.fold((0, 0), |(keys, bytes), ((_, key), (value, _))| (keys + 1, bytes + key.len() + value.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_0_writes_unconditionally_and_versions_grow_across_keys() {
        let mut data = SharedData::default();
        data.set("vm", b"a", b"1", 0).unwrap();
        data.set("other", b"a", b"1", 0).unwrap();
        data.set("vm", b"a", b"2", 0).unwrap();
        assert_eq!(data.get("vm", b"a"), Ok((b"2".to_vec(), 3)));
        assert_eq!(data.get("other", b"a"), Ok((b"1".to_vec(), 2)));
    }

    #[test]
    fn a_stale_version_is_a_mismatch_and_changes_nothing() {
        let mut data = SharedData::default();
        data.set("vm", b"a", b"1", 0).unwrap();
        data.set("vm", b"a", b"2", 1).unwrap();
        assert_eq!(data.set("vm", b"a", b"3", 1), Err(Status::CasMismatch));
        assert_eq!(data.get("vm", b"a"), Ok((b"2".to_vec(), 2)));
    }

    #[test]
    fn an_absent_key_takes_any_version() {
        let mut data = SharedData::default();
        assert_eq!(data.get("vm", b"a"), Err(Status::NotFound));
        assert_eq!(data.set("vm", b"a", b"1", 77), Ok(()));
    }

    #[test]
    fn an_emptied_key_is_still_found() {
        let mut data = SharedData::default();
        data.set("vm", b"a", b"1", 0).unwrap();
        data.set("vm", b"a", b"", 0).unwrap();
        assert_eq!(data.get("vm", b"a"), Ok((Vec::new(), 2)));
        assert_eq!(data.usage("vm"), (1, 1));
    }

    #[test]
    fn versions_never_become_0() {
        let mut data = SharedData { last_version: u32::MAX, ..SharedData::default() };
        data.set("vm", b"a", b"1", 0).unwrap();
        assert_eq!(data.get("vm", b"a"), Ok((b"1".to_vec(), 1)));
    }
}
