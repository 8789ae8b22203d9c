//! Binds the exchange model of Gatewright to the proxy-wasm ABI 0.2.1.
//!
//! Two halves: `hostcalls` makes the host's functions a [`Host`](gatewright_core::host::Host), with every status a value; [`exports`]
//! takes the host's callbacks to the one [`Worker`](gatewright_core::Worker) of the VM. Policy authors never name this crate: the
//! `export!` macro of `gatewright` does.

pub mod exports;
#[cfg(target_family = "wasm")]
mod hostcalls;
#[cfg(target_family = "wasm")]
mod imports;
mod memory;
#[cfg(any(target_family = "wasm", test))]
mod pool;

#[cfg(target_family = "wasm")]
#[global_allocator]
static POOL: pool::Pool = pool::Pool::new();
