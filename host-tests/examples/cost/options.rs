//! The command line.

use anyhow::{Context, Result, bail};

/// What to do.
pub(crate) struct Options {
    /// Rounds after each start of the processes.
    pub(crate) rounds: usize,
    /// Starts of the processes.
    pub(crate) starts: usize,
    /// Requests of one slice.
    pub(crate) requests: usize,
    /// Whether the table goes into the documentation.
    pub(crate) write: bool,
}

const USAGE: &str =
    "options: --rounds N (10), --starts N (3), --requests N per slice (4000), --write (into docs/performance.md)";

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self { rounds: 10, starts: 3, requests: 4000, write: false };
        while let Some(name) = arguments.next() {
            let place = match name.as_str() {
                "--rounds" => &mut options.rounds,
                "--starts" => &mut options.starts,
                "--requests" => &mut options.requests,
                "--write" => {
                    options.write = true;
                    continue;
                }
                other => bail!("{other:?} is no option; {USAGE}"),
            };
            let value = arguments.next().with_context(|| format!("{name} needs a number; {USAGE}"))?;
            let number = value.parse().ok().filter(|number| (1..=1_000_000).contains(number));
            *place = number.with_context(|| format!("{name} {value:?}: not a number from 1 to 1000000"))?;
        }
        Ok(options)
    }
}
