//! What request-filter costs, in wasmtime's fuel, which repeats exactly: for ordinary requests under many rules, and for requests that
//! are made to cost much.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a measurement tells its figures")]

mod attacks;
mod many_rules;

use std::sync::OnceLock;

use gatewright_core::host::LogLevel;
use gatewright_host::build::{self, Target};
use gatewright_host::wasm::{GuestOptions, StatsHandle, WasmModule};
use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Proxy, World};
use serde_json::{Value, json};

/// The module in a proxy, and what it used.
struct Metered {
    proxy: Proxy,
    stats: StatsHandle,
}

impl Metered {
    fn new(policy: &Value) -> Self {
        static MODULE: OnceLock<WasmModule> = OnceLock::new();
        let module =
            MODULE.get_or_init(|| WasmModule::load(build::module("request-filter", Target::Wasip1).unwrap()).unwrap());
        let world = World::default();
        world.set_log_level(LogLevel::Info);
        let options = GuestOptions::default();
        let (stats, module) = (options.stats.clone(), module.clone());
        let builder = Proxy::builder().world(&world).config(json!({ "policy": policy }).to_string());
        let builder = builder.allow_on_headers_stop_iteration(true).buffer_limit(4 << 20);
        Self { proxy: builder.start(move |host| module.boxed(host, &options)).unwrap(), stats }
    }

    /// Fuel of one exchange on a warm VM, and its status.
    fn fuel(&mut self, request: &Request) -> (u64, u16) {
        for _ in 0..2 {
            let _ = self.proxy.send(request.clone());
        }
        self.first(request)
    }

    /// Fuel of the next exchange.
    fn first(&mut self, request: &Request) -> (u64, u16) {
        self.stats.reset();
        let status = self.proxy.send(request.clone()).status();
        (self.stats.read().fuel(), status)
    }
}

/// A rule that refuses what a condition holds for.
fn deny(id: String, when: Value) -> Value {
    json!({ "id": id, "action": "deny", "when": when })
}
