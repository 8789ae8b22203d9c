//! The store on the emulated proxy.

mod basics;
mod costs;
mod purges;
#[cfg(not(target_family = "wasm"))]
mod races;
mod support;
