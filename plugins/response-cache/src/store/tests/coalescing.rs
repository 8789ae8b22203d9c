//! Requests that wait for one another, as a policy makes them.

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use gatewright::prelude::*;
use gatewright_testing::message;
use gatewright_testing::proxy::{Answer, Exchange, Proxy, World};

use super::super::*;
use super::support::settings;

const LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {}

/// As simple as a policy with a store can be: the response is its `x-version`.
struct Cached(Store);

impl Policy for Cached {
    type Config = Config;
    const PHASES: Phases = Phases::RESPONSE_HEADERS;

    fn new(_: Config, setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self(Store::open(setup, &settings())?))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let key = self.0.key(request.path(), &[]);
        if request.method() == "DELETE" {
            self.0.invalidate(&key)?;
            return Ok(Reply::answer(204, "gone").into());
        }
        let until = cx.now() + LIMIT;
        loop {
            if let Some(found) = self.0.lookup(&key)?.first() {
                return Ok(Reply::answer(200, "hit").with_header("x-version", found.headers()).into());
            }
            match self.0.begin_fill(&key, cx.now())? {
                Begin::Leader(fill) => return self.lead(request, cx, &key, fill).await,
                Begin::Follower(flight) if cx.now() < until => self.0.wait(flight, cx, until - cx.now()).await,
                _ => return Ok(request.forward().into()),
            }
        }
    }
}

impl Cached {
    async fn lead(&self, request: Request, cx: &Context, key: &Key, fill: Fill) -> Result<Flow, Fault> {
        let response = request.forward().await;
        if response.header("x-private").is_some() {
            self.0.pass(fill, std::time::Duration::from_secs(10), cx.now())?;
            return Ok(response.into());
        }
        let headers = response.header("x-version").unwrap_or_default().to_vec();
        let content = Content { headers: &headers, keep_until: cx.now() + LIMIT, ..super::support::content(b"", &[]) };
        self.0.commit(fill, key, &content, cx.now())?;
        Ok(response.into())
    }
}

