//! What policies cost in a real Envoy: CPU time per request, against Envoy's own filters on the same work.
//!
//! ```text
//! cargo run --package gatewright-host --example bench -- --write
//! cargo run --package gatewright-host --example bench -- --quick --group jwt
//! ```
//!
//! Variants come in groups. Every server of a group is an Envoy with one worker. Short slices of load go to the variants in turn,
//! forwards and then backwards; what counts is the CPU time of each Envoy's process, and only against another variant of the same round:
//! a busy machine moves both.

mod footprint;
mod groups;
mod growth;
mod load;
mod options;
mod plot;
mod progress;
mod report;
mod sample;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use gatewright_host::build::target_folder;

use groups::{GROUPS, Group, Server};
use load::Load;
use options::Options;
use progress::Progress;
use sample::{Round, Samples};

fn main() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    let groups: Vec<_> = GROUPS.iter().filter(|(name, _)| options.wants(name)).collect();
    ensure!(!groups.is_empty() || options.footprint, "--group: there is none of that name; {}", options::usage());
    let mut progress = Progress::new(groups.len() * options.starts * (options.rounds + 1));
    let mut measured: BTreeMap<&str, (Group, Samples)> = BTreeMap::new();
    for start in 1..=options.starts {
        for (name, open) in &groups {
            progress.step(&format!("{name}, start {start} of {}: modules, Envoys, warming up", options.starts));
            let group = open().with_context(|| format!("group {name}"))?;
            let mut samples = measured.remove(name).map(|(_, samples)| samples).unwrap_or_default();
            run(&group, &options, &mut samples, &mut progress).with_context(|| format!("group {name}"))?;
            measured.insert(name, (group.ended(), samples));
        }
    }
    let raw = target_folder().join("bench.json");
    let samples: BTreeMap<_, _> = measured.iter().map(|(name, (_, samples))| (name, samples)).collect();
    std::fs::write(&raw, serde_json::to_vec_pretty(&samples)?).with_context(|| format!("writing {}", raw.display()))?;
    let ordered: Vec<_> = groups.iter().filter_map(|(name, _)| measured.remove_entry(name)).collect();
    for (_, (group, samples)) in &ordered {
        say(&format!("\n{}", report::table(group, samples)));
    }
    say(&format!("{}\nEvery sample is in {}.", report::legend(&options), raw.display()));
    if options.write {
        report::write(&ordered, &options)?;
    }
    if options.footprint {
        let table = footprint::table(say)?;
        say(&format!("\n{table}"));
        if options.write {
            report::write_footprint(&table)?;
        }
    }
    Ok(())
}

/// Requests before anything is measured: V8 optimises what runs often, and a large module takes longer.
const WARM_UP: usize = 8000;

/// One kind of request to one of the Envoys.
struct Variant<'a> {
    name: &'a str,
    server: &'a Server,
    load: Load,
}

impl Variant<'_> {
    /// Fills caches and lets V8 settle; the first answer has to be the right one.
    fn warm_up(&mut self, requests: usize) -> Result<()> {
        let status = self.load.probe()?;
        let expected = self.load.status;
        ensure!(status == expected, "{}: answered {status}, not {expected}", self.name);
        self.load.run(requests).with_context(|| self.name.to_owned())
    }

    /// CPU time of this many requests, in nanoseconds.
    fn slice(&mut self, requests: usize) -> Result<u64> {
        let before = self.server.envoy.cpu_ns()?;
        self.load.run(requests).with_context(|| self.name.to_owned())?;
        Ok(self.server.envoy.cpu_ns()?.saturating_sub(before))
    }
}

fn run(group: &Group, options: &Options, samples: &mut Samples, progress: &mut Progress) -> Result<()> {
    let mut variants = Vec::new();
    for server in &group.servers {
        for request in &server.requests {
            let load = Load::open(server.envoy.address(), request)?;
            variants.push(Variant { name: &request.variant, server, load });
        }
    }
    for variant in &mut variants {
        variant.warm_up(options.requests.max(WARM_UP))?;
    }
    for round in 1..=options.rounds {
        let measured = run_round(&mut variants, options.requests)?;
        progress.step(&format!("{}, round {round} of {}: {}", group.title, options.rounds, measured.line()));
        samples.push(measured);
    }
    Ok(())
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
