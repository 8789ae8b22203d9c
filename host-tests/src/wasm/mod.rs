//! Runs a plugin's `.wasm` module in wasmtime, the way Envoy runs it.
//!
//! [`WasmModule`] is a compiled module; [`WasmGuest`] is one instance of it, a VM of one worker, behind the same
//! [`Guest`](gatewright_testing::guest::Guest) trait as a policy that is compiled natively. What the guest asks of its proxy goes to
//! the [`Host`](gatewright_core::host::Host) it was made with. Everything here is deterministic: the guest's time comes from the host,
//! its random numbers from a seed, and its work is counted in wasmtime's fuel.

mod cache;
mod callbacks;
mod engine;
mod guest;
mod hostcalls;
mod memory;
mod module;
mod profile;
mod stats;
mod trap;
mod vm;
mod wasi;

pub use guest::{GuestOptions, WasmGuest};
pub use module::WasmModule;
pub use profile::{FunctionCost, Profile};
pub use stats::{Stats, StatsHandle, Tally};
