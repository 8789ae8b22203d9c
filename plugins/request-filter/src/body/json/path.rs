//! Where in a document a reader is.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};

/// The open objects and arrays, and the path of the value at hand.
#[derive(Debug, Default)]
pub(super) struct Path {
    name: Vec<u8>,
    open: Vec<Container>,
}

#[derive(Debug)]
struct Container {
    object: bool,
    /// Length of the container's own path.
    base: usize,
    members: u32,
    /// Fingerprints of the member names. 64 bits each, so that many names cost little; two names with the same one are taken for
    /// duplicates, which no ordinary document meets. A tree, as no choice of names makes it slow.
    names: BTreeSet<u64>,
}

impl Path {
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn depth(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn in_object(&self) -> bool {
        self.open.last().is_some_and(|container| container.object)
    }

    /// The value at hand is an object or an array.
    pub(super) fn open(&mut self, object: bool) {
        let base = self.name.len();
        self.open.push(Container { object, base, members: 0, names: BTreeSet::new() });
    }

    /// The container ends. False if it is of the other kind, or none is open.
    pub(super) fn close(&mut self, object: bool) -> bool {
        let Some(container) = self.open.pop() else { return false };
        self.name.truncate(container.base);
        container.object == object
    }

    /// A member name begins: the path is that of the object.
    pub(super) fn begin_key(&mut self) {
        if let Some(container) = self.open.last() {
            self.name.truncate(container.base);
        }
    }

    /// A member name was read: the path is that of its value. How many members there are, or none if the name was there before.
    pub(super) fn key(&mut self, key: &[u8]) -> Option<u32> {
        let container = self.open.last_mut()?;
        let mut hasher = DefaultHasher::new();
        hasher.write(key);
        if !container.names.insert(hasher.finish()) {
            return None;
        }
        container.members = container.members.saturating_add(1);
        if !self.name.is_empty() {
            self.name.push(b'.');
        }
        for byte in key {
            if matches!(byte, b'.' | b'[' | b']' | b'\\') {
                self.name.push(b'\\');
            }
            self.name.push(*byte);
        }
        Some(container.members)
    }

    /// A value begins. How many elements there are, if it is one of an array.
    pub(super) fn begin_value(&mut self) -> u32 {
        let Some(container) = self.open.last_mut().filter(|container| !container.object) else { return 0 };
        self.name.truncate(container.base);
        self.name.extend_from_slice(b"[]");
        container.members = container.members.saturating_add(1);
        container.members
    }
}
