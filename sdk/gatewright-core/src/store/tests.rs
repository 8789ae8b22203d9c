//! Tests on a small host that behaves like `proxy-wasm-cpp-host`, alone and with several workers interleaved by seed.

mod broadcast;
mod fake;
mod interleave;
mod lease;
mod model;
mod shared;
mod slots;
