//! What the host side keeps for one VM, and the frame every host call runs in.

use std::rc::Rc;

use gatewright_core::host::{Host, Status};
use wasmtime::{Caller, Error, Memory, Result, StoreLimits, TypedFunc, format_err};

use super::profile::Profile;
use super::stats::StatsHandle;

/// Status of a call whose arguments point outside the guest's memory (`InvalidMemoryAccess`).
pub(super) const INVALID_MEMORY: Status = Status::Other(6);

/// The data of a VM's store.
pub(super) struct Vm {
    pub(super) host: Rc<dyn Host>,
    pub(super) stats: StatsHandle,
    pub(super) profile: Profile,
    pub(super) limits: StoreLimits,
    pub(super) random: Random,
    pub(super) memory: Option<Memory>,
    pub(super) allocate: Option<TypedFunc<u32, u32>>,
    pub(super) phase: Phase,
}

/// What the guest is doing, which decides what it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// `_initialize`, `main` or `_start`.
    Start,
    /// A callback of the ABI.
    Callback,
    /// Its allocator, to make room for an answer.
    Allocate,
}

/// Why a host call does not succeed.
pub(super) enum Stop {
    /// The guest gets this status.
    Status(Status),
    /// The guest dies.
    Trap(Error),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Vm {
    /// Counts a call and ends the guest if its phase forbids it.
    pub(super) fn enter(&self, name: &'static str) -> Result<()> {
        self.stats.host_call(name);
        if self.phase.allows(name) {
            return Ok(());
        }
        let phase = match self.phase {
            Phase::Start => "start-up",
            Phase::Allocate => "memory allocation",
            Phase::Callback => "a callback",
        };
        Err(format_err!("restricted_callback: {name} may not be called during {phase}"))
    }
}

impl Phase {
    /// The same lists as Envoy's host.
    fn allows(self, name: &str) -> bool {
        let always = ["proxy_log", "fd_write", "clock_time_get"];
        let at_start = [
            "args_get",
            "args_sizes_get",
            "environ_get",
            "environ_sizes_get",
            "fd_prestat_get",
            "fd_prestat_dir_name",
            "random_get",
        ];
        match self {
            Self::Callback => true,
            Self::Allocate => always.contains(&name),
            Self::Start => always.contains(&name) || at_start.contains(&name),
        }
    }
}

/// Runs the body of a `proxy_*` function and turns what comes of it into the status the guest sees.
pub(super) fn host_call(
    vm: &mut Caller<'_, Vm>,
    name: &'static str,
    body: impl FnOnce(&mut Caller<'_, Vm>) -> std::result::Result<(), Stop>,
) -> Result<u32> {
    vm.data().enter(name)?;
    match body(vm) {
        Ok(()) => Ok(0),
        Err(Stop::Status(status)) => Ok(status.code()),
        Err(Stop::Trap(error)) => Err(error),
    }
}

/// The guest's entropy: SplitMix64 (Steele, Lea, Flood 2014), so that a run repeats.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
