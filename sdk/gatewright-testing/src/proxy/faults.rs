//! Faults that a test injects into host functions, and the count of what guests call.

use std::collections::BTreeMap;

use gatewright_core::host::Status;

/// How often a host function was called, and how many bytes it copied in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Number of calls.
    pub calls: u64,
    /// Bytes copied from the guest plus bytes copied to it.
    pub bytes: u64,
}

/// Calls by host function, named as in the ABI (`proxy_get_header_map_pairs`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCalls(BTreeMap<&'static str, Calls>);

impl HostCalls {
    /// The calls of one host function.
    #[must_use]
    pub fn of(&self, function: &str) -> Calls {
        self.0.get(function).copied().unwrap_or_default()
    }

    /// All calls together.
    #[must_use]
    pub fn total(&self) -> Calls {
        let add = |sum: Calls, one: &Calls| Calls { calls: sum.calls + one.calls, bytes: sum.bytes + one.bytes };
        self.0.values().fold(Calls::default(), add)
    }

    /// Every host function that was called, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Calls)> + '_ {
        self.0.iter().map(|(name, calls)| (*name, *calls))
    }

    pub(crate) fn count(&mut self, function: &'static str) {
        self.0.entry(function).or_default().calls += 1;
    }

    pub(crate) fn copied(&mut self, function: &'static str, bytes: usize) {
        self.0.entry(function).or_default().bytes += bytes as u64;
    }
}

#[derive(Debug)]
struct Fault {
    function: String,
    /// Calls still to let pass; `None` fails every call.
    left: Option<u64>,
    status: Status,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    pub(crate) mismatch_probability: f64,
}

impl Faults {
    /// Fails the `nth` call from now on, counted from 1; `None` fails all.
    pub(crate) fn add(&mut self, function: &str, nth: Option<u64>, status: Status) {
        let left = nth.map(|nth| nth.saturating_sub(1));
        self.faults.push(Fault { function: function.to_owned(), left, status });
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The status this call fails with, if any. A fault for one call is used up by it.
    pub(crate) fn strike(&mut self, function: &str) -> Option<Status> {
        let mut struck = None;
        self.faults.retain_mut(|fault| {
            if fault.function != function {
                return true;
            }
            match fault.left.as_mut() {
                Some(0) => {
                    struck = struck.or(Some(fault.status));
                    false
                }
                Some(left) => {
                    *left -= 1;
                    true
                }
                None => {
                    struck = struck.or(Some(fault.status));
                    true
                }
            }
        });
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_call_fails_once() {
        let mut faults = Faults::default();
        faults.add("f", Some(2), Status::Empty);
        let seen: Vec<_> = (0..4).map(|_| faults.strike("f")).collect();
        assert_eq!(seen, [None, Some(Status::Empty), None, None]);
        assert_eq!(faults.strike("g"), None);
    }

    #[test]
    fn a_fault_without_a_number_fails_every_call() {
        let mut faults = Faults::default();
        faults.add("f", None, Status::InternalFailure);
        assert_eq!([faults.strike("f"), faults.strike("f")], [Some(Status::InternalFailure); 2]);
        faults.clear();
        assert_eq!(faults.strike("f"), None);
    }
}
