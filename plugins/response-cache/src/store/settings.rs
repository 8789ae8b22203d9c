//! Size and habits of a store.

use std::time::Duration;

use gatewright::config::ConfigError;

const MAX_MEMORY: u64 = 64 << 30;
/// Longer than this no fetch is waited for.
const MAX_LEASE: Duration = Duration::from_secs(1800);

/// Size and habits of a store. Stores of one name are one store; all who open it must give the same sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name: 1 to 32 bytes, no NUL.
    pub name: String,
    /// Bytes of host memory, index and bookkeeping included.
    pub memory: u64,
    /// Bytes of the largest response that is stored: key, tags, headers and body.
    pub max_entry: usize,
    /// Bytes per worker for copies that save reading from the host.
    pub hot_memory: usize,
    /// How long a fetch may take before another request may lead.
    pub lease: Duration,
    /// Variants of one key at most; a further one takes the place of the oldest.
    pub variants: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            memory: 64 << 20,
            max_entry: 256 << 10,
            hot_memory: 4 << 20,
            lease: Duration::from_secs(30),
            variants: 16,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.name.is_empty() || self.name.len() > 32 || self.name.contains('\0') {
            return Err(ConfigError::at("name", format!("`{}` is no name; write 1 to 32 bytes", self.name)));
        }
        if self.memory > MAX_MEMORY {
            return Err(ConfigError::at("memory", "too large; write at most \"64GiB\""));
        }
        if self.max_entry == 0 {
            return Err(ConfigError::at("max_entry", "nothing fits in 0 bytes; write \"256KiB\""));
        }
        if self.lease.is_zero() || self.lease > MAX_LEASE {
            return Err(ConfigError::at(
                "lease",
                format!("{:?} is out of range; write \"1ms\" to \"30m\"", self.lease),
            ));
        }
        if self.variants == 0 {
            return Err(ConfigError::at("variants", "0 variants store nothing; write 1 or more"));
        }
        Ok(())
    }
}
