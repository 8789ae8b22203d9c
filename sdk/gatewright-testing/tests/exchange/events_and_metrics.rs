//! One event and one count per decision.

use gatewright_core::host::LogLevel;
use serde_json::{Value, json};

use crate::policies::*;

policy!(Decides, Phases::REQUEST_HEADERS, |request, _| {
    match request.path() {
        b"/deny" => Ok(Reply::forbidden("not_here").into()),
        b"/answer" => Ok(Reply::answer(204, "preflight").into()),
        b"/fault" => Err(Fault::new(gatewright_core::Cause::Callout, "the other side is down")),
        _ => Ok(request.forward().into()),
    }
});

fn events(proxy: &Proxy) -> Vec<(LogLevel, Value)> {
    let parsed =
        |line: gatewright_testing::proxy::LogLine| Some((line.level, serde_json::from_str(&line.message).ok()?));
    proxy.logs().into_iter().filter_map(parsed).collect()
}

fn event(config: &str, path: &str) -> (LogLevel, Value) {
    let mut proxy = proxy::<Decides>(config);
    proxy.exchange(Sent::get(path)).property(&["request", "id"], "r-1").send();
    let mut events = events(&proxy);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

#[test]
fn a_denial_tells_why() {
    let (level, event) = event("{}", "/deny");
    assert_eq!(level, LogLevel::Info);
    assert_eq!(
        event,
        json!({"event": "decision", "version": 1, "policy": "policy", "mode": "enforce", "verdict": "deny",
               "reason": "not_here", "status": 403, "request_id": "r-1"})
    );
}

#[test]
fn levels_follow_the_verdict() {
    let level = |path| event("{}", path).0;
    assert_eq!([level("/"), level("/answer"), level("/fault")], [LogLevel::Debug, LogLevel::Debug, LogLevel::Warn]);
}

#[test]
fn a_fault_tells_its_cause_to_the_operator_only() {
    let (_, fault) = event("{}", "/fault");
    assert_eq!((&fault["reason"], &fault["message"]), (&json!("callout"), &json!("the other side is down")));
    let response = proxy::<Decides>("{}").send(Sent::get("/fault")).response().unwrap();
    assert!(!format!("{response:?}").contains("down"));
}

#[test]
fn shadow_and_route_are_named() {
    let config = r#"{"routes": [{"match": {"path": "/deny"}, "mode": "shadow"}]}"#;
    let (_, event) = event(config, "/deny");
    assert_eq!((&event["mode"], &event["route"], &event["verdict"]), (&json!("shadow"), &json!(0), &json!("deny")));
}

#[test]
fn each_verdict_has_a_counter() {
    let mut proxy = proxy::<Decides>("{}");
    for path in ["/", "/", "/deny", "/answer", "/fault"] {
        proxy.send(Sent::get(path));
    }
    let count = |verdict| decisions(&proxy, "policy", "enforce", verdict);
    assert_eq!(["allow", "deny", "answer", "fault"].map(count), [2, 1, 1, 1]);
}

#[test]
fn events_below_the_proxys_level_are_not_made() {
    let mut proxy = proxy::<Decides>("{}");
    proxy.world().set_log_level(LogLevel::Warn);
    for path in ["/", "/deny", "/fault"] {
        proxy.send(Sent::get(path));
    }
    assert_eq!(events(&proxy).len(), 1);
}

policy!(AsksTheTime, Phases::REQUEST_HEADERS, |_, cx| {
    let _ = cx.now();
    Ok(Reply::forbidden("not_here").into())
});

#[test]
fn where_the_time_is_known_the_level_is_asked_twice_a_second() {
    let mut proxy = proxy::<AsksTheTime>("{}");
    proxy.send(Sent::get("/"));
    proxy.world().set_log_level(LogLevel::Warn);
    proxy.advance(ms(499));
    proxy.send(Sent::get("/"));
    assert_eq!(events(&proxy).len(), 2, "the old level still holds");
    proxy.advance(ms(1));
    proxy.send(Sent::get("/"));
    assert_eq!(events(&proxy).len(), 2, "the new level is known");
}

#[test]
fn metrics_are_defined_once() {
    let mut proxy = proxy::<Decides>("{}");
    for _ in 0..10 {
        proxy.send(Sent::get("/"));
    }
    assert_eq!(proxy.host_calls().of("proxy_define_metric").calls, 1);
}

#[test]
fn metrics_that_the_host_refuses_change_no_verdict() {
    let mut proxy = proxy::<Decides>("{}");
    for function in ["proxy_define_metric", "proxy_increment_metric"] {
        proxy.world().fail_calls(function, gatewright_core::host::Status::InternalFailure);
    }
    assert_eq!((proxy.send(Sent::get("/")).status(), proxy.send(Sent::get("/deny")).status()), (200, 403));
}

/// What an exchange costs that asks for nothing: the budget of the model itself.
#[test]
fn a_decision_on_one_header_takes_three_host_calls() {
    policy!(OneHeader, Phases::REQUEST_HEADERS, |request, _| {
        Ok(if request.header("x-key").is_some() { request.forward().into() } else { Reply::forbidden("no_key").into() })
    });
    let mut proxy = proxy::<OneHeader>("{}");
    proxy.world().set_log_level(LogLevel::Info);
    proxy.send(Sent::get("/").with_header("x-key", "1"));
    proxy.world().reset_host_calls();
    proxy.send(Sent::get("/").with_header("x-key", "1"));
    let calls = proxy.host_calls();
    let names: Vec<_> = calls.iter().map(|(name, calls)| (name, calls.calls)).collect();
    assert_eq!(names, [("proxy_get_header_map_pairs", 1), ("proxy_get_log_level", 1), ("proxy_increment_metric", 1)]);
}
