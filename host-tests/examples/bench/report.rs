//! The tables, for the terminal and for the documentation.

use std::fs;

use anyhow::{Context, Result};
use gatewright_host::build::workspace_root;

use crate::groups::Group;
use crate::growth;
use crate::options::Options;
use crate::plot;
use crate::sample::{Samples, Spread};

const PAGE: &str = "docs/performance.md";
const RATIOS: &str = "docs/images/ratios.svg";
const GROWTH: &str = "docs/images/growth.svg";

/// A Markdown table of a group's comparisons.
pub(crate) fn table(group: &Group, samples: &Samples) -> String {
    let mut table = format!(
        "**{}**\n\n| variant | µs per request | against | µs more | ratio | bar | what it shows |\n|---|---|---|---|---|---|---|\n",
        group.title
    );
    for row in &group.rows {
        let (variant, other) = (row.variant.as_str(), row.against.as_str());
        let (micros, more, ratio) =
            (samples.micros(variant), samples.more(variant, other), samples.ratio(variant, other));
        let bar = row.bar.map_or(String::new(), |bar| bar.say(&more, &ratio));
        let (micros, more, ratio) = (spread(&micros, 1), spread(&more, 1), spread(&ratio, 2));
        table += &format!("| {variant} | {micros} | {other} | {more} | {ratio} | {bar} | {} |\n", row.about);
    }
    table
}

/// How the figures are to be read.
pub(crate) fn legend(options: &Options) -> String {
    let Options { rounds, starts, requests, .. } = options;
    format!(
        "Median (quartiles) of {starts} starts of {rounds} rounds; a round is twice {requests} requests to each variant.\n"
    )
}

/// Puts tables and plot into the documentation: each group's between its own marks, so that one can be measured alone.
pub(crate) fn write(groups: &[(&str, (Group, Samples))], options: &Options) -> Result<()> {
    let path = workspace_root().join(PAGE);
    let mut page = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    for (name, (group, samples)) in groups {
        page = replaced(&page, name, &format!("{}\n{}", table(group, samples), legend(options)))?;
    }
    fs::write(&path, page).with_context(|| format!("writing {PAGE}"))?;
    let by_name = groups.iter().map(|(name, (_, samples))| (*name, samples)).collect();
    let groups: Vec<_> = groups.iter().map(|(_, (group, samples))| (group, samples)).collect();
    for (picture, drawn) in [(RATIOS, plot::ratios(&groups)), (GROWTH, growth::picture(&by_name)?)] {
        fs::write(workspace_root().join(picture), drawn).with_context(|| format!("writing {picture}"))?;
    }
    Ok(())
}

/// Puts the table of what modules take to start into the documentation.
pub(crate) fn write_footprint(table: &str) -> Result<()> {
    let path = workspace_root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    fs::write(&path, replaced(&page, "footprint", table)?).with_context(|| format!("writing {PAGE}"))
}

/// The page with another text between the marks of this name.
fn replaced(page: &str, name: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- written by the example `bench`: {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let missing = || format!("{PAGE} has no place for the table of {name}: the lines\n{begin}{end}");
    let (before, rest) = page.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

fn spread(spread: &Spread, digits: usize) -> String {
    let Spread { low, median, high } = spread;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}
