//! Where the fuel of an exchange goes, function by function. The exchanges are those of `tests/budgets/exchanges.rs`.
//!
//! ```text
//! cargo run --package gatewright-host --example profile -- "jwt-auth: good RS256 token"
//! ```
//!
//! Without a name, or with an unknown one, it lists the exchanges. Functions that the compiler put into their callers count there.
#![expect(clippy::unwrap_used, reason = "shared with a test")]

#[path = "../../tests/budgets/exchanges.rs"]
mod exchanges;

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use gatewright_core::host::LogLevel;
use gatewright_host::build;
use gatewright_host::foreign;
use gatewright_host::wasm::{FunctionCost, GuestOptions, WasmModule};
use gatewright_testing::proxy::{Proxy, World};

use exchanges::Exchange;

const WARM_UP: usize = 6;
const WATCHED: usize = 20;
const ROWS: usize = 60;

fn main() -> Result<()> {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let all = exchanges::all();
    let Some(exchange) = all.iter().find(|exchange| exchange.name() == wanted) else {
        let names: Vec<String> = all.iter().map(|exchange| format!("  {}", exchange.name())).collect();
        bail!("name one of these exchanges:\n{}", names.join("\n"));
    };
    let (module, names) = WasmModule::profiled(build::named_module(exchange.package)?)?;
    report(&run(&module, exchange)?, &names);
    Ok(())
}

/// The cost of a warm exchange, by function.
fn run(module: &WasmModule, exchange: &Exchange) -> Result<BTreeMap<u32, FunctionCost>> {
    let world = World::default();
    world.set_log_level(LogLevel::Warn);
    world.foreign("verify_signature", foreign::verify_signature);
    world.upstream("upstream", |request| exchanges::answer(request).into());
    let options = GuestOptions::default();
    let (profile, module) = (options.profile.clone(), module.clone());
    let builder = Proxy::builder().world(&world).config(exchange.config.to_string());
    let builder = builder.allow_on_headers_stop_iteration(true);
    let mut proxy = builder.start(move |host| module.boxed(host, &options))?;
    for sent in 0..WARM_UP {
        ensure!(proxy.send(exchange.request(sent)).status() == exchange.status, "not the answer that was expected");
    }
    profile.reset();
    (0..WATCHED).for_each(|sent| drop(proxy.send(exchange.request(sent))));
    Ok(profile.costs())
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn report(costs: &BTreeMap<u32, FunctionCost>, names: &BTreeMap<u32, String>) {
    let mut rows: Vec<_> = costs.iter().collect();
    rows.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.own));
    let (total, watched): (u64, _) = (rows.iter().map(|(_, cost)| cost.own).sum(), WATCHED as u64);
    println!("{} fuel per exchange\n\n   own    all  calls  function", total / watched);
    for (index, cost) in rows.into_iter().take(ROWS) {
        let name = names.get(index).map_or("(no name)", String::as_str);
        let calls = cost.calls as f64 / WATCHED as f64;
        println!("{:6} {:6} {calls:6.1}  {name}", cost.own / watched, cost.all / watched);
    }
}
