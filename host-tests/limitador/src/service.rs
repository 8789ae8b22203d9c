//! The protocol, in front of the engine.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{Code, DescriptorStatus, RateLimit};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::RateLimitService;
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf;
use limitador::AsyncRateLimiter;
use limitador::counter::Counter;
use tonic::{Request, Response, Status, async_trait};

/// What the service has said so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that came.
    pub calls: u64,
    /// Calls answered OK.
    pub ok: u64,
    /// Hits of the calls answered OK.
    pub hits: u64,
    /// Calls answered OVER_LIMIT.
    pub over_limit: u64,
    /// Calls that the engine failed to decide.
    pub errors: u64,
}

/// The counts, while they grow.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    calls: AtomicU64,
    ok: AtomicU64,
    hits: AtomicU64,
    over_limit: AtomicU64,
    errors: AtomicU64,
}

/// The service.
pub(crate) struct Limiter {
    pub(crate) engine: Arc<AsyncRateLimiter>,
    pub(crate) tally: Arc<Tally>,
    /// How long each answer takes longer.
    pub(crate) delay: Arc<RwLock<Duration>>,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Counts {
            calls: read(&self.calls),
            ok: read(&self.ok),
            hits: read(&self.hits),
            over_limit: read(&self.over_limit),
            errors: read(&self.errors),
        }
    }
}

#[async_trait]
impl RateLimitService for Limiter {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let request = request.into_inner();
        self.tally.calls.fetch_add(1, Ordering::SeqCst);
        let delay = *self.delay.read().unwrap_or_else(PoisonError::into_inner);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let hits = u64::from(request.hits_addend.max(1));
        let checked = self.check(&request, hits).await;
        let counter = match &checked {
            Ok(answer) if answer.overall_code == i32::from(Code::Ok) => {
                self.tally.hits.fetch_add(hits, Ordering::SeqCst);
                &self.tally.ok
            }
            Ok(_) => &self.tally.over_limit,
            Err(_) => &self.tally.errors,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        checked.map(Response::new)
    }
}

impl Limiter {
    /// As Limitador's own server does it: the entries of all descriptors are one set of values.
    async fn check(&self, request: &RateLimitRequest, hits: u64) -> Result<RateLimitResponse, Status> {
        let entries = request.descriptors.iter().flat_map(|descriptor| &descriptor.entries);
        let values: HashMap<_, _> = entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        let delta = i64::try_from(hits).unwrap_or(i64::MAX);
        let namespace = request.domain.clone().into();
        let checked = self.engine.check_rate_limited_and_update(&namespace, &values, delta, true).await;
        let checked = checked.map_err(|error| Status::unavailable(error.to_string()))?;
        let code = if checked.limited { Code::OverLimit } else { Code::Ok }.into();
        let tightest = checked.counters.iter().min_by_key(|counter| counter.remaining());
        let back = if checked.limited { delta } else { 0 };
        let status = status(code, tightest, back);
        Ok(RateLimitResponse {
            overall_code: code,
            statuses: vec![status; request.descriptors.len()],
            ..RateLimitResponse::default()
        })
    }
}

/// The engine tells what would remain after the cost; `back` is what was not taken.
fn status(code: i32, counter: Option<&Counter>, back: i64) -> DescriptorStatus {
    let Some(counter) = counter else { return DescriptorStatus { code, ..DescriptorStatus::default() } };
    let remaining = (counter.remaining().unwrap_or_default() + back).max(0);
    let reset = counter.expires_in().unwrap_or_default();
    DescriptorStatus {
        code,
        current_limit: unit(counter.seconds()).map(|unit| RateLimit {
            name: String::new(),
            requests_per_unit: u32::try_from(counter.max_value()).unwrap_or(u32::MAX),
            unit,
        }),
        limit_remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        duration_until_reset: Some(protobuf::Duration {
            seconds: i64::try_from(reset.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(reset.subsec_nanos()).unwrap_or(0),
        }),
        quota: None,
    }
}

/// The protocol's name for a window, if it has one.
fn unit(seconds: u64) -> Option<i32> {
    match seconds {
        1 => Some(1),
        60 => Some(2),
        3600 => Some(3),
        _ => None,
    }
}
