use super::*;

/// Traps on `/trap`; holds `/hold`; lets everything else pass with a mark.
fn fragile(host: &VmHost) -> Scripted {
    use gatewright_core::host::Host;
    let (host, responses) = (host.clone(), host.clone());
    Scripted::new()
        .on_request_headers(move |_, _, _| {
            let path = header(&host, MapKind::RequestHeaders, ":path").unwrap();
            host.add_header(MapKind::RequestHeaders, b"x-filtered", b"1").unwrap();
            match path.as_str() {
                "/trap" => Err(Trap("unreachable".into())),
                "/hold" => Ok(4),
                _ => Ok(0),
            }
        })
        .on_response_body(move |_, _, _| {
            let trap = header(&responses, MapKind::ResponseHeaders, "x-trap").is_err() && responses.worker() == 7;
            if trap { Err(Trap("late".into())) } else { Ok(0) }
        })
}

fn filtered(exchange: &Exchange) -> bool {
    exchange.upstream_request().unwrap().header("x-filtered").is_some()
}

#[test]
fn a_trap_fails_its_exchange_and_leaves_those_that_the_vm_holds_waiting() {
    let mut proxy = start_with(Proxy::builder().workers(2), fragile);
    let held = proxy.send(Request::get("/hold"));
    let elsewhere = proxy.exchange(Request::get("/hold")).on_worker(1).send();
    let trapped = proxy.send(Request::get("/trap"));
    assert_eq!(trapped.status(), 503);
    assert!(held.is_pending() && elsewhere.is_pending());
    assert!(!proxy.is_alive(0) && proxy.is_alive(1));
    assert!(proxy.logs().iter().any(|line| line.vm == "worker 0" && line.message.contains("unreachable")));
    assert_eq!(proxy.exchange(Request::get("/")).on_worker(1).send().status(), 200);
}

#[test]
fn an_exchange_of_a_dead_vm_fails_when_it_goes_on_even_under_a_new_vm() {
    for policy in [FailurePolicy::Closed, FailurePolicy::Open, FailurePolicy::Reload] {
        let slow = |_: &Request| Answer::delay(Duration::from_millis(5), Response::new(200));
        let builder = Proxy::builder().upstream("upstream", slow).failure_policy(policy).reload_backoff(Duration::ZERO);
        let mut proxy = start_with(builder, fragile);
        let under_way = proxy.send(Request::get("/"));
        proxy.send(Request::get("/trap"));
        proxy.send(Request::get("/"));
        assert_eq!((under_way.is_pending(), proxy.is_alive(0)), (true, policy == FailurePolicy::Reload));
        proxy.advance(Duration::from_millis(5));
        assert_eq!(under_way.status(), 503, "{policy:?}");
    }
}

#[test]
fn a_trap_after_the_response_headers_cuts_the_stream() {
    let builder = Proxy::builder().first_worker(7).upstream("upstream", |_| Response::new(200).with_body("b").into());
    let exchange = start_with(builder, fragile).send(Request::get("/"));
    assert_eq!((exchange.status(), exchange.was_cut()), (200, true));
}

#[test]
fn fail_closed_answers_503_until_the_configuration_changes() {
    let mut proxy = start_with(Proxy::builder(), fragile);
    proxy.send(Request::get("/trap"));
    proxy.advance(Duration::from_secs(60));
    let after = proxy.send(Request::get("/"));
    assert_eq!((after.status(), after.upstream_so_far().is_none()), (503, true));
    proxy.configure("new").unwrap();
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}

#[test]
fn fail_open_passes_later_requests_without_the_filter() {
    let mut proxy = start_with(Proxy::builder().failure_policy(FailurePolicy::Open), fragile);
    assert_eq!(proxy.send(Request::get("/trap")).status(), 503);
    let after = proxy.send(Request::get("/trap"));
    assert_eq!((after.status(), filtered(&after)), (200, false));
}

#[test]
fn fail_reload_starts_a_new_vm_with_the_next_request_but_not_again_at_once() {
    let mut proxy = start_with(Proxy::builder().failure_policy(FailurePolicy::Reload), fragile);
    proxy.advance(Duration::from_secs(1));
    assert_eq!(proxy.send(Request::get("/trap")).status(), 503);
    let reloaded = proxy.send(Request::get("/"));
    assert_eq!((reloaded.status(), filtered(&reloaded)), (200, true));
    assert_eq!(proxy.send(Request::get("/trap")).status(), 503);
    assert_eq!(proxy.send(Request::get("/")).status(), 503);
    proxy.advance(Duration::from_millis(999));
    assert_eq!(proxy.send(Request::get("/")).status(), 503);
    proxy.advance(Duration::from_millis(1));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    let metric = |name: &str| proxy.metric(&format!("wasm.plugin.vm_reload_{name}"));
    assert_eq!((metric("success"), metric("backoff"), metric("failure")), (Some(2), Some(2), None));
}

#[test]
fn a_trap_in_on_log_leaves_the_response_as_it_was_sent() {
    let mut proxy = start(|_| Scripted::new().on_log(|_| Err(Trap("log".into()))));
    let exchange = proxy.send(Request::get("/"));
    assert_eq!((exchange.status(), exchange.was_cut()), (200, false));
    assert!(!proxy.is_alive(0));
}

#[test]
fn the_proxy_refuses_to_start_with_a_guest_that_refuses_or_traps_whatever_its_policy() {
    let open = || Proxy::builder().failure_policy(FailurePolicy::Open);
    let refused = open().start(|_| Ok(Scripted::new().on_configure(|_, _| Ok(false)).boxed()));
    let expected = StartError::Refused { plugin: "plugin".into(), callback: "on_configure", error: String::new() };
    assert_eq!(refused.err(), Some(expected));
    let refused = open().start(|_| Ok(Scripted::new().on_vm_start(|_, _| Ok(false)).boxed()));
    assert!(matches!(refused.err(), Some(StartError::Refused { callback: "on_vm_start", .. })));
    let trapped = open().start(|_| Ok(Scripted::new().on_vm_start(|_, _| Err(Trap("t".into()))).boxed()));
    assert_eq!(trapped.err(), Some(StartError::Trapped(Trap("t".into()))));
    let broken = open().start(|_| Err(Trap("no module".into())));
    assert_eq!(broken.err(), Some(StartError::Trapped(Trap("no module".into()))));
}

#[test]
fn host_functions_are_forbidden_while_the_module_loads_except_for_the_log() {
    use gatewright_core::host::{Host, LogLevel};
    let restricted = Proxy::builder().start(|host| {
        host.now_nanos();
        Ok(Scripted::new().boxed())
    });
    assert_eq!(restricted.err(), Some(StartError::RestrictedCallback("proxy_get_current_time_nanoseconds")));
    let logging = Proxy::builder().start(|host| {
        host.log(LogLevel::Info, "loading");
        Ok(Scripted::new().boxed())
    });
    assert_eq!(logging.unwrap().logs()[0].message, "loading");
}
