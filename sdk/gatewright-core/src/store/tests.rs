//! Tests on a small host that behaves like `proxy-wasm-cpp-host`, alone and with several workers interleaved by seed.

mod array;
mod broadcast;
mod fake;
#[cfg_attr(target_family = "wasm", expect(dead_code, reason = "only the tests with several workers run it"))]
mod interleave;
mod lease;
// Its workers are threads, which wasm does not have.
#[cfg(not(target_family = "wasm"))]
mod model;
mod shared;
mod slots;
