//! The command line.

use anyhow::{Context, Result, bail};

use crate::groups::GROUPS;

/// A thousand configurations take Envoy seven seconds, too long for a quick look.
const SLOW_TO_START: &str = "routes";

/// What to do.
pub(crate) struct Options {
    /// Rounds after each start of the processes.
    pub(crate) rounds: usize,
    /// Starts of the processes.
    pub(crate) starts: usize,
    /// Requests of one slice.
    pub(crate) requests: usize,
    /// Whether tables and plot go into the documentation.
    pub(crate) write: bool,
    /// Whether to measure what modules take to start.
    pub(crate) footprint: bool,
    /// Whether only a few rounds are wanted.
    quick: bool,
    /// The groups to measure; empty: all.
    groups: Vec<String>,
}

/// What can be asked for.
pub(crate) fn usage() -> String {
    let groups: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
    format!(
        "options: --rounds N (10), --starts N (3), --requests N per slice (4000), --quick (2 rounds of 1,000 after one start, without the group `routes`), \
         --group NAME ({}; may be repeated; none: no group), --footprint (what modules take to start; always there without --group), \
         --write (into docs/performance.md)",
        groups.join(", ")
    )
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            rounds: 10,
            starts: 3,
            requests: 4000,
            write: false,
            footprint: false,
            quick: false,
            groups: Vec::new(),
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value; {}", usage()));
            match name.as_str() {
                "--rounds" => options.rounds = number(&name, &value()?)?,
                "--starts" => options.starts = number(&name, &value()?)?,
                "--requests" => options.requests = number(&name, &value()?)?,
                "--group" => options.groups.push(value()?),
                "--quick" => (options.quick, options.rounds, options.starts, options.requests) = (true, 2, 1, 1000),
                "--write" => options.write = true,
                "--footprint" => options.footprint = true,
                other => bail!("{other:?} is no option; {}", usage()),
            }
        }
        options.footprint |= options.groups.is_empty() && !options.quick;
        Ok(options)
    }

    /// Whether a group is to be measured.
    pub(crate) fn wants(&self, group: &str) -> bool {
        if self.groups.is_empty() {
            return !(self.quick && group == SLOW_TO_START);
        }
        self.groups.iter().any(|wanted| wanted == group)
    }
}

fn number(name: &str, value: &str) -> Result<usize> {
    let number = value.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.with_context(|| format!("{name} {value:?}: not a number from 1 to 1000000"))
}
