//! What the exchange model costs in a real Envoy, against nothing, against callbacks written by hand, and against Envoy's own filter.
//!
//! ```text
//! cargo run --package gatewright-host --example cost -- --rounds 10 --starts 3 --write
//! ```
//!
//! Every variant has an Envoy with one worker. Short slices of load go to them in turn, forwards and then backwards; what counts is
//! the CPU time of each Envoy's process, and only against another variant of the same round: a busy machine moves both.

mod load;
mod options;
mod report;
mod sample;
mod servers;

use anyhow::{Context, Result, ensure};
use gatewright_host::build::target_folder;

use load::Load;
use options::Options;
use sample::{Round, Samples};
use servers::Server;

fn main() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut samples = Samples::default();
    for start in 1..=options.starts {
        say(&format!("start {start} of {}: building modules and starting {} Envoys", options.starts, servers::COUNT));
        let servers = servers::start()?;
        let mut variants = open(&servers)?;
        for variant in &mut variants {
            variant.warm_up(options.requests)?;
        }
        for round in 1..=options.rounds {
            let measured = run_round(&mut variants, options.requests)?;
            say(&format!("start {start}, round {round} of {}: {}", options.rounds, measured.line()));
            samples.push(measured);
        }
    }
    let table = report::table(&samples, &options);
    let raw = target_folder().join("cost.json");
    std::fs::write(&raw, serde_json::to_vec_pretty(&samples)?).with_context(|| format!("writing {}", raw.display()))?;
    say(&format!("\n{table}\nEvery sample is in {}.", raw.display()));
    if options.write { report::write(&table) } else { Ok(()) }
}

/// One kind of request to one of the Envoys.
struct Variant<'a> {
    name: &'static str,
    server: &'a Server,
    load: Load,
}

impl Variant<'_> {
    /// Fills caches and lets V8 settle; the first answer has to be the right one.
    fn warm_up(&mut self, requests: usize) -> Result<()> {
        let status = self.load.probe()?;
        let expected = self.load.status;
        ensure!(status == expected, "{}: answered {status}, not {expected}", self.name);
        self.load.run(requests)
    }

    /// CPU time of this many requests, in nanoseconds.
    fn slice(&mut self, requests: usize) -> Result<u64> {
        let before = self.server.envoy.cpu_ns()?;
        self.load.run(requests).with_context(|| self.name)?;
        Ok(self.server.envoy.cpu_ns()?.saturating_sub(before))
    }
}

fn open(servers: &[Server]) -> Result<Vec<Variant<'_>>> {
    let variants = servers.iter().flat_map(|server| server.requests.iter().map(move |request| (server, request)));
    variants
        .map(|(server, request)| {
            let load = Load::open(server.envoy.address(), &request.fields, request.status)?;
            Ok(Variant { name: request.variant, server, load })
        })
        .collect()
}

fn run_round(variants: &mut [Variant<'_>], requests: usize) -> Result<Round> {
    let mut round = Round::default();
    for variant in variants.iter_mut() {
        round.add(variant.name, variant.slice(requests)?, requests);
    }
    for variant in variants.iter_mut().rev() {
        round.add(variant.name, variant.slice(requests)?, requests);
    }
    Ok(round)
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn say(text: &str) {
    println!("{text}");
}
