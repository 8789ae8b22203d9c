//! What is compared.

mod cache;
mod chain;
mod exchange;
mod filter;
mod floor;
mod jwt;
mod limits;
mod onion;
pub(crate) mod routes;

use std::fs;

use anyhow::{Context, Result};
use gatewright_host::build::{self, Target, workspace_root};
use gatewright_host::envoy::{Configuration, Envoy, EnvoyBuilder, HttpFilter, Listener, Route, WasmFilter};
use gatewright_host::net::Upstream;

use crate::load::Vary;
use crate::sample::Spread;

const QUIET: &str = "warning";

/// Starts the Envoys of a group.
type Open = fn() -> Result<Group>;

/// All groups, in the order of the documentation.
pub(crate) const GROUPS: &[(&str, Open)] = &[
    ("exchange", exchange::group),
    ("jwt", jwt::seen),
    ("jwt-unseen", jwt::unseen),
    ("rate-limit", limits::group),
    ("request-filter", filter::group),
    ("response-cache", cache::group),
    ("gateway", onion::group),
    ("routes", routes::group),
    ("chain", chain::group),
];

/// Variants that are measured in turn, and what is read from them.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) servers: Vec<Server>,
    pub(crate) rows: Vec<Row>,
}

/// An Envoy, and what is asked of it.
pub(crate) struct Server {
    pub(crate) envoy: Envoy,
    pub(crate) requests: Vec<Request>,
    /// Ends with the Envoy.
    _origin: Option<Upstream>,
}

/// One kind of request.
#[derive(Clone)]
pub(crate) struct Request {
    /// Name in the report.
    pub(crate) variant: String,
    pub(crate) path: String,
    /// Header fields beside the common ones.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// A field that differs from request to request.
    pub(crate) varying: Option<(&'static str, Vary)>,
    /// Status of the answer.
    pub(crate) status: u16,
}

/// A comparison.
pub(crate) struct Row {
    pub(crate) variant: String,
    pub(crate) against: String,
    pub(crate) bar: Option<Bar>,
    pub(crate) about: &'static str,
}

/// What a comparison should not exceed.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    Ratio(f64),
    Micros(f64),
}

impl Group {
    /// The group without its Envoys, which end.
    pub(crate) fn ended(self) -> Self {
        Self { servers: Vec::new(), ..self }
    }
}

impl Request {
    pub(crate) fn new(variant: &str) -> Self {
        let path = "/api/v1/orders/42/items?expand=product,price&page=2".to_owned();
        Self { variant: variant.to_owned(), path, fields: Vec::new(), varying: None, status: 200 }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    pub(crate) fn varying(mut self, name: &'static str, value: Vary) -> Self {
        self.varying = Some((name, value));
        self
    }

    pub(crate) fn answered(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

impl Row {
    pub(crate) fn new(variant: &str, against: &str, bar: Option<Bar>, about: &'static str) -> Self {
        Self { variant: variant.to_owned(), against: against.to_owned(), bar, about }
    }
}

impl Bar {
    /// The bar, and whether it is kept.
    pub(crate) fn say(self, more: &Spread, ratio: &Spread) -> String {
        let (text, kept) = match self {
            Self::Ratio(bar) => (format!("{bar:.2}"), ratio.median <= bar),
            Self::Micros(bar) => (format!("{bar:.1} µs"), more.median <= bar),
        };
        format!("{text} {}", if kept { "met" } else { "missed" })
    }
}

/// An Envoy that answers everything itself, so that no upstream's time is counted.
pub(crate) fn answering(filters: Vec<HttpFilter>, requests: Vec<Request>) -> Result<Server> {
    with_log(filters, QUIET, requests)
}

/// An Envoy whose wasm filters log no decision: what writing one takes is more than what is compared.
pub(crate) fn quiet(listener: Listener) -> EnvoyBuilder {
    Envoy::builder(listener).wasm_log_level(QUIET)
}

pub(crate) fn with_log(filters: Vec<HttpFilter>, log_level: &str, requests: Vec<Request>) -> Result<Server> {
    let listener = filters.into_iter().fold(Listener::new(), Listener::filter);
    let listener = listener.route(Route::prefix("/").name("all").direct_response(200, "hello"));
    let envoy = quiet(listener).wasm_log_level(log_level).start()?;
    Ok(Server { envoy, requests, _origin: None })
}

pub(crate) fn wasm(package: &str, configuration: Configuration) -> Result<HttpFilter> {
    let module = build::module(package, Target::Wasip1)?;
    Ok(WasmFilter::new(package, &module).configuration(configuration).into())
}

/// A key of jwt-auth's tests.
pub(crate) fn key_file(name: &str) -> Result<Vec<u8>> {
    let path = workspace_root().join("plugins/jwt-auth/tests/keys").join(name);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}
