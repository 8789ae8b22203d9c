//! A case file as it is written, and what is wrong with one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::duration;
use super::message::{AnswerSpec, Fault, RequestSpec};
use super::run::SLEEP_LIMIT;
use super::text::{Text, Values};
use super::vars::Var;
use crate::deploy::HostKind;

/// One file: a plugin's configuration, its surroundings, and exchanges in order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// What the file shows, in a sentence.
    pub about: String,
    /// Why the policy does not do the same in a gateway, if so: the file is then played with the plugin alone.
    pub alone: Option<String>,
    /// The plugin's configuration.
    pub(super) config: Map<String, Value>,
    /// Values made at run time, for `${name}`.
    #[serde(default)]
    pub(super) vars: BTreeMap<String, Var>,
    /// The proxy's routes; one for everything unless given.
    #[serde(default)]
    pub(super) routes: Vec<RouteSpec>,
    /// What callouts get, by the name of the upstream.
    #[serde(default)]
    pub(super) upstreams: BTreeMap<String, Vec<Rule>>,
    /// The exchanges.
    pub cases: Vec<Case>,
    /// Where the file is.
    #[serde(skip)]
    pub(super) path: PathBuf,
}

/// A route of the proxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteSpec {
    pub(super) name: String,
    pub(super) prefix: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, Map<String, Value>>,
}

/// What an upstream answers to some callouts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) when: When,
    pub(super) reply: Option<AnswerSpec>,
    pub(super) fault: Option<Fault>,
}

/// Which callouts a rule is for; all, unless it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    pub(super) method: Option<String>,
    pub(super) path: Option<Text>,
}

/// One exchange.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Time that passes first.
    #[serde(default, deserialize_with = "duration::deserialize")]
    pub(super) advance: Duration,
    /// Where it runs.
    pub(super) hosts: Option<Vec<HostKind>>,
    /// Why it does not run everywhere.
    pub(super) because: Option<String>,
    /// What callouts get from now on, by the name of the upstream, in place of what they got so far.
    #[serde(default)]
    pub(super) upstreams: BTreeMap<String, Vec<Rule>>,
    pub(super) request: RequestSpec,
    #[serde(default)]
    pub(super) upstream: AnswerSpec,
    pub(super) expect: Expect,
}

/// What must come out of a case. What is not mentioned is not asserted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Values>,
    pub(super) body: Option<Text>,
    #[serde(default)]
    pub(super) trailers: BTreeMap<String, Values>,
    #[serde(default, deserialize_with = "given")]
    pub(super) upstream: Option<Option<ExpectUpstream>>,
    pub(super) events: Option<Vec<Map<String, Value>>>,
    #[serde(default)]
    pub(super) metrics: BTreeMap<String, i64>,
    /// How many callouts each upstream got.
    #[serde(default)]
    pub(super) callouts: BTreeMap<String, usize>,
    #[serde(default)]
    pub(super) logs_without: Vec<String>,
    /// Whether the response breaks off.
    #[serde(default)]
    pub(super) cut: bool,
}

/// The request that reached the service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectUpstream {
    pub(super) method: Option<Text>,
    pub(super) path: Option<Text>,
    pub(super) host: Option<Text>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Values>,
    pub(super) body: Option<Text>,
    #[serde(default)]
    pub(super) trailers: BTreeMap<String, Values>,
}

