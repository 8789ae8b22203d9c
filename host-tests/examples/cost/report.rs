//! The table, for the terminal and for the documentation.

use std::fs;

use anyhow::{Context, Result};
use gatewright_host::build::workspace_root;

use crate::options::Options;
use crate::sample::{Samples, Spread};

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- written by the example `cost` -->\n";
const END: &str = "<!-- end of what it writes -->";

/// Variant, what it is compared with, and what it shows.
const ROWS: &[(&str, &str, &str)] = &[
    ("no filter", "no filter", "Envoy alone"),
    ("crate, empty", "no filter", "the `proxy-wasm` crate with all its callbacks"),
    ("SDK, empty", "no filter", "a policy that returns `request.forward()`"),
    ("SDK, empty", "crate, empty", "the same against the crate"),
    ("by hand, allowed", "no filter", "API key, callbacks written by hand"),
    ("SDK, allowed", "by hand, allowed", "API key, exchange model: what the model costs"),
    ("by hand, denied", "no filter", "API key, callbacks written by hand"),
    ("SDK, denied", "by hand, denied", "API key, exchange model: what the model costs"),
    ("SDK, denied and logged", "SDK, denied", "the decision event, at log level `info`"),
    ("jwt_authn", "no filter", "Envoy's own filter, RS256, no token cache"),
    ("jwt-auth", "jwt_authn", "ours, the same token, no token cache"),
];

/// A Markdown table of all comparisons.
pub(crate) fn table(samples: &Samples, options: &Options) -> String {
    let mut table = String::from(
        "| variant | µs per request | against | µs more | ratio | what it shows |\n|---|---|---|---|---|---|\n",
    );
    for &(variant, other, about) in ROWS {
        let (micros, more, ratio) =
            (samples.micros(variant), samples.more(variant, other), samples.ratio(variant, other));
        let (micros, more, ratio) = (spread(&micros, 1), spread(&more, 1), spread(&ratio, 2));
        table += &format!("| {variant} | {micros} | {other} | {more} | {ratio} | {about} |\n");
    }
    let Options { rounds, starts, requests, .. } = options;
    table
        + &format!(
            "\nMedian (quartiles) of {starts} starts of {rounds} rounds; a round is twice {requests} requests to each variant.\n"
        )
}

/// Puts the table into the documentation.
pub(crate) fn write(table: &str) -> Result<()> {
    let path = workspace_root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let missing = || format!("{PAGE} has no place for the table: the lines\n{BEGIN}{END}");
    let (before, rest) = page.split_once(BEGIN).with_context(missing)?;
    let (_, after) = rest.split_once(END).with_context(missing)?;
    fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).with_context(|| format!("writing {PAGE}"))
}

fn spread(spread: &Spread, digits: usize) -> String {
    let Spread { low, median, high } = spread;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}
