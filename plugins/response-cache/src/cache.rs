//! One route's cache: from a request to an answer.

use std::rc::Rc;
use std::time::Duration;

use gatewright::config::{ConfigError, Mode};
use gatewright::{Context, Fault, Flow, Reply, Request, Setup, Timestamp};

use crate::asked::Asked;
use crate::config::Config;
use crate::fetch::Fetch;
use crate::found::{Found, Stock};
use crate::http::reuse::{OrStale, Reuse};
use crate::metrics::Metrics;
use crate::refresh;
use crate::reply::{self, Wanted};
use crate::rules::Rules;
use crate::shared::Shared;
use crate::status_field::{self, Forwarded};
use crate::store::{Begin, Fill, Flight};

/// How often a request may turn from following to leading and back.
const MAX_ROUNDS: u32 = 16;

/// One route's cache.
pub(crate) struct Cache {
    pub(crate) config: Config,
    pub(crate) rules: Rules,
    pub(crate) shared: Rc<Shared>,
    pub(crate) metrics: Metrics,
    wait: Duration,
    /// The member of `cache-status` for a hit, but for the seconds at its end.
    hit_member: Option<String>,
}

/// What to do with a request that the store may have something for.
pub(crate) enum Decision {
    /// Answer with this; fetch it anew in the background if so said.
    Serve(Found, Reuse),
    /// Ask the origin.
    Ask(Ask),
}

/// How to ask the origin.
pub(crate) struct Ask {
    /// What is stored and may be validated, completed or, if the origin fails, sent.
    pub(crate) found: Option<Found>,
    pub(crate) or_stale: OrStale,
    pub(crate) why: Forwarded,
}

/// The outcome of waiting for others who ask the same.
enum Turn {
    /// It is this request's: it may store what comes, unless there is no fill.
    Mine(Option<Fill>),
    /// Another's answer is there.
    Found(Found, Reuse),
}

