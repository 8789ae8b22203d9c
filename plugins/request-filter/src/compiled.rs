//! Rule sets of a configuration, each compiled once.

use std::cell::RefCell;
use std::rc::Rc;

use gatewright::Setup;
use gatewright::config::ConfigError;
use gatewright::host::LogLevel;

use crate::conform::Conformity;
use crate::engine::Hits;
use crate::journal::Journal;
use crate::rules::{Finding, RuleSet, Source};

/// Findings of the report that are logged one by one.
const MAX_FINDINGS: usize = 32;
/// Sets of hits that are kept for later requests.
const MAX_SPARE: usize = 8;

/// A rule set and what belongs to it.
pub(crate) struct Compiled {
    pub(crate) rules: RuleSet,
    pub(crate) journal: Journal,
    pub(crate) contract: Option<Conformity>,
    /// Sets of hits that are not in use: making one for each request would cost as much as many a scan.
    spare: RefCell<Vec<Hits>>,
}

/// What was compiled for routes before.
#[derive(Default)]
struct Known(RefCell<Vec<(Source, Rc<Compiled>)>>);

impl Compiled {
    /// The rule set of this source: that of an earlier route if it had the same, else a new one, on which a report is logged.
    pub(crate) fn of(source: Source, setup: &Setup) -> Result<Rc<Self>, ConfigError> {
        let known = setup.shared(Known::default);
        if let Some((_, compiled)) = known.0.borrow().iter().find(|(earlier, _)| *earlier == source) {
            return Ok(Rc::clone(compiled));
        }
        let (rules, findings) = RuleSet::new(&source)?;
        report(&findings, rules.rules.is_empty() && source.contract.is_none(), setup);
        let journal = Journal::new(&rules.rules, setup);
        let contract = source.contract.as_ref().map(Conformity::new).transpose()?;
        let compiled = Rc::new(Self { rules, journal, contract, spare: RefCell::default() });
        compiled.warm();
        known.0.borrow_mut().push((source, Rc::clone(&compiled)));
        Ok(compiled)
    }

    /// An empty set of hits.
    pub(crate) fn take_hits(&self) -> Hits {
        self.spare.borrow_mut().pop().unwrap_or_else(|| self.rules.hits())
    }

    pub(crate) fn give_back(&self, mut hits: Hits) {
        hits.clear();
        let mut spare = self.spare.borrow_mut();
        if spare.len() < MAX_SPARE {
            spare.push(hits);
        }
    }

    /// Runs every test once, so that the first request does not pay for what tests need to run.
    fn warm(&self) {
        let mut hits = self.take_hits();
        self.rules.engine.warm(&mut hits);
        self.give_back(hits);
    }
}

/// Says what is odd about the rules.
fn report(findings: &[Finding], no_rules: bool, setup: &Setup) {
    let services = setup.services();
    let say = |what: String| services.log(LogLevel::Warn, || format!("gatewright: request-filter: {what}"));
    findings.iter().take(MAX_FINDINGS).for_each(|finding| say(finding.to_string()));
    if let Some(more @ 1..) = findings.len().checked_sub(MAX_FINDINGS) {
        say(format!("{more} more findings"));
    }
    if no_rules {
        say("a route without any rule: only hygiene and spelling are checked there".to_owned());
    }
}
