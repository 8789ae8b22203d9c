//! The policies of a module, in order, with the settings of every route.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value;

use crate::config::{self, ConfigError, FailureMode, Mode, Plan, Settings};
use crate::event::Decision;
use crate::exchange::Exchange;
use crate::metrics::Counter;
use crate::policy::{AnyPolicy, Policy};
use crate::query::Query;
use crate::reply::{Reply, Verdict};
use crate::request::Request;
use crate::setup::Setup;

/// Policies that handle an exchange one inside the other, the first outermost.
pub struct Chain {
    layers: Vec<Layer>,
    /// What every request gets, where no layer has routes.
    same: Option<Rc<[Rc<Chosen>]>>,
}

struct Layer {
    name: Rc<str>,
    counters: Rc<Counters>,
    plan: Plan<Installed>,
}

/// A policy whose type is forgotten, made ready for some routes.
pub(crate) struct Installed(Rc<dyn AnyPolicy>);

/// A layer with the settings for one request.
pub(crate) struct Chosen {
    pub(crate) name: Rc<str>,
    pub(crate) mode: Mode,
    pub(crate) failure_mode: FailureMode,
    /// `None` if the mode is off.
    pub(crate) policy: Option<Rc<dyn AnyPolicy>>,
    /// Which entry of `routes` applies; `None` for the settings of every route.
    pub(crate) route: Option<usize>,
    pub(crate) variables: Option<Rc<[(String, String)]>>,
    counters: Rc<Counters>,
}

/// A layer's counters by mode and verdict, defined when they first count.
#[derive(Default)]
struct Counters([OnceCell<Counter>; 8]);

impl Chain {
    /// A chain of one policy. `envelope` is the whole configuration.
    ///
    /// # Errors
    /// The first thing that is wrong with the configuration.
    pub fn single<P: Policy>(name: &str, envelope: Value, setup: &Setup) -> Result<Self, ConfigError> {
        let setup = setup.of_policy(name);
        let plan = config::compile(envelope, |settings: P::Config, route| {
            setup.set_route(route);
            Ok(Installed(Rc::new(P::new(settings, &setup)?) as Rc<dyn AnyPolicy>))
        })?;
        Ok(Self::new(vec![Layer { name: name.into(), counters: Rc::default(), plan }]))
    }

    /// This chain with `inner` inside it: `inner` gets what this one forwards.
    #[must_use]
    pub fn around(mut self, inner: Self) -> Self {
        self.layers.extend(inner.layers);
        Self::new(self.layers)
    }

    fn new(layers: Vec<Layer>) -> Self {
        let same = layers.iter().all(|layer| !layer.plan.has_routes());
        let same = same.then(|| layers.iter().map(|layer| Rc::new(layer.default())).collect());
        Self { layers, same }
    }

    /// The settings for this request, layer by layer.
    pub(crate) fn choose(&self, request: &Request) -> Rc<[Rc<Chosen>]> {
        match &self.same {
            Some(same) => Rc::clone(same),
            None => {
                let query = Query::new(request);
                self.layers.iter().map(|layer| Rc::new(layer.choose(&query))).collect()
            }
        }
    }
}

impl Layer {
    fn default(&self) -> Chosen {
        self.chosen(self.plan.default_settings())
    }

    fn choose(&self, query: &Query<'_>) -> Chosen {
        let selected = self.plan.find(query);
        let variables: Rc<[_]> =
            selected.variables.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Chosen { route: selected.route, variables: Some(variables), ..self.chosen(selected.settings) }
    }

    fn chosen(&self, settings: &Settings<Installed>) -> Chosen {
        Chosen {
            name: Rc::clone(&self.name),
            mode: settings.mode,
            failure_mode: settings.failure_mode,
            policy: settings.policy.as_ref().map(|installed| Rc::clone(&installed.0)),
            route: None,
            variables: None,
            counters: Rc::clone(&self.counters),
        }
    }
}

impl Chosen {
    /// Whether what the policy does may turn out not to count.
    pub(crate) fn is_tentative(&self) -> bool {
        self.mode == Mode::Shadow || self.failure_mode == FailureMode::Open
    }

    /// Counts and logs what the policy answered.
    pub(crate) fn decide_reply(&self, exchange: &Exchange, reply: &Reply) {
        let (mode, verdict, reason) = (self.mode, reply.verdict, &reply.reason);
        self.decide(exchange, &Decision { mode, verdict, reason, status: Some(reply.status), message: "" });
    }

    /// Counts and logs a decision.
    pub(crate) fn decide(&self, exchange: &Exchange, decision: &Decision<'_>) {
        self.counters.count(exchange, &self.name, decision.mode, decision.verdict);
        decision.log(exchange, &self.name, self.route);
    }
}

impl Counters {
    fn count(&self, exchange: &Exchange, name: &str, mode: Mode, verdict: Verdict) {
        let row = if mode == Mode::Shadow { 4 } else { 0 };
        let column = match verdict {
            Verdict::Allow => 0,
            Verdict::Deny => 1,
            Verdict::Answer => 2,
            Verdict::Fault => 3,
        };
        let Some(cell) = self.0.get(row + column) else { return };
        let mode = if mode == Mode::Shadow { "shadow" } else { "enforce" };
        let counter =
            cell.get_or_init(|| Counter::define(&exchange.root.shared, &format!("{name}.{mode}.{}", verdict.as_str())));
        counter.increment();
    }
}
