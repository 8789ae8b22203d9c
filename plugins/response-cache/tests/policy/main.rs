//! What the cache does, on the emulated proxy.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod coalescing;
mod configuration;
mod costs;
mod directives;
mod invalidation;
mod keys;
mod purging;
mod ranges;
mod reuse;
mod stale;
mod storing;
mod validation;
mod vary;
mod workers;
mod written;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Builder, Proxy};
use response_cache::ResponseCache;
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z, when the emulated proxy starts.
const START: u64 = 1_767_225_600;

/// A cache before an origin that answers what the test says.
struct Cached {
    proxy: Proxy,
    origin: Arc<Mutex<Origin>>,
}

struct Origin {
    answer: Answer,
    asked: Vec<Request>,
}

/// What a request got.
struct Got {
    response: Response,
    /// What the origin was asked, if it was.
    asked: Option<Request>,
}

impl Cached {
    fn new() -> Self {
        Self::with(json!({}))
    }

    /// A cache with these settings of the policy.
    fn with(policy: Value) -> Self {
        Self::start(Proxy::builder(), json!({"policy": policy}))
    }

    fn start(builder: Builder, config: Value) -> Self {
        let origin = Arc::new(Mutex::new(Origin { answer: Answer::response(Response::new(200)), asked: Vec::new() }));
        let asked = Arc::clone(&origin);
        let serve = move |request: &Request| {
            let mut origin = asked.lock().unwrap();
            origin.asked.push(request.clone());
            origin.answer.clone()
        };
        let builder = builder.config(config.to_string()).upstream("upstream", serve);
        Self { proxy: builder.policy::<ResponseCache>("response-cache").unwrap(), origin }
    }

    /// What the origin answers from now on.
    fn origin(&mut self, answer: impl Into<Answer>) -> &mut Self {
        self.origin.lock().unwrap().answer = answer.into();
        self
    }

    /// How often the origin was asked.
    fn asked(&self) -> usize {
        self.origin.lock().unwrap().asked.len()
    }

    fn send(&mut self, request: Request) -> Got {
        let exchange = self.proxy.send(request);
        Got { response: exchange.response().unwrap(), asked: exchange.upstream_request() }
    }

    fn get(&mut self) -> Got {
        self.send(Request::get("/"))
    }

    /// `GET /` with these fields.
    fn get_with(&mut self, fields: &[(&str, &str)]) -> Got {
        self.send(get(fields))
    }

    fn advance(&mut self, seconds: u64) -> &mut Self {
        self.proxy.advance(Duration::from_secs(seconds));
        self
    }

    fn metric(&self, name: &str) -> u64 {
        self.proxy.metric(&format!("gatewright.response-cache.{name}")).unwrap_or(0)
    }
}

impl Got {
    /// It came from the store.
    fn hit(&self) -> bool {
        self.asked.is_none()
    }

    fn status(&self) -> u16 {
        self.response.status()
    }

    fn text(&self) -> String {
        self.response.text()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.response.header(name)
    }

    fn asked_with(&self, name: &str) -> Option<String> {
        self.asked.as_ref().unwrap().header(name)
    }
}

/// `GET /` with these fields.
fn get(fields: &[(&str, &str)]) -> Request {
    fields.iter().fold(Request::get("/"), |request, (name, value)| request.with_header(name, value))
}

/// A response with these fields and a body.
fn answer(status: u16, fields: &[(&str, &str)], body: &str) -> Response {
    let response = Response::new(status).with_header("content-length", body.len().to_string());
    let response = if body.is_empty() { response } else { response.with_body(body) };
    fields.iter().fold(response, |response, (name, value)| response.with_header(name, value))
}

/// `200` that is fresh for a minute.
fn fresh(body: &str) -> Response {
    answer(200, &[("cache-control", "max-age=60")], body)
}

/// A date so many seconds after the proxy started.
fn date(offset: i64) -> String {
    response_cache::http::date::format(START.checked_add_signed(offset).unwrap())
}

/// Whether a response with these fields is reused after three seconds.
fn reused(status: u16, fields: &[(&str, &str)]) -> bool {
    let mut cache = Cached::new();
    cache.origin(answer(status, fields, "body"));
    assert!(!cache.get().hit());
    let again = cache.advance(3).get();
    assert_eq!((again.status(), again.text().as_str()), (status, "body"));
    again.hit()
}
