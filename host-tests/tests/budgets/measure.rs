//! Runs an exchange and counts.

use std::collections::BTreeMap;

use gatewright_core::host::LogLevel;
use gatewright_host::foreign;
use gatewright_host::wasm::{GuestOptions, Stats, WasmModule};
use gatewright_testing::proxy::{Proxy, World};

use crate::budgets::{Cost, ExchangeCost};
use crate::exchanges::{self, Exchange};

const WARM_UP: usize = 3;
const WATCHED: usize = 20;

/// What this exchange costs on a fresh VM and on a warm one.
pub(crate) fn measure(module: &WasmModule, exchange: &Exchange) -> ExchangeCost {
    let world = World::default();
    world.set_log_level(LogLevel::Info);
    world.foreign("verify_signature", foreign::verify_signature);
    world.upstream("upstream", |request| exchanges::answer(request).into());
    let options = GuestOptions::default();
    let stats = options.stats.clone();
    let module = module.clone();
    let builder = Proxy::builder().world(&world).config(exchange.config.to_string());
    let builder = builder.allow_on_headers_stop_iteration(true);
    let mut proxy = builder.start(move |host| module.boxed(host, &options)).unwrap();
    let mut sent_before = 0;
    let mut send = || {
        stats.reset();
        let sent = proxy.send(exchange.request(sent_before));
        sent_before += 1;
        assert_eq!(sent.status(), exchange.status, "{}: {:?} {:#?}", exchange.name(), sent.details(), proxy.logs());
        stats.read()
    };
    let first = send();
    (1..WARM_UP).for_each(|_| drop(send()));
    let steady = send();
    let most_fuel = (0..WATCHED).map(|_| send().fuel()).max().unwrap();
    ExchangeCost { status: exchange.status, first: cost(&first), steady: cost(&steady), most_fuel }
}

fn cost(stats: &Stats) -> Cost {
    let named = |name: &&str, count: u64| ((*name).to_owned(), count);
    Cost {
        fuel: stats.fuel(),
        callbacks: stats.callbacks.iter().map(|(name, tally)| named(name, tally.calls)).collect::<BTreeMap<_, _>>(),
        host_calls: stats.host_calls.iter().map(|(name, count)| named(name, *count)).collect(),
        bytes_from_guest: stats.bytes_from_guest,
        bytes_to_guest: stats.bytes_to_guest,
        allocations_for_host: stats.allocations,
    }
}