impl CaseFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read or says something that no case file says; the error names file, line and field.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(path, &text)
    }

    /// Whether any of its cases runs on this host.
    #[must_use]
    pub fn runs_on(&self, host: HostKind) -> bool {
        self.cases.iter().any(|case| case.runs_on(host))
    }

    /// The same exchanges with the policy in a gateway, which is configured to hold nothing else.
    #[must_use]
    pub fn in_gateway(mut self, policy: &str) -> Self {
        self.config.insert("use".to_owned(), policy.into());
        self.config = Map::from_iter([("policies".to_owned(), Value::Array(vec![Value::Object(self.config)]))]);
        self
    }

    /// The name of the file, without its folders.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        let parsed = serde_saphyr::from_str(text);
        let mut file: Self = parsed.map_err(|error| anyhow!("{}: {error}", path.display()))?;
        path.clone_into(&mut file.path);
        file.check().with_context(|| path.display().to_string())?;
        Ok(file)
    }

    fn check(&self) -> Result<()> {
        if self.cases.is_empty() {
            bail!("cases: there is none; a file describes at least one exchange");
        }
        for (index, case) in self.cases.iter().enumerate() {
            let checked = case.check().and_then(|()| self.check_changes(case));
            checked.with_context(|| format!("cases[{index}] ({})", case.name))?;
            if self.cases.iter().take(index).any(|other| other.name == case.name) {
                bail!(
                    "cases[{index}].name: {:?} is the name of another case; names tell them apart in reports",
                    case.name
                );
            }
        }
        for (name, rules) in &self.upstreams {
            check_rules(rules).with_context(|| format!("upstreams.{name}"))?;
        }
        Ok(())
    }
}

impl CaseFile {
    /// Whether the upstreams that a case changes can change.
    fn check_changes(&self, case: &Case) -> Result<()> {
        let refuses = |rules: &[Rule]| rules.iter().any(|rule| rule.fault == Some(Fault::Refuse));
        for (name, rules) in &case.upstreams {
            let Some(first) = self.upstreams.get(name) else {
                bail!("upstreams.{name}: the file has no such upstream; name it in the file's `upstreams` first");
            };
            if refuses(first) || refuses(rules) {
                bail!("upstreams.{name}: whether an upstream takes connections does not change; write `fault: reset`");
            }
            check_rules(rules).with_context(|| format!("upstreams.{name}"))?;
        }
        Ok(())
    }
}

impl Case {
    /// Whether it runs on this host.
    #[must_use]
    pub fn runs_on(&self, host: HostKind) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.contains(&host))
    }

    fn check(&self) -> Result<()> {
        let missing = HostKind::ALL.into_iter().any(|host| !self.runs_on(host));
        match &self.because {
            None if missing => bail!("hosts: a case that leaves a host out says why; add `because: ...`"),
            Some(_) if !missing => bail!("because: the case runs on every host; remove this line"),
            _ => {}
        }
        if self.hosts.as_ref().is_some_and(Vec::is_empty) {
            bail!("hosts: an empty list runs nowhere; name a host or remove the line");
        }
        if self.advance > SLEEP_LIMIT && self.runs_on(HostKind::Envoy) {
            bail!(
                "advance: Envoy would really wait for {:?}; at most {SLEEP_LIMIT:?}, or write `hosts: [native, wasmtime]`",
                self.advance
            );
        }
        self.request.check()?;
        self.upstream.check().context("upstream")?;
        if matches!(self.upstream.fault, Some(Fault::Refuse | Fault::Timeout)) {
            bail!("upstream.fault: the service of a case can only `reset`");
        }
        Ok(())
    }
}

fn check_rules(rules: &[Rule]) -> Result<()> {
    if rules.len() > 1 && rules.iter().any(|rule| rule.fault == Some(Fault::Refuse)) {
        bail!("`fault: refuse` takes no connection, whatever the request; it is the only rule of its upstream");
    }
    for (index, rule) in rules.iter().enumerate() {
        rule.check().with_context(|| format!("[{index}]"))?;
    }
    Ok(())
}

impl Rule {
    fn check(&self) -> Result<()> {
        match (&self.reply, self.fault) {
            (Some(_), Some(_)) => bail!("reply, fault: an upstream answers or fails; keep one of them"),
            (None, None) => bail!("neither reply nor fault; write `reply: {{ status: 200 }}`, say"),
            (Some(reply), None) if reply.fault.is_some() => bail!("reply.fault: write `fault` in the place of `reply`"),
            (Some(reply), None) => reply.check().context("reply"),
            (None, Some(_)) => Ok(()),
        }
    }
}

/// Tells a field that is null from one that is not there.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
