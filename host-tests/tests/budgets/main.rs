//! What an exchange may cost: `budgets.json` says it for every exchange named in `exchanges.rs`, and for every module its size.
//!
//! The modules run as they ship, in wasmtime, in the emulated proxy, with a fixed clock, fixed random numbers and the log level
//! `info`. Host calls, bytes copied and allocations are compared exactly. Fuel and size have a margin of half a percent: they repeat
//! exactly on one machine, in any checkout, but panic messages contain the path of cargo's home, whose length another machine changes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod budgets;
mod exchanges;
mod measure;

use std::collections::BTreeMap;

use budgets::Budgets;
use gatewright_host::build::{self, Target};
use gatewright_host::wasm::WasmModule;

#[test]
fn exchanges_and_modules_cost_what_the_file_says() {
    let found = measured();
    if budgets::is_update() {
        return found.write();
    }
    let differences = Budgets::read().differences(&found);
    assert!(
        differences.is_empty(),
        "costs have changed:\n{}\nIf that is wanted, run UPDATE_BUDGETS=1 cargo test --package gatewright-host --test budgets \
         and commit {}.",
        differences.join("\n"),
        budgets::FILE
    );
}

#[test]
fn costs_repeat_exactly() {
    assert_eq!(measured(), measured());
}

fn measured() -> Budgets {
    let mut found = Budgets::default();
    let mut modules: BTreeMap<&str, WasmModule> = BTreeMap::new();
    for exchange in exchanges::all() {
        let module = modules
            .entry(exchange.package)
            .or_insert_with(|| WasmModule::load(build::module(exchange.package, Target::Wasip1).unwrap()).unwrap());
        found.modules.insert(exchange.package.to_owned(), module.size() as u64);
        let cost = measure::measure(module, &exchange);
        assert!(found.exchanges.insert(exchange.name(), cost).is_none(), "two exchanges named {}", exchange.name());
    }
    found
}
