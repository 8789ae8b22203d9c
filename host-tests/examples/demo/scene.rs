//! An upstream, an Envoy in front of it, and what happens to requests.

use std::path::Path;

use anyhow::Result;
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_host::net::Upstream;
use gatewright_testing::message::{Request, Response};
use serde_json::{Value, json};

use crate::table::Row;
use crate::tokens::{self, Tokens};

/// What the configuration says, for people.
pub(crate) const ROUTES: &str = "/orders needs a token for `orders`, /admin one for `admin`, /health needs none.";

pub(crate) struct Scene {
    envoy: Envoy,
    upstream: Upstream,
}

impl Scene {
    pub(crate) fn start(module: &Path) -> Result<Self> {
        let upstream = Upstream::start(|_: &Request| Response::new(200).with_body("hello from the service\n"))?;
        let filter = WasmFilter::new("jwt-auth", module).configuration(Configuration::Struct(configuration()?));
        let listener = Listener::new().filter(filter).route(Route::prefix("/").name("service").cluster("service"));
        let envoy = Envoy::builder(listener).cluster("service", upstream.address()).start()?;
        Ok(Self { envoy, upstream })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.envoy.address())
    }

    pub(crate) fn admin_url(&self) -> String {
        format!("http://{}", self.envoy.admin_address())
    }

    /// Sends the requests of the demo.
    pub(crate) fn play(&self, tokens: &Tokens) -> Result<Vec<Row>> {
        let bearer =
            |path: &str, token: &str| Request::get(path).with_header("authorization", format!("Bearer {token}"));
        let twice = bearer("/orders", &tokens.orders).with_header("authorization", "Bearer another");
        let scenes = [
            ("GET /orders, a good token (RS256)", bearer("/orders", &tokens.orders)),
            ("GET /orders, no token", Request::get("/orders")),
            ("GET /orders, expired an hour ago", bearer("/orders", &tokens.expired)),
            ("GET /orders, signed with another key", bearer("/orders", &tokens.forged)),
            ("GET /orders, from a stranger", bearer("/orders", &tokens.stranger)),
            ("GET /orders, two tokens", twice),
            ("GET /admin, the token for orders", bearer("/admin", &tokens.orders)),
            ("GET /%61dmin, the token for orders", bearer("/%61dmin", &tokens.orders)),
            ("GET /admin, a token for admin (ES256)", bearer("/admin", &tokens.admin)),
            ("GET /health, no token", Request::get("/health")),
        ];
        scenes.into_iter().map(|(what, request)| self.send(what, &request)).collect()
    }

    fn send(&self, what: &'static str, request: &Request) -> Result<Row> {
        let (seen, logged) = (self.upstream.requests().len(), self.decisions()?.len());
        let response = self.envoy.send(request)?;
        // The policy that is off decides nothing, so nothing may come.
        let decision = if request.path() == "/health" { None } else { self.decision(logged)? };
        let text =
            |field: &str| decision.as_ref().and_then(|event| event.get(field)?.as_str()).unwrap_or("").to_owned();
        let why = if decision.is_none() { "the policy is off here".to_owned() } else { text("reason") };
        let upstream = self
            .upstream
            .requests()
            .get(seen)
            .map(|seen| format!("{} {}", request.header(":method").unwrap_or_default(), seen.path()));
        Ok(Row {
            what,
            status: response.status(),
            verdict: text("verdict"),
            why,
            upstream: upstream.unwrap_or_default(),
        })
    }

    /// The decision that came after these many. Envoy writes its log a moment later than it answers.
    fn decision(&self, before: usize) -> Result<Option<Value>> {
        self.envoy.wait_for_logs(before + 1, |line| line.message.starts_with("{\"event\":\"decision\""))?;
        Ok(self.decisions()?.into_iter().nth(before))
    }

    fn decisions(&self) -> Result<Vec<Value>> {
        let lines = self.envoy.log_lines()?;
        Ok(lines.iter().filter_map(|line| serde_json::from_str(&line.message).ok()).collect())
    }
}

/// The plugin's configuration, as it stands in Envoy's YAML.
fn configuration() -> Result<Value> {
    let provider = |audience: &str| -> Result<Value> {
        Ok(json!([{
            "name": "demo",
            "issuer": tokens::ISSUER,
            "audiences": [audience],
            "jwks": {"inline": tokens::jwks()?},
        }]))
    };
    Ok(json!({
        "policy": {"providers": provider("orders")?},
        "routes": [
            {"match": {"path": "/admin/**"}, "policy": {"providers": provider("admin")?}},
            {"match": {"path": "/health"}, "mode": "off"},
        ],
    }))
}
