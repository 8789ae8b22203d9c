//! Compares what a case expects with what was seen.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use gatewright_testing::message::{Fields, Request, Response};
use serde_json::{Map, Value};

use super::file::{Expect, ExpectUpstream};
use super::report::Mismatch;
use super::text::{Text, Values};
use super::vars::Vars;

/// Everything that was seen of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Observation {
    /// What the client got.
    pub(super) response: Option<Response>,
    pub(super) cut: bool,
    /// What reached the service.
    pub(super) service: Vec<Request>,
    /// How many callouts each upstream got.
    pub(super) callouts: BTreeMap<String, usize>,
    /// Callouts that no rule is for.
    pub(super) unruled: Vec<String>,
    /// Decision events, in order.
    pub(super) events: Vec<Map<String, Value>>,
    /// How much each metric that is asked about grew.
    pub(super) metrics: BTreeMap<String, i64>,
    /// All lines logged so far.
    pub(super) logs: Vec<String>,
}

/// Everything that is not as expected.
///
/// # Errors
/// The expectation itself cannot be read: a name without a value, say.
pub(super) fn check(expect: &Expect, seen: &Observation, vars: &Vars) -> Result<Vec<Mismatch>> {
    let mut checker = Checker { vars, found: Vec::new() };
    checker.response(expect, seen)?;
    if let Some(upstream) = &expect.upstream {
        checker.upstream(upstream.as_ref(), &seen.service)?;
    }
    if let Some(events) = &expect.events {
        checker.events(events, &seen.events)?;
    }
    checker.counts(expect, seen);
    checker.logs(&expect.logs_without, &seen.logs)?;
    Ok(checker.found)
}

struct Checker<'a> {
    vars: &'a Vars,
    found: Vec<Mismatch>,
}

impl Checker<'_> {
    fn response(&mut self, expect: &Expect, seen: &Observation) -> Result<()> {
        if expect.cut != seen.cut {
            self.differs("cut", expect.cut, seen.cut);
        }
        let none = Response::default();
        let response = seen.response.as_ref().unwrap_or(&none);
        if let Some(status) = expect.status.filter(|status| *status != response.status()) {
            let got = if seen.response.is_some() { response.status().to_string() } else { "no response".into() };
            self.differs("status", status, got);
        }
        self.fields("headers", &expect.headers, &response.headers)?;
        self.fields("trailers", &expect.trailers, &response.trailers)?;
        self.text("body", expect.body.as_ref(), &response.text())
    }

    fn upstream(&mut self, expect: Option<&ExpectUpstream>, seen: &[Request]) -> Result<()> {
        let (expect, request) = match (expect, seen) {
            (None, []) => return Ok(()),
            (Some(expect), [request]) => (expect, request),
            (expect, _) => {
                let wanted =
                    if expect.is_some() { "one request reaches the service" } else { "none reaches the service" };
                let got: Vec<_> = seen.iter().map(describe).collect();
                self.differs("upstream", wanted, if got.is_empty() { "none".into() } else { got.join(", ") });
                return Ok(());
            }
        };
        let pseudo = |name: &str| request.header(name).unwrap_or_default();
        let host = request.header("host").unwrap_or_else(|| pseudo(":authority"));
        self.text("upstream.method", expect.method.as_ref(), &pseudo(":method"))?;
        self.text("upstream.path", expect.path.as_ref(), &request.path())?;
        self.text("upstream.host", expect.host.as_ref(), &host)?;
        self.fields("upstream.headers", &expect.headers, &request.headers)?;
        self.fields("upstream.trailers", &expect.trailers, &request.trailers)?;
        self.text("upstream.body", expect.body.as_ref(), &String::from_utf8_lossy(&request.body_bytes()))
    }

    /// As many events as expected, each with at least the members expected.
    fn events(&mut self, expect: &[Map<String, Value>], seen: &[Map<String, Value>]) -> Result<()> {
        let expect: Vec<_> = expect.iter().map(|event| self.vars.fill_members(event)).collect::<Result<_>>()?;
        let same = expect.len() == seen.len() && expect.iter().zip(seen).all(|(expect, seen)| is_subset(expect, seen));
        if !same {
            self.differs("events", list(&expect), list(seen));
        }
        Ok(())
    }

    fn counts(&mut self, expect: &Expect, seen: &Observation) {
        for (name, wanted) in &expect.metrics {
            let got = seen.metrics.get(name).copied().unwrap_or_default();
            if *wanted != got {
                self.differs(&format!("metrics.{name}"), wanted, got);
            }
        }
        for (name, wanted) in &expect.callouts {
            let got = seen.callouts.get(name).copied().unwrap_or_default();
            if *wanted != got {
                self.differs(&format!("callouts.{name}"), wanted, got);
            }
        }
        for callout in &seen.unruled {
            self.differs("callouts", "a rule in `upstreams` for every callout", format!("none for {callout}"));
        }
    }

    fn logs(&mut self, without: &[String], seen: &[String]) -> Result<()> {
        for (index, text) in without.iter().enumerate() {
            let secret = self.vars.fill(text).with_context(|| format!("expect.logs_without[{index}]"))?;
            if let Some(line) = seen.iter().find(|line| line.contains(&secret)) {
                self.differs(&format!("logs_without[{index}]"), format!("no line with {secret:?}"), line);
            }
        }
        Ok(())
    }

    fn fields(&mut self, what: &str, expect: &BTreeMap<String, Values>, seen: &Fields) -> Result<()> {
        for (name, wanted) in expect {
            let same = seen.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
            let got: Vec<_> = same.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
            let field = format!("{what}.{name}");
            if !wanted.accepts(&got, self.vars).with_context(|| format!("expect.{field}"))? {
                self.differs(&field, wanted, if got.is_empty() { "no such field".into() } else { format!("{got:?}") });
            }
        }
        Ok(())
    }

    fn text(&mut self, field: &str, expect: Option<&Text>, got: &str) -> Result<()> {
        let Some(wanted) = expect else { return Ok(()) };
        if !wanted.accepts(got, self.vars).with_context(|| format!("expect.{field}"))? {
            self.differs(field, wanted, format!("{got:?}"));
        }
        Ok(())
    }

    fn differs(&mut self, field: &str, expected: impl ToString, got: impl ToString) {
        self.found.push(Mismatch { field: field.into(), expected: expected.to_string(), got: got.to_string() });
    }
}

/// A member that is expected to be null is not there.
fn is_subset(expect: &Map<String, Value>, seen: &Map<String, Value>) -> bool {
    expect.iter().all(|(name, value)| seen.get(name).unwrap_or(&Value::Null) == value)
}

fn describe(request: &Request) -> String {
    format!("{} {}", request.header(":method").unwrap_or_default(), request.path())
}

fn list(events: &[Map<String, Value>]) -> String {
    if events.is_empty() {
        return "no event".into();
    }
    events.iter().map(|event| Value::Object(event.clone()).to_string()).collect::<Vec<_>>().join(", ")
}
