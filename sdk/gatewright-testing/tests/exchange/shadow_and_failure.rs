//! `mode: shadow` and `failure_mode: open`, in every phase of an exchange.

use gatewright_core::Cause;

use crate::policies::*;

/// Fails or denies where the request asks for it, and changes everything it can on the way.
async fn trouble(place: &str, at: Option<&str>, deny: bool) -> Result<Option<Reply>, Fault> {
    match at {
        Some(at) if at == place && deny => Ok(Some(Reply::forbidden("told_to"))),
        Some(at) if at == place => Err(Fault::new(Cause::Other, "told to")),
        _ => Ok(None),
    }
}

policy!(Troubled, Phases::ALL, |mut request, cx| {
    let at = request.headers().text("x-at").map(str::to_owned);
    let deny = request.header("x-deny").is_some();
    request.set_header("x-changed", "1");
    request.remove_header("x-kept");
    if let Some(reply) = trouble("start", at.as_deref(), deny).await? {
        return Ok(reply.into());
    }
    cx.sleep(ms(1)).await;
    if let Some(reply) = trouble("sleep", at.as_deref(), deny).await? {
        return Ok(reply.into());
    }
    request.body(100).await?;
    request.set_body("changed");
    request.filter_body(|piece| {
        piece.data.make_ascii_uppercase();
        Ok(())
    });
    if let Some(reply) = trouble("body", at.as_deref(), deny).await? {
        return Ok(reply.into());
    }
    let mut response = request.forward().await;
    response.set_header("x-changed", "1");
    response.set_status(299);
    if let Some(reply) = trouble("response", at.as_deref(), deny).await? {
        return Ok(reply.into());
    }
    response.body(100).await?;
    response.set_body("changed");
    if let Some(reply) = trouble("response-body", at.as_deref(), deny).await? {
        return Ok(reply.into());
    }
    Ok(response.into())
});

const PLACES: [&str; 5] = ["start", "sleep", "body", "response", "response-body"];

fn run(config: &str, request: Sent) -> (Proxy, gatewright_testing::proxy::Exchange) {
    let mut proxy = with::<Troubled>(Proxy::builder().upstream("upstream", echo), config);
    let exchange = proxy.send(request);
    proxy.advance(ms(5));
    assert!(!exchange.is_pending() && !exchange.is_hung());
    (proxy, exchange)
}

fn at(place: &str) -> Sent {
    Sent::post("/", "body").with_header("x-kept", "1").with_header("x-at", place)
}

/// Neither the upstream nor the client can tell that there is a policy.
fn assert_untouched(exchange: &gatewright_testing::proxy::Exchange, place: &str) {
    let (upstream, response) = (exchange.upstream_request().unwrap(), exchange.response().unwrap());
    assert_eq!((upstream.header("x-changed"), upstream.header("x-kept").as_deref()), (None, Some("1")), "{place}");
    assert_eq!((upstream.body_bytes(), response.status()), (b"body".to_vec(), 200), "{place}");
    assert_eq!((response.text().as_str(), response.header("x-changed")), ("body", None), "{place}");
}

#[test]
fn enforced_it_changes_both_messages() {
    let (_, exchange) = run("{}", at("nowhere"));
    let (upstream, response) = (exchange.upstream_request().unwrap(), exchange.response().unwrap());
    assert_eq!((upstream.body_bytes(), upstream.header("x-changed").as_deref()), (b"CHANGED".to_vec(), Some("1")));
    assert_eq!((response.status(), response.text().as_str()), (299, "changed"));
}

#[test]
fn in_shadow_nothing_changes_wherever_it_fails_or_denies() {
    for place in PLACES.iter().chain(&["nowhere"]) {
        for deny in [false, true] {
            let request = if deny { at(place).with_header("x-deny", "1") } else { at(place) };
            let (proxy, exchange) = run(r#"{"mode": "shadow"}"#, request);
            assert_untouched(&exchange, place);
            let verdict = if deny { "deny" } else { "fault" };
            assert_eq!(decisions(&proxy, "policy", "shadow", verdict), u64::from(*place != "nowhere"), "{place}");
            assert_eq!(decisions(&proxy, "policy", "enforce", verdict), 0, "{place}");
        }
    }
}

#[test]
fn closed_a_fault_refuses_in_every_phase() {
    for place in PLACES {
        let (proxy, exchange) = run("{}", at(place));
        assert_eq!(
            (exchange.status(), exchange.details().as_deref()),
            (503, Some("gatewright.policy.fault.other")),
            "{place}"
        );
        assert_eq!(decisions(&proxy, "policy", "enforce", "fault"), 1);
    }
}

#[test]
fn open_a_fault_passes_and_what_was_not_passed_yet_stays_as_it_came() {
    for place in ["start", "sleep", "body"] {
        let (proxy, exchange) = run(r#"{"failure_mode": "open"}"#, at(place));
        assert_untouched(&exchange, place);
        assert_eq!(decisions(&proxy, "policy", "enforce", "fault"), 1);
    }
    for place in ["response", "response-body"] {
        let (_, exchange) = run(r#"{"failure_mode": "open"}"#, at(place));
        assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"CHANGED", "{place}");
        let response = exchange.response().unwrap();
        assert_eq!(
            (response.status(), response.text().as_str(), response.header("x-changed")),
            (200, "CHANGED", None),
            "{place}"
        );
    }
}

#[test]
fn open_a_denial_is_still_a_denial() {
    for place in PLACES {
        let (_, exchange) = run(r#"{"failure_mode": "open"}"#, at(place).with_header("x-deny", "1"));
        assert_eq!(exchange.status(), 403, "{place}");
    }
}

#[test]
fn a_fault_that_was_found_on_the_way_overrules_the_verdict() {
    policy!(Lazy, Phases::REQUEST_HEADERS, |request, _| {
        // Headers that cannot be read look empty.
        let known = request.header("x-key").is_some();
        Ok(if known { request.forward().into() } else { Reply::forbidden("unknown").into() })
    });
    for (config, status) in [("{}", 503), (r#"{"failure_mode": "open"}"#, 200), (r#"{"mode": "shadow"}"#, 200)] {
        let mut proxy = proxy::<Lazy>(config);
        proxy.world().fail_calls("proxy_get_header_map_pairs", gatewright_core::host::Status::InternalFailure);
        assert_eq!(proxy.send(Sent::get("/")).status(), status, "{config}");
    }
}

policy!(Scans, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, _| {
    request.filter_body(|piece| {
        let data = std::mem::take(&mut piece.data);
        if data.windows(4).any(|window| window == b"evil") { Err(Reply::forbidden("evil")) } else { Ok(()) }
    });
    let mut response = request.forward().await;
    response.filter_body(|piece| {
        piece.data.clear();
        Ok(())
    });
    Ok(response.into())
});

#[test]
fn in_shadow_a_filter_sees_the_body_and_changes_nothing() {
    let mut proxy = with::<Scans>(Proxy::builder().upstream("upstream", echo), r#"{"mode": "shadow"}"#);
    let request = Sent::post("/", "an evil").with_body(" evil body").with_header("content-length", "17");
    let exchange = proxy.send(request);
    assert_eq!(exchange.upstream_request().unwrap().header("content-length").as_deref(), Some("17"));
    assert_eq!(exchange.response().unwrap().text(), "an evil evil body");
    assert_eq!(decisions(&proxy, "policy", "shadow", "deny"), 1, "one verdict, not one per piece");
}
