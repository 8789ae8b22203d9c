//! Rule sets of a configuration, each compiled once.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
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
struct Known {
    compiled: RefCell<Vec<(Source, Rc<Compiled>)>>,
    /// Routes without any rule, as far as they were counted.
    without_rules: Cell<usize>,
}

impl Compiled {
    /// The rule set of this source: that of an earlier route if it had the same, else a new one, on which a report is logged.
    pub(crate) fn of(source: Source, setup: &Setup) -> Result<Rc<Self>, ConfigError> {
        let known = setup.shared(Known::default);
        let earlier = known.find(&source);
        let compiled = earlier.map_or_else(|| known.compile(source, setup), Ok)?;
        if compiled.rules.rules.is_empty() && compiled.contract.is_none() {
            known.tell_without_rules(setup);
        }
        Ok(compiled)
    }

    fn new(source: &Source, setup: &Setup) -> Result<Self, ConfigError> {
        let (rules, findings) = RuleSet::new(source)?;
        report(&findings, setup);
        let journal = Journal::new(&rules.rules, setup);
        let contract = source.contract.as_ref().map(Conformity::new).transpose()?;
        let formats = contract.as_ref().map(Conformity::unchecked_formats).unwrap_or_default();
        formats
            .iter()
            .take(MAX_FINDINGS)
            .for_each(|name| say(format!("contract: format {name:?} is not checked"), setup));
        let compiled = Self { rules, journal, contract, spare: RefCell::default() };
        compiled.warm();
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

impl Known {
    fn find(&self, source: &Source) -> Option<Rc<Compiled>> {
        let compiled = self.compiled.borrow();
        compiled.iter().find(|(earlier, _)| earlier == source).map(|(_, compiled)| Rc::clone(compiled))
    }

    fn compile(&self, source: Source, setup: &Setup) -> Result<Rc<Compiled>, ConfigError> {
        let compiled = Rc::new(Compiled::new(&source, setup)?);
        self.compiled.borrow_mut().push((source, Rc::clone(&compiled)));
        Ok(compiled)
    }

    /// Says which route has no rule, of the first few.
    fn tell_without_rules(&self, setup: &Setup) {
        let earlier = self.without_rules.replace(self.without_rules.get().saturating_add(1));
        let what = match (setup.route(), earlier.cmp(&MAX_FINDINGS)) {
            (_, Ordering::Greater) => return,
            (_, Ordering::Equal) => "more routes without any rule".to_owned(),
            (None, _) => "policy: no rule: only hygiene and spelling are checked by it".to_owned(),
            (Some(route), _) => {
                format!("routes[{route}]: a route without any rule: only hygiene and spelling are checked there")
            }
        };
        say(what, setup);
    }
}

/// Says what is odd about the rules.
fn report(findings: &[Finding], setup: &Setup) {
    let say = |what| say(what, setup);
    findings.iter().take(MAX_FINDINGS).for_each(|finding| say(finding.to_string()));
    if let Some(more @ 1..) = findings.len().checked_sub(MAX_FINDINGS) {
        say(format!("{more} more findings"));
    }
}

fn say(what: String, setup: &Setup) {
    setup.services().log(LogLevel::Warn, || format!("gatewright: request-filter: {what}"));
}
