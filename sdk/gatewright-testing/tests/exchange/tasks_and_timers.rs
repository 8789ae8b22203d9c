//! Background tasks, sleeping, and signals between waiters of a worker.

use std::cell::Cell;
use std::rc::Rc;

use gatewright_core::{Counter, Signal};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::policies::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Every {
    every_ms: u64,
    counter: String,
}

/// Counts in the background.
struct Ticks;
impl Policy for Ticks {
    type Config = Every;

    fn new(config: Every, setup: &Setup) -> Result<Self, ConfigError> {
        let counter: Counter = setup.counter(&config.counter);
        setup.spawn(move |services| async move {
            loop {
                services.sleep(ms(config.every_ms)).await;
                counter.increment();
            }
        });
        if config.every_ms == 0 {
            return Err(ConfigError::at("every_ms", "0 is no period"));
        }
        Ok(Self)
    }

    async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
        Ok(request.forward().into())
    }
}

fn every(millis: u64, counter: &str) -> String {
    format!(r#"{{"policy": {{"every_ms": {millis}, "counter": "{counter}"}}}}"#)
}

fn count(proxy: &Proxy, counter: &str) -> u64 {
    proxy.metric(&format!("gatewright.{counter}")).unwrap_or(0)
}

#[test]
fn a_task_runs_beside_the_exchanges() {
    let mut proxy = proxy::<Ticks>(&every(100, "a"));
    proxy.advance(ms(1050));
    assert_eq!(count(&proxy, "a"), 10);
}

#[test]
fn a_task_runs_in_every_worker() {
    let mut proxy = with::<Ticks>(Proxy::builder().workers(3).main_thread(), &every(100, "a"));
    proxy.advance(ms(100));
    assert_eq!(count(&proxy, "a"), 4);
}

#[test]
fn a_new_configuration_replaces_the_tasks() {
    let mut proxy = proxy::<Ticks>(&every(100, "a"));
    proxy.advance(ms(100));
    proxy.configure(every(10, "b")).unwrap();
    proxy.advance(ms(100));
    assert_eq!((count(&proxy, "a"), count(&proxy, "b")), (1, 10));
}

#[test]
fn a_refused_configuration_starts_no_task_and_ends_none() {
    let mut proxy = proxy::<Ticks>(&every(100, "a"));
    let error = proxy.configure(every(0, "b")).unwrap_err();
    assert!(error.to_string().contains("policy.every_ms: 0 is no period"), "{error}");
    proxy.advance(ms(100));
    assert_eq!((count(&proxy, "a"), count(&proxy, "b")), (1, 0));
    assert_eq!(proxy.send(Sent::get("/")).status(), 200);
}

/// Envoy configures the same root context again where two listeners have the same plugin.
#[test]
fn a_root_context_may_be_configured_again() {
    use gatewright_core::Worker;
    use gatewright_testing::scripted::Scripted;
    let refuse = Rc::new(Cell::new(false));
    let start = move |host: gatewright_testing::proxy::VmHost| {
        let worker = Rc::new(Worker::new(Rc::new(host), Module::single::<Ticks>("policy")));
        let (created, configured, ticked, headers) = (worker.clone(), worker.clone(), worker.clone(), worker);
        let refuse = refuse.clone();
        Ok(Scripted::new()
            .on_context_create(move |context, parent| {
                created.on_context_create(context, parent);
                Ok(())
            })
            .on_configure(move |root, size| {
                assert!(configured.on_configure(root, size) && configured.on_configure(root, size));
                // A configuration of no bytes misses its fields: refused.
                refuse.set(true);
                assert!(!configured.on_configure(root, 0));
                Ok(true)
            })
            .on_tick(move |root| {
                ticked.on_tick(root);
                Ok(())
            })
            .on_request_headers(move |context, count, end| Ok(headers.on_request_headers(context, count, end) as u32))
            .boxed())
    };
    let mut proxy = Proxy::builder().config(every(100, "a")).start(start).unwrap();
    proxy.advance(ms(1000));
    assert_eq!(count(&proxy, "a"), 10, "one task, not two and not none");
    assert_eq!(proxy.send(Sent::get("/")).status(), 200);
}

#[test]
fn nobody_ticks_when_nobody_waits() {
    policy!(Sleeps, Phases::REQUEST_HEADERS, |request, cx| {
        cx.sleep(ms(10)).await;
        Ok(request.forward().into())
    });
    let mut proxy = proxy::<Sleeps>("{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(9));
    assert!(exchange.is_pending());
    proxy.advance(ms(1));
    assert_eq!(exchange.status(), 200);
    proxy.world().reset_host_calls();
    proxy.advance(Duration::from_secs(3600));
    assert_eq!(proxy.host_calls().total().calls, 0);
}

#[test]
fn sleeps_end_in_the_order_of_their_moments() {
    policy!(Sleeps, Phases::REQUEST_HEADERS, |request, cx| {
        let millis = request.headers().text("x-ms").and_then(|text| text.parse().ok()).unwrap_or(0);
        cx.sleep(ms(millis)).await;
        Ok(request.forward().into())
    });
    let mut proxy = proxy::<Sleeps>("{}");
    let sleepers: Vec<_> = [300, 100, 200]
        .map(|millis: u64| (millis, proxy.send(Sent::get("/").with_header("x-ms", millis.to_string()))))
        .into();
    for now in (50..=350).step_by(50) {
        proxy.advance(ms(50));
        for (millis, exchange) in &sleepers {
            assert_eq!(exchange.is_pending(), now < *millis, "{millis} at {now}");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_prolongs_no_wait() {
    policy!(Sleeps, Phases::REQUEST_HEADERS, |request, cx| {
        cx.sleep(ms(100)).await;
        Ok(request.forward().into())
    });
    let mut proxy = proxy::<Sleeps>("{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(50));
    let hour = 3_600_000_000_000;
    proxy.world().set_now(proxy.world().now_nanos() - hour);
    proxy.advance(ms(250));
    assert_eq!(exchange.status(), 200);
}

#[test]
fn each_plugin_has_timers_of_its_own() {
    let builder = Proxy::builder().plugin("other", every(30, "b"));
    let mut proxy = builder.config(every(100, "a")).policy::<Ticks>("policy").unwrap();
    proxy.advance(ms(300));
    assert_eq!((count(&proxy, "a"), count(&proxy, "b")), (3, 10));
}

/// One exchange fetches for all; the others wait for it.
#[derive(Default)]
struct Cache {
    value: Cell<Option<u64>>,
    fetching: Cell<bool>,
    done: Signal,
}

struct SingleFlight(Rc<Cache>);
impl Policy for SingleFlight {
    type Config = NoSettings;
    const PHASES: Phases = Phases::REQUEST_HEADERS;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        // Asking for a shared value while making another one is fine.
        let shared = setup.shared(|| {
            let _inner: Rc<u8> = setup.shared(|| 7);
            Cache::default()
        });
        assert!(Rc::ptr_eq(&shared, &setup.shared(Cache::default)));
        Ok(Self(shared))
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let cache = &self.0;
        while cache.value.get().is_none() {
            if cache.fetching.replace(true) {
                // Given up at last, so that nobody waits for ever for one that was cancelled.
                let _ = cx.timeout(Duration::from_secs(2), cache.done.wait(cx)).await;
                cache.fetching.set(false);
                continue;
            }
            let answer = cx.http(&upstream("keys"), Duration::from_secs(1)).send().await?;
            cache.value.set(Some(answer.status().into()));
            cache.done.notify(cx);
        }
        request.set_header("x-value", cache.value.get().unwrap_or(0));
        Ok(request.forward().into())
    }
}

#[test]
fn one_fetch_serves_all_who_wait_for_it() {
    let builder = Proxy::builder().upstream("keys", |_| Answer::delay(ms(50), Answered::new(200)));
    let mut proxy = with::<SingleFlight>(builder, "{}");
    let exchanges: Vec<_> = (0..20).map(|_| proxy.send(Sent::get("/"))).collect();
    // One who waits may go away.
    proxy.abort(&exchanges[7]);
    proxy.advance(ms(50));
    for (n, exchange) in exchanges.iter().enumerate().filter(|(n, _)| *n != 7) {
        assert_eq!(exchange.upstream_request().unwrap().header("x-value").as_deref(), Some("200"), "{n}");
    }
    assert_eq!(proxy.host_calls().of("proxy_http_call").calls, 1);
}

/// A ring of signals: each waits for the one before and wakes the one after.
struct Ring(Rc<(Cell<u64>, Signal)>);
impl Policy for Ring {
    type Config = NoSettings;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self(setup.shared(Default::default)))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let (rounds, signal) = &*self.0;
        while rounds.get() < 1000 {
            rounds.set(rounds.get() + 1);
            signal.notify(cx);
            // The last one has nobody left who would wake it.
            let _ = cx.timeout(Duration::from_secs(1), signal.wait(cx)).await;
        }
        signal.notify(cx);
        Ok(request.forward().into())
    }
}

#[test]
fn waking_each_other_for_ever_does_not_hold_the_worker() {
    let mut proxy = proxy::<Ring>("{}");
    let exchanges: Vec<_> = (0..3).map(|_| proxy.send(Sent::get("/"))).collect();
    assert!(exchanges.iter().all(|exchange| exchange.is_pending()), "it goes on later, from ticks");
    proxy.advance(ms(900));
    assert!(exchanges.iter().all(|exchange| exchange.status() == 200));
}

/// The first goes to the upstream; the others wait for its response and are answered by themselves.
struct Leader(Rc<(Cell<bool>, Cell<bool>, Signal)>);
impl Policy for Leader {
    type Config = NoSettings;
    const PHASES: Phases = Phases::RESPONSE_HEADERS;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self(setup.shared(Default::default)))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let (leads, is_over, signal) = &*self.0;
        if leads.replace(true) {
            signal.wait(cx).await;
            assert!(is_over.get());
            return Ok(Reply::answer(200, "hit").with_header("x-hit", "1").into());
        }
        let response = request.forward().await;
        is_over.set(true);
        signal.notify(cx);
        Ok(response.into())
    }
}

#[test]
fn replies_to_those_who_wait_do_not_stop_the_response_that_woke_them() {
    let builder = Proxy::builder().upstream("upstream", |_| Answer::delay(ms(50), Answered::new(200)));
    let mut proxy = with::<Leader>(builder, "{}");
    let exchanges: Vec<_> = (0..1000).map(|_| proxy.send(Sent::get("/"))).collect();
    proxy.advance(ms(50));
    assert_eq!(exchanges[0].status(), 200);
    // A few at a time: the proxy would do all their replies inside one another.
    proxy.advance(ms(1));
    let answered = exchanges.iter().filter(|exchange| !exchange.is_pending()).count();
    assert!((2..=100).contains(&answered), "{answered}");
    proxy.advance(ms(50));
    assert!(exchanges[1..].iter().all(|exchange| exchange.response().unwrap().header("x-hit").is_some()));
}

#[test]
fn tasks_end_with_their_plugin() {
    struct Held(Rc<Cell<bool>>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    thread_local!(static DROPPED: Rc<Cell<bool>> = Rc::default());
    struct Holds;
    impl Policy for Holds {
        type Config = NoSettings;
        fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
            let held = Held(DROPPED.with(Rc::clone));
            setup.spawn(|services| async move {
                let _held = held;
                services.until(|| None::<()>).await;
            });
            Ok(Self)
        }
        async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
            Ok(request.forward().into())
        }
    }
    let mut proxy = proxy::<Holds>("{}");
    assert!(!DROPPED.with(|dropped| dropped.get()));
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    DROPPED.with(|dropped| dropped.set(false));
    proxy.configure("{}").unwrap();
    proxy.abort(&exchange);
    assert!(DROPPED.with(|dropped| dropped.get()), "the old root context ends with its last exchange");
}
