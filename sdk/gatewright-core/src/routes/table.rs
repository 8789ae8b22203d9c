//! The maps of the index.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Filled from the configuration only, so its hash needs no random key: wasm modules have no source of one, and look-ups repeat
/// exactly. What a client sends is looked up, never stored.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;
