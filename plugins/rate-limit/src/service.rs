//! Envoy's rate limit service: who is asked, and what happens if it gives no answer.

mod breaker;
mod lease;
mod leases;
mod protocol;
mod wire;

use std::rc::Rc;
use std::time::Duration;

use gatewright::config::{ConfigError, HeaderValue, Upstream};
use gatewright::host::LogLevel;
use gatewright::store::{KeyHasher, SharedStore};
use gatewright::{Context, Counter, Setup};

use self::breaker::{Breaker, Gate};
use crate::config;

pub(crate) use self::lease::{Lease, Terms};
pub(crate) use self::leases::{Failure, Leases, Outcome, Want, flight_time};
pub(crate) use self::protocol::{Answer, Descriptor, Fields, Status};

const SERVICE: &str = "envoy.service.ratelimit.v3.RateLimitService";
const METHOD: &str = "ShouldRateLimit";
/// An answer is a few numbers and header fields.
const MAX_ANSWER: usize = 64 * 1024;
const MAX_TIMEOUT_MS: u64 = 60_000;
const MAX_WINDOW_MS: u64 = 3_600_000;
const DOMAIN_BYTES: usize = 256;
const MILLION: u64 = 1_000_000;

/// A rate limit service.
pub(crate) struct Service {
    /// How long a call may take.
    pub(crate) timeout: Duration,
    pub(crate) metrics: Metrics,
    cluster: Upstream,
    authority: Option<HeaderValue>,
    domain: String,
    breaker: Breaker,
    window: config::Breaker,
}

/// Counters of all services.
pub(crate) struct Metrics {
    calls: Counter,
    over_limit: Counter,
    errors: Counter,
    opened: Counter,
    skipped: Counter,
    /// Requests that were counted by a fallback.
    pub(crate) fallback: Counter,
}

/// The service gave no answer.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable(pub(crate) String);

impl Service {
    pub(crate) fn new(
        settings: config::Service,
        setup: &Setup,
        store: &SharedStore,
        hasher: &KeyHasher,
    ) -> Result<Rc<Self>, ConfigError> {
        check(&settings)?;
        let config::Service { cluster, authority, domain, timeout, breaker: window } = settings;
        let key = hasher.hash(&[b"breaker", cluster.as_bytes()]);
        let breaker = Breaker::new(store, key, window.failures, window.window.as_millis().saturating_mul(MILLION))
            .map_err(|error| ConfigError::new(format!("the breaker cannot be set up: {error}")))?;
        let timeout = Duration::from(timeout);
        Ok(Rc::new(Self { timeout, metrics: Metrics::define(setup), cluster, authority, domain, breaker, window }))
    }

    /// What tells the counters of one service and domain from those of another.
    pub(crate) fn identity(&self) -> [&[u8]; 2] {
        [self.cluster.as_bytes(), self.domain.as_bytes()]
    }

    /// Asks whether the request may pass, and counts it. One call, whatever the number of descriptors.
    pub(crate) async fn ask(&self, cx: &Context, descriptors: &[Descriptor]) -> Result<Answer, Unavailable> {
        let gate = self.breaker.pass(cx.now().nanos());
        if gate == Gate::Open {
            self.metrics.skipped.increment();
            return Err(Unavailable(format!("`{}` gave no answer lately", self.cluster)));
        }
        self.metrics.calls.increment();
        let message = protocol::encode(&self.domain, descriptors);
        let mut call = cx.grpc(&self.cluster, SERVICE, METHOD).max_answer(MAX_ANSWER);
        if let Some(authority) = &self.authority {
            call = call.authority(authority.as_str());
        }
        let answer = match call.unary(&message, self.timeout).await {
            Ok(bytes) => protocol::decode(&bytes).map_err(|_| "the answer is no RateLimitResponse".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match answer {
            Ok(answer) => Ok(self.answered(answer, gate, cx)),
            Err(why) => Err(self.failed(why, cx)),
        }
    }

    fn answered(&self, answer: Answer, gate: Gate, cx: &Context) -> Answer {
        if self.breaker.succeeded(gate, cx.now().nanos()) {
            cx.log(LogLevel::Info, || format!("gatewright: rate-limit: `{}` answers again", self.cluster));
        }
        if answer.over_limit {
            self.metrics.over_limit.increment();
        }
        answer
    }

    fn failed(&self, why: String, cx: &Context) -> Unavailable {
        self.metrics.errors.increment();
        if self.breaker.failed(cx.now().nanos()) {
            self.metrics.opened.increment();
            let window = self.window.window;
            cx.log(LogLevel::Warn, || {
                format!(
                    "gatewright: rate-limit: `{}` gave no answer ({why}); it is asked once in {window}",
                    self.cluster
                )
            });
        }
        Unavailable(format!("`{}` gave no answer: {why}", self.cluster))
    }
}

impl Metrics {
    fn define(setup: &Setup) -> Self {
        let counter = |name: &str| setup.counter(&format!("{}.service.{name}", setup.name()));
        Self {
            calls: counter("calls"),
            over_limit: counter("over_limit"),
            errors: counter("errors"),
            opened: counter("breaker_opened"),
            skipped: counter("breaker_skipped"),
            fallback: counter("fallback"),
        }
    }
}

fn check(settings: &config::Service) -> Result<(), ConfigError> {
    let (timeout, window) = (settings.timeout.as_millis(), settings.breaker.window.as_millis());
    if settings.domain.is_empty() || settings.domain.len() > DOMAIN_BYTES {
        let message = format!("write 1 to {DOMAIN_BYTES} bytes: the domain of the service's configuration");
        return Err(ConfigError::at("domain", message));
    }
    if !(1..=MAX_TIMEOUT_MS).contains(&timeout) {
        return Err(ConfigError::at("timeout", format!("found {}; write 1ms to 1m", settings.timeout)));
    }
    if window < timeout || window > MAX_WINDOW_MS {
        let message = format!(
            "found {}; write at least the timeout, {}, and at most 1h",
            settings.breaker.window, settings.timeout
        );
        return Err(ConfigError::at("breaker.window", message));
    }
    if settings.breaker.failures == 0 {
        return Err(ConfigError::at("breaker.failures", "0 would never ask the service; write at least 1"));
    }
    Ok(())
}
