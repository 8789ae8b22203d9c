//! Every host function fails with every status, at every call, while a policy uses everything. Nothing panics, and nothing that
//! was not decided passes.

use gatewright_core::host::{LogLevel, Status};
use gatewright_core::store::{Expected, SharedStore, StoreLimits};
use gatewright_testing::proxy::{Exchange, GrpcAnswer};

use crate::policies::*;

const STATUSES: [Status; 9] = [
    Status::NotFound,
    Status::BadArgument,
    Status::SerializationFailure,
    Status::ParseFailure,
    Status::Empty,
    Status::CasMismatch,
    Status::InternalFailure,
    Status::Unimplemented,
    Status::Other(99),
];

/// Admits who says `x-key: good`, after having used whatever there is to use.
struct Everything {
    store: SharedStore,
    calls: gatewright_core::Histogram,
}

impl Policy for Everything {
    type Config = NoSettings;
    const PHASES: Phases = Phases::ALL;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        let store = SharedStore::new(setup.services().host(), "test", StoreLimits::default());
        setup.spawn(|services| async move {
            let _ = services.host().register_queue(b"queue");
            let stream = services.grpc(&upstream("grpc"), "s", "m").stream();
            loop {
                services.sleep(Duration::from_secs(1)).await;
                let _ = stream.as_ref().map(|stream| stream.send(b"still here", false));
            }
        });
        Ok(Self { store: store.map_err(|error| ConfigError::new(error.to_string()))?, calls: setup.histogram("calls") })
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let body = request.body(100).await?.to_vec();
        if request.single_header("x-key") != Ok(Some(b"good")) {
            return Ok(Reply::unauthorized("Key").with_body("text/plain", "no").into());
        }
        let (http, grpc) = (upstream("http"), upstream("grpc"));
        let call = cx.http(&http, ms(50)).post("/").body("text/plain", body).send();
        let (answer, message) =
            gatewright_core::future::try_join(call, cx.grpc(&grpc, "s", "m").unary(b"x", ms(50))).await?;
        let answer = answer.success()?;
        cx.sleep(ms(1)).await;
        self.store.compare_and_swap("key", &message, Expected::Absent).or_else(|_| self.store.set("key", &message))?;
        self.calls.record(1);
        let _ = (cx.source_address(), cx.peer(), cx.route_metadata("any")?, cx.host().call_foreign("f", b""));
        if answer.body() != b"yes" || message != b"yes" {
            return Ok(Reply::forbidden("they_say_no").into());
        }
        request.remove_header("x-key");
        request.set_header("x-user", "good");
        request.set_body("new");
        request.filter_body(|piece| {
            piece.data.make_ascii_uppercase();
            Ok(())
        });
        if let Some(trailers) = request.trailers().await? {
            trailers.append("checked", "1");
        }
        let mut response = request.forward().await;
        response.body(100).await?;
        response.set_header("x-checked", "1");
        response.set_body("new response");
        Ok(response.into())
    }
}

fn start(config: &str, fault: impl FnOnce(&gatewright_testing::proxy::World)) -> Option<Proxy> {
    let world = gatewright_testing::proxy::World::new(1);
    world.upstream("http", |_| Answer::delay(ms(2), Answered::new(200).with_body("yes")));
    world.grpc_upstream("grpc", |_| GrpcAnswer::message("yes").after(ms(3)));
    world.upstream("upstream", echo);
    world.set_log_level(LogLevel::Trace);
    fault(&world);
    Proxy::builder().world(&world).config(config).policy::<Everything>("policy").ok()
}

fn request(key: &str) -> Sent {
    Sent::post("/", "some").with_body("body").with_trailer("t", "1").with_header("x-key", key)
}

fn exchanges(proxy: &mut Proxy) -> (Exchange, Exchange) {
    let (good, bad) = (proxy.send(request("good")), proxy.send(request("bad")));
    // Longer than any wait: of the callouts, the task, the body.
    proxy.advance(Duration::from_secs(70));
    (good, bad)
}

/// What must hold whatever the host does. A request that is held for ever is not nice, but has not passed.
fn check(proxy: &Proxy, (good, bad): &(Exchange, Exchange), context: &str) {
    assert!(proxy.is_alive(0), "{context}: the VM died");
    assert!(bad.upstream_so_far().is_none(), "{context}: what was not admitted passed");
    assert_ne!(bad.status(), 200, "{context}");
    if let Some(upstream) = good.upstream_so_far() {
        assert_eq!(upstream.header("x-key"), None, "{context}: half of the edits");
        assert_eq!(upstream.header("x-user").as_deref(), Some("good"), "{context}: half of the edits");
        if let Some(upstream) = good.upstream_request() {
            assert_eq!(upstream.body_bytes(), b"NEW", "{context}");
        }
    }
    if good.status() == 200 && !good.was_cut() && !good.is_pending() {
        assert_eq!(good.response().unwrap().text(), "new response", "{context}");
    }
}