impl Cache {
    pub(crate) fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        let shared = Shared::of(setup, &config)?;
        let rules = Rules::new(&config)?;
        let metrics = Metrics::new(setup, config.name.as_deref());
        let wait = config.coalesce.wait.map_or(Duration::from_secs(5), |wait| wait.as_std());
        let hit_member = config.cache_status.as_deref().map(status_field::hit);
        Ok(Self { config, rules, shared, metrics, wait, hit_member })
    }

    /// Handles a request that may be answered from the store.
    pub(crate) async fn handle(self: &Rc<Self>, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let asked = Asked::of(&request, cx, &self.config, &self.shared.store);
        let now = cx.now();
        let ask = match self.decide(&asked, now) {
            // Nobody can fetch it anew in the background: better to ask now than to stay stale.
            Decision::Serve(found, Reuse::Refresh) if !refresh::start(self, &asked, &found, cx) => {
                Ask { found: Some(found), or_stale: OrStale::IfError, why: Forwarded::Stale }
            }
            Decision::Serve(found, reuse) => match self.serve(&asked, &found, reuse, now) {
                Some(reply) => return Ok(reply.into()),
                None => Ask { found: None, or_stale: OrStale::Never, why: Forwarded::UriMiss },
            },
            Decision::Ask(ask) => ask,
        };
        if asked.directives.only_if_cached {
            return Ok(self.unavailable(&ask).into());
        }
        // Nothing that such a request brings can be stored.
        let in_vain = asked.directives.no_store || (asked.head && ask.found.is_none());
        let (fill, collapsed) = match if in_vain { (Turn::Mine(None), false) } else { self.take_turn(&asked, cx).await }
        {
            (Turn::Mine(fill), waited) => (fill, waited),
            (Turn::Found(found, reuse), _) => match self.serve(&asked, &found, reuse, cx.now()) {
                Some(reply) => return Ok(reply.into()),
                None => (None, true),
            },
        };
        let asked = asked.into_owned();
        Fetch { cache: self, asked, ask, fill, collapsed }.run(request, cx).await
    }

    /// What the store has, and what that means for the request. A store that cannot be read has nothing.
    pub(crate) fn decide(&self, asked: &Asked<'_>, now: Timestamp) -> Decision {
        let variants = self.shared.store.lookup(&asked.key).unwrap_or_else(|_| {
            self.metrics.store_error.increment();
            Vec::new()
        });
        let stock = Stock::of(variants, &asked.headers);
        let any = stock.any;
        let usable = |part: &Found| !asked.head && part.covers(&asked.headers);
        let found = match (stock.whole, stock.partial) {
            (Some(whole), _) => whole,
            (None, Some(part)) if usable(&part) => part,
            (None, found) => {
                let why = match (&found, any) {
                    (Some(_), _) => Forwarded::Partial,
                    (None, true) => Forwarded::VaryMiss,
                    (None, false) => Forwarded::UriMiss,
                };
                return Decision::Ask(Ask { found, or_stale: OrStale::Never, why });
            }
        };
        let fresh = found.freshness(now);
        match fresh.decide(&asked.directives) {
            Reuse::Validate { or_stale } => {
                let why = if fresh.ttl() > 0 && !fresh.always_validate && !fresh.purged {
                    Forwarded::Request
                } else {
                    Forwarded::Stale
                };
                Decision::Ask(Ask { found: Some(found), or_stale, why })
            }
            reuse => Decision::Serve(found, reuse),
        }
    }

    /// Answers from the store. `None`: it is not there any more.
    fn serve(&self, asked: &Asked<'_>, found: &Found, reuse: Reuse, now: Timestamp) -> Option<Reply> {
        let fresh = found.freshness(now);
        let mut ttl = itoa::Buffer::new();
        let member = self.hit_member.as_deref().map(|hit| [hit, ttl.format(fresh.ttl())].concat());
        let reply = self.answer(asked, found, now, member.as_deref())?;
        let metrics = &self.metrics;
        if reuse == Reuse::Fresh {
            metrics.hit.increment()
        } else {
            metrics.stale.increment()
        }
        metrics.age.record(fresh.age);
        self.shared.store.note_use(&found.variant, now);
        Some(reply)
    }

    /// The answer that a stored response gives to a request. `None`: it is not there any more, or cannot be read.
    pub(crate) fn reply(&self, asked: &Asked<'_>, found: &Found, now: Timestamp) -> Option<Reply> {
        self.answer(asked, found, now, None)
    }

    fn answer(&self, asked: &Asked<'_>, found: &Found, now: Timestamp, member: Option<&str>) -> Option<Reply> {
        let wanted = Wanted { headers: &asked.headers, head: asked.head, member };
        reply::answer(&wanted, found, found.read()?, now, || {
            let body = found.held.clone().or_else(|| self.body(found))?;
            self.metrics.hit_bytes.add(u32::try_from(body.len()).unwrap_or(u32::MAX));
            Some(body)
        })
    }

    /// The body of a stored response, if it is there and can be read.
    pub(crate) fn body(&self, found: &Found) -> Option<Rc<Vec<u8>>> {
        self.shared.store.body(&found.variant).unwrap_or_else(|_| {
            self.metrics.store_error.increment();
            None
        })
    }

    /// Adds `cache-status`, if it is to be sent.
    pub(crate) fn describe(&self, reply: Reply, member: impl FnOnce(&str) -> String) -> Reply {
        match &self.config.cache_status {
            Some(name) => reply.with_header("cache-status", member(name)),
            None => reply,
        }
    }

    /// The answer to `only-if-cached` where the origin would have to be asked (RFC 9111 §5.2.1.7).
    fn unavailable(&self, ask: &Ask) -> Reply {
        let reply = Reply::answer(504, "only_if_cached");
        self.describe(reply, |name| status_field::forwarded(name, ask.why, None, false, false))
    }

    /// Waits while another request asks the origin the same, if its answer can be this one's too.
    async fn take_turn(self: &Rc<Self>, asked: &Asked<'_>, cx: &Context) -> (Turn, bool) {
        let may_wait = asked.is_plain() && cx.mode() == Mode::Enforce;
        let started = cx.now();
        let mut waited = false;
        for _ in 0..MAX_ROUNDS {
            let flight = match self.shared.store.begin_fill(&asked.key, cx.now()) {
                Ok(Begin::Leader(fill)) => return (Turn::Mine(Some(fill)), waited),
                Ok(Begin::Follower(flight)) if may_wait => flight,
                Ok(_) => break,
                Err(_) => {
                    self.metrics.store_error.increment();
                    break;
                }
            };
            let left = self.wait.saturating_sub(cx.now() - started);
            if left.is_zero() {
                break;
            }
            waited = true;
            if let Some(turn) = self.follow(asked, flight, left, cx).await {
                return (turn, true);
            }
        }
        (Turn::Mine(None), waited)
    }

    async fn follow(&self, asked: &Asked<'_>, flight: Flight, limit: Duration, cx: &Context) -> Option<Turn> {
        self.metrics.coalesced.increment();
        self.shared.store.wait(flight, cx.services(), limit).await;
        match self.decide(asked, cx.now()) {
            Decision::Serve(found, reuse) => Some(Turn::Found(found, reuse)),
            Decision::Ask(_) => None,
        }
    }
}
