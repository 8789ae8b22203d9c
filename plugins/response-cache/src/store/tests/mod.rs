//! The store on the emulated proxy.

mod basics;
mod buckets;
mod coalescing;
mod costs;
mod floods;
#[cfg(not(target_family = "wasm"))]
mod model;
mod purges;
// Their workers are threads, which wasm does not have.
#[cfg(not(target_family = "wasm"))]
mod races;
mod support;