/// A proxy whose origin takes a second, and how often it was asked.
fn proxy(workers: usize, private: bool) -> (Proxy, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let world = World::new(1);
    world.set_log_level(gatewright::host::LogLevel::Critical);
    world.upstream("upstream", move |_| {
        let version = count.fetch_add(1, SeqCst).to_string();
        let response = message::Response::new(200).with_header("x-version", &version);
        let response = if private { response.with_header("x-private", "1") } else { response };
        Answer::delay(Duration::from_secs(1), response)
    });
    let builder = Proxy::builder().world(&world).workers(workers).config(r#"{"policy": {}}"#);
    (builder.policy::<Cached>("cached").unwrap(), asked)
}

fn send(proxy: &mut Proxy, worker: usize) -> Exchange {
    proxy.exchange(message::Request::get("/")).on_worker(worker).send()
}

fn version(exchange: &Exchange) -> Option<String> {
    exchange.response().and_then(|response| response.header("x-version"))
}

#[test]
fn a_thousand_misses_ask_the_origin_once() {
    for workers in [1, 4] {
        let (mut proxy, asked) = proxy(workers, false);
        let exchanges: Vec<_> = (0..1000).map(|number| send(&mut proxy, number % workers)).collect();
        assert_eq!(asked.load(SeqCst), 1, "{workers} workers");
        proxy.advance(Duration::from_millis(999));
        assert!(exchanges.iter().all(Exchange::is_pending));
        // Nobody waits until he looks for himself: who fetched wakes the others, those of other workers too, a few at a time.
        proxy.advance(Duration::from_millis(50));
        assert!(exchanges.iter().all(|exchange| version(exchange).as_deref() == Some("0")), "{workers} workers");
        assert_eq!(asked.load(SeqCst), 1, "{workers} workers");
    }
}

#[test]
fn without_messages_the_others_look_for_themselves() {
    let (mut proxy, asked) = proxy(2, false);
    proxy.world().fail_calls("proxy_enqueue_shared_queue", gatewright::host::Status::InternalFailure);
    let exchanges = [send(&mut proxy, 0), send(&mut proxy, 1)];
    proxy.advance(Duration::from_millis(1251));
    assert_eq!(exchanges.each_ref().map(version), [Some("0".to_owned()), Some("0".to_owned())]);
    assert_eq!(asked.load(SeqCst), 1);
}

#[test]
fn when_the_leaders_client_leaves_another_leads() {
    for workers in [1, 2] {
        let (mut proxy, asked) = proxy(workers, false);
        let leader = send(&mut proxy, 0);
        let others: Vec<_> = (0..10).map(|number| send(&mut proxy, number % workers)).collect();
        proxy.advance(Duration::from_millis(500));
        proxy.abort(&leader);
        proxy.advance(Duration::from_secs(2));
        assert!(others.iter().all(|exchange| version(exchange).as_deref() == Some("1")), "{workers} workers");
        assert_eq!(asked.load(SeqCst), 2);
    }
}

#[test]
fn what_cannot_be_stored_never_queues() {
    let (mut proxy, asked) = proxy(2, true);
    let first: Vec<_> = (0..10).map(|number| send(&mut proxy, number % 2)).collect();
    proxy.advance(Duration::from_secs(2));
    assert!(first.iter().all(|exchange| !exchange.is_pending()));
    assert_eq!(asked.load(SeqCst), 10);
    let later: Vec<_> = (0..10).map(|number| send(&mut proxy, number % 2)).collect();
    assert_eq!(asked.load(SeqCst), 20);
    proxy.advance(Duration::from_secs(1));
    assert!(later.iter().all(|exchange| !exchange.is_pending()));
}

#[test]
fn who_waits_too_long_goes_on_alone() {
    let (mut proxy, asked) = proxy(2, false);
    proxy.world().upstream("upstream", |_| Answer::never());
    let leader = send(&mut proxy, 0);
    let slow = Arc::clone(&asked);
    proxy.world().upstream("upstream", move |_| {
        slow.fetch_add(1, SeqCst);
        Answer::response(message::Response::new(200).with_header("x-version", "alone"))
    });
    let waiting = [send(&mut proxy, 0), send(&mut proxy, 1)];
    proxy.advance(LIMIT - Duration::from_millis(1));
    assert!(waiting.iter().all(Exchange::is_pending));
    proxy.advance(Duration::from_millis(2));
    assert!(waiting.iter().all(|exchange| version(exchange).as_deref() == Some("alone")));
    assert!(leader.is_pending());
}

#[test]
fn an_invalidation_sends_those_who_wait_to_the_origin_anew() {
    let (mut proxy, asked) = proxy(2, false);
    let leader = send(&mut proxy, 0);
    let waiting = [send(&mut proxy, 0), send(&mut proxy, 1)];
    proxy.advance(Duration::from_millis(500));
    let deleted = proxy.exchange(message::Request::new("DELETE", "/")).on_worker(1).send();
    assert_eq!(deleted.status(), 204);
    assert_eq!(asked.load(SeqCst), 2, "one of them leads now");
    proxy.advance(Duration::from_millis(500));
    assert_eq!(version(&leader).as_deref(), Some("0"));
    proxy.advance(Duration::from_millis(500));
    assert!(waiting.iter().all(|exchange| version(exchange).as_deref() == Some("1")));
    assert_eq!(version(&send(&mut proxy, 0)).as_deref(), Some("1"));
}

#[test]
fn all_who_share_a_store_must_agree_on_its_sizes() {
    let world = World::new(1);
    let start = |memory: u64| {
        let host = Proxy::builder().world(&world).config(r#"{"policy": {}}"#);
        Sized::start(host, memory)
    };
    // As long as nothing was stored, another size may be chosen.
    assert!(start(8 << 20).is_ok());
    assert!(start(16 << 20).is_ok());
    assert!(start(1 << 10).is_err());
    let mut proxy = start(16 << 20).unwrap();
    proxy.send(message::Request::get("/"));
    assert!(start(8 << 20).is_err());
    assert!(start(16 << 20).is_ok());
    let refused = world.logs().iter().filter(|line| line.message.contains("has other settings in this proxy")).count();
    assert!(refused > 0, "{:?}", world.logs());
}

/// A policy whose store has a size of its own.
struct Sized<const MIB: u64>(Cached);

impl Sized<0> {
    fn start(builder: gatewright_testing::proxy::Builder, memory: u64) -> Result<Proxy, String> {
        let started = match memory >> 20 {
            16 => builder.policy::<Sized<16>>("cached"),
            8 => builder.policy::<Sized<8>>("cached"),
            _ => builder.policy::<Self>("cached"),
        };
        started.map_err(|error| error.to_string())
    }
}

impl<const MIB: u64> Policy for Sized<MIB> {
    type Config = Config;
    const PHASES: Phases = Phases::RESPONSE_HEADERS;

    fn new(_: Config, setup: &Setup) -> Result<Self, ConfigError> {
        let settings = Settings { memory: MIB << 20, ..settings() };
        Ok(Self(Cached(Store::open(setup, &settings)?)))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        self.0.handle(request, cx).await
    }
}