#[test]
fn with_a_host_that_works_all_of_it_works() {
    let mut proxy = start("{}", |_| {}).unwrap();
    let both = exchanges(&mut proxy);
    check(&proxy, &both, "");
    assert_eq!((both.0.status(), both.1.status()), (200, 401));
    let used: Vec<_> = proxy.host_calls().iter().map(|(name, _)| name).collect();
    for function in
        ["proxy_http_call", "proxy_grpc_call", "proxy_grpc_stream", "proxy_grpc_send", "proxy_set_buffer_bytes"]
    {
        assert!(used.contains(&function), "{function} is not tried: {used:?}");
    }
    assert!(used.len() >= 25, "{used:?}");
}

/// Every host function that the policy uses, and how often.
fn functions() -> Vec<(&'static str, u64)> {
    let mut proxy = start("{}", |_| {}).unwrap();
    exchanges(&mut proxy);
    proxy.host_calls().iter().map(|(name, calls)| (name, calls.calls)).collect()
}

#[test]
fn a_function_that_always_fails() {
    for (function, _) in functions() {
        for status in STATUSES {
            let Some(mut proxy) = start("{}", |world| world.fail_calls(function, status)) else { continue };
            let both = exchanges(&mut proxy);
            check(&proxy, &both, &format!("{function} always {status}"));
        }
    }
}

#[test]
fn a_function_that_fails_once() {
    for (function, calls) in functions() {
        for nth in 1..=calls.min(40) {
            for status in [Status::BadArgument, Status::InternalFailure, Status::NotFound] {
                let Some(mut proxy) = start("{}", |world| world.fail_nth_call(function, nth, status)) else { continue };
                let both = exchanges(&mut proxy);
                check(&proxy, &both, &format!("call {nth} of {function} {status}"));
                // Whatever it was, the next requests are served.
                proxy.world().clear_faults();
                let (next, _) = exchanges(&mut proxy);
                assert_eq!(next.status(), 200, "after call {nth} of {function} {status}");
            }
        }
    }
}

#[test]
fn a_function_that_fails_in_shadow_refuses_nobody() {
    // Without these the proxy itself could not go on.
    let needed = ["proxy_continue_stream", "proxy_set_effective_context", "proxy_set_tick_period_milliseconds"];
    for (function, _) in functions().into_iter().filter(|(function, _)| !needed.contains(function)) {
        let fault = |world: &gatewright_testing::proxy::World| world.fail_calls(function, Status::InternalFailure);
        let Some(mut proxy) = start(r#"{"mode": "shadow"}"#, fault) else { continue };
        let (good, bad) = exchanges(&mut proxy);
        for exchange in [good, bad] {
            assert_eq!(exchange.status(), 200, "{function}");
            assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"somebody", "{function}");
        }
    }
}

/// The last resort: no reply, no reset. What was not admitted is held, whatever still comes of it.
#[test]
fn a_host_that_neither_answers_nor_resets_lets_nothing_pass() {
    policy!(Denies, Phases::REQUEST_BODY, |_, _| Ok(Reply::forbidden("no").into()));
    let mut proxy = proxy::<Denies>("{}");
    for function in ["proxy_send_local_response", "proxy_close_stream"] {
        proxy.world().fail_calls(function, Status::InternalFailure);
    }
    let exchange = proxy.send(Sent::post("/", "some").with_body("body").with_trailer("t", "1"));
    assert!(exchange.is_pending() && exchange.upstream_so_far().is_none());
}

#[test]
fn a_reply_that_cannot_be_sent_is_a_reset() {
    policy!(Denies, Phases::REQUEST_BODY, |_, _| Ok(Reply::forbidden("no").into()));
    let mut proxy = proxy::<Denies>("{}");
    proxy.world().fail_calls("proxy_send_local_response", Status::InternalFailure);
    let exchange = proxy.send(Sent::post("/", "body"));
    assert!(exchange.was_cut() && exchange.upstream_so_far().is_none());
}

/// Waking another exchange acts in that one's name, or not at all.
#[test]
fn one_exchange_never_acts_in_the_name_of_another() {
    struct Pair(std::rc::Rc<gatewright_core::Signal>);
    impl Policy for Pair {
        type Config = NoSettings;
        fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
            Ok(Self(setup.shared(Default::default)))
        }
        async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
            if request.path() == b"/good" {
                self.0.wait(cx).await;
                return Ok(request.forward().into());
            }
            self.0.notify(cx);
            cx.sleep(ms(5)).await;
            Ok(Reply::forbidden("bad").into())
        }
    }
    for fails in [false, true] {
        let mut proxy = proxy::<Pair>("{}");
        let good = proxy.send(Sent::get("/good"));
        if fails {
            proxy.world().fail_calls("proxy_set_effective_context", Status::BadArgument);
        }
        let bad = proxy.send(Sent::get("/bad"));
        proxy.advance(ms(1));
        assert_eq!((good.status() == 200, bad.upstream_so_far()), (!fails, None));
        proxy.world().clear_faults();
        proxy.advance(ms(10));
        assert_eq!((bad.status(), bad.upstream_so_far()), (403, None));
    }
}
