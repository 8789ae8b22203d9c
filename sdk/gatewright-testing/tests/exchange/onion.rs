//! Several policies in one module, one inside the other.

use crate::policies::*;

/// Marks both ways, so that the order shows.
macro_rules! marking {
    ($name:ident, $mark:literal) => {
        policy!($name, Phases::RESPONSE_HEADERS, |mut request, _| {
            request.append_header("x-in", $mark);
            let mut response = request.forward().await;
            response.append_header("x-out", $mark);
            Ok(response.into())
        });
    };
}
marking!(Outer, "outer");
marking!(Inner, "inner");

#[test]
fn the_request_meets_the_outer_policy_first_and_the_response_last() {
    let mut proxy = onion::<Outer, Inner>(Proxy::builder(), "{}", "{}");
    let exchange = proxy.send(Sent::get("/"));
    let seen: Vec<_> =
        exchange.upstream_request().unwrap().headers.into_iter().filter(|(name, _)| name == b"x-in").collect();
    assert_eq!(seen.iter().map(|(_, value)| &value[..]).collect::<Vec<_>>(), [&b"outer"[..], b"inner"]);
    assert_eq!(exchange.response().unwrap().header_values("x-out"), ["inner", "outer"]);
}

policy!(Denies, Phases::REQUEST_HEADERS, |_, _| Ok(Reply::forbidden("inner_says_no")
    .with_body("text/plain", "no")
    .into()));

#[test]
fn the_outer_policy_sees_the_inner_ones_reply() {
    let exchange = onion::<Outer, Denies>(Proxy::builder(), "{}", "{}").send(Sent::get("/"));
    let response = exchange.response().unwrap();
    assert_eq!((response.status(), response.text().as_str()), (403, "no"));
    assert_eq!(response.header_values("x-out"), ["outer"]);
    assert_eq!(exchange.details().as_deref(), Some("gatewright.inner.deny.inner_says_no"));
    assert!(exchange.upstream_request().is_none());
}

policy!(Faults, Phases::REQUEST_HEADERS, |_, _| Err(Fault::new(gatewright_core::Cause::Store, "lost")));

#[test]
fn the_outer_policy_sees_what_became_of_the_inner_ones_fault() {
    let response = onion::<Outer, Faults>(Proxy::builder(), "{}", "{}").send(Sent::get("/")).response().unwrap();
    assert_eq!((response.status(), response.header_values("x-out")), (503, vec!["outer".to_owned()]));
    let response = onion::<Outer, Faults>(Proxy::builder(), "{}", r#"{"failure_mode": "open"}"#).send(Sent::get("/"));
    assert_eq!(response.status(), 200);
}

#[test]
fn a_policy_that_is_off_is_not_there() {
    let mut proxy = onion::<Outer, Denies>(Proxy::builder(), "{}", r#"{"mode": "off"}"#);
    assert_eq!(proxy.send(Sent::get("/")).status(), 200);
    assert_eq!(decisions(&proxy, "inner", "enforce", "deny"), 0);
}

policy!(Reader, Phases::REQUEST_BODY, |mut request, _| {
    while request.next_chunk().await?.is_some() {}
    Ok(request.forward().into())
});
policy!(Scanner, Phases::REQUEST_BODY, |mut request, _| {
    let mut body = Vec::new();
    while let Some(chunk) = request.next_chunk().await? {
        body.extend(chunk);
    }
    let bad = body.windows(4).any(|window| window == b"evil");
    Ok(if bad { Reply::forbidden("evil").into() } else { request.forward().into() })
});

#[test]
fn each_policy_reads_the_body_from_its_beginning() {
    let mut proxy = onion::<Reader, Scanner>(Proxy::builder(), "{}", "{}");
    assert_eq!(proxy.send(Sent::post("/", "evil")).status(), 403);
    let exchange = proxy.send(Sent::post("/", "fine"));
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"fine");
}

policy!(Rewrites, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, _| {
    request.set_body("evil");
    let mut response = request.forward().await;
    let body = response.body(100).await?.to_vec();
    response.set_body([&body[..], b"+outer"].concat());
    Ok(response.into())
});

#[test]
fn an_inner_policy_sees_the_outer_ones_body() {
    assert_eq!(onion::<Rewrites, Scanner>(Proxy::builder(), "{}", "{}").send(Sent::post("/", "fine")).status(), 403);
}

#[test]
fn an_outer_policy_sees_the_inner_ones_body() {
    policy!(Marks, Phases::RESPONSE_BODY, |request, _| {
        let mut response = request.forward().await;
        response.set_body("inner");
        Ok(response.into())
    });
    let builder = Proxy::builder().upstream("upstream", |_| Answered::new(200).with_body("upstream").into());
    let response = onion::<Rewrites, Marks>(builder, "{}", "{}").send(Sent::post("/", "fine")).response().unwrap();
    assert_eq!((response.text().as_str(), response.header("content-length").as_deref()), ("inner+outer", Some("11")));
    // The same with a reply, which the proxy has not seen yet.
    let reply =
        onion::<Rewrites, Denies>(Proxy::builder(), "{}", "{}").send(Sent::post("/", "fine")).response().unwrap();
    assert_eq!((reply.status(), reply.text().as_str()), (403, "no+outer"));
}

#[test]
fn a_filter_of_an_outer_policy_also_passes_an_inner_ones_reply() {
    policy!(Shouts, Phases::RESPONSE_BODY, |request, _| {
        let mut response = request.forward().await;
        response.filter_body(|piece| {
            piece.data.make_ascii_uppercase();
            Ok(())
        });
        Ok(response.into())
    });
    // A tentative policy around it takes a copy of the response: what is filtered must stay so.
    policy!(Watches, Phases::RESPONSE_HEADERS, |request, _| Ok(request.forward().await.into()));
    fn build(_: &str, _: serde_json::Value, setup: &Setup) -> Result<Chain, ConfigError> {
        let envelope = || serde_json::json!({});
        let inner = Chain::single::<Shouts>("shouts", envelope(), setup)?.around(Chain::single::<Denies>(
            "denies",
            envelope(),
            setup,
        )?);
        Ok(Chain::single::<Watches>("watches", serde_json::json!({"mode": "shadow"}), setup)?.around(inner))
    }
    let module = Module { name: "gateway", phases: Phases::ALL, build };
    let mut proxy = Proxy::builder().config("{}").start(gatewright_testing::native_module(module)).unwrap();
    assert_eq!(proxy.send(Sent::get("/")).response().unwrap().text(), "NO");
}

struct User(String);
policy!(Authenticates, Phases::REQUEST_HEADERS, |request, cx| {
    cx.insert(User("nobody".to_owned()));
    cx.insert(User("anna".to_owned()));
    Ok(request.forward().into())
});
policy!(Greets, Phases::REQUEST_HEADERS, |mut request, cx| {
    let user = cx.get::<User>().map_or("stranger".to_owned(), |user| user.0.clone());
    request.set_header("x-user", user);
    Ok(request.forward().into())
});

#[test]
fn a_policy_leaves_values_for_those_after_it() {
    let mut proxy = onion::<Authenticates, Greets>(Proxy::builder(), "{}", "{}");
    assert_eq!(proxy.send(Sent::get("/")).upstream_request().unwrap().header("x-user").as_deref(), Some("anna"));
}

policy!(GivesUp, Phases::RESPONSE_HEADERS, |request, cx| {
    let response = cx.timeout(ms(10), async { request.forward().await }).await;
    response.map(Flow::from).map_err(Fault::from)
});
policy!(SlowDenial, Phases::REQUEST_HEADERS, |_, cx| {
    cx.sleep(ms(30)).await;
    Ok(Reply::forbidden("in_the_end").into())
});

/// The outer policy gives up, and its failure must not count; but the inner one has not decided yet.
#[test]
fn giving_up_does_not_pass_a_request_by_the_policies_inside() {
    for outer in [r#"{"failure_mode": "open"}"#, r#"{"mode": "shadow"}"#] {
        let mut proxy = onion::<GivesUp, SlowDenial>(Proxy::builder(), outer, "{}");
        let exchange = proxy.send(Sent::get("/"));
        proxy.advance(ms(20));
        assert!(exchange.is_pending() && exchange.upstream_so_far().is_none(), "{outer}");
        proxy.advance(ms(40));
        assert_eq!((exchange.status(), exchange.upstream_so_far()), (403, None), "{outer}");
    }
    let mut proxy = onion::<GivesUp, SlowDenial>(Proxy::builder(), "{}", "{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(10));
    assert_eq!(exchange.status(), 503);
}

/// The proxy's own answer while an inner policy holds the request reaches the outer one, which waits for a response.
#[test]
fn the_outer_policy_sees_an_answer_that_the_proxy_gave_early() {
    let mut proxy = onion::<Outer, Scanner>(Proxy::builder().buffer_limit(4), "{}", "{}");
    let exchange = proxy.send(Sent::post("/", "12345"));
    let response = exchange.response().unwrap();
    assert_eq!((response.status(), response.header_values("x-out")), (413, vec!["outer".to_owned()]));
    assert!(exchange.upstream_so_far().is_none());
}

/// The policy's filter must not stay behind when the rest of its part does not count.
#[test]
fn giving_up_takes_the_filters_along() {
    policy!(Filters, Phases::ALL, |mut request, cx| {
        request.filter_body(|piece| {
            piece.data.make_ascii_uppercase();
            Ok(())
        });
        let response = cx.timeout(ms(10), async { request.forward().await }).await;
        response.map(Flow::from).map_err(Fault::from)
    });
    policy!(SlowPass, Phases::REQUEST_HEADERS, |request, cx| {
        cx.sleep(ms(30)).await;
        Ok(request.forward().into())
    });
    let mut proxy = onion::<Filters, SlowPass>(Proxy::builder(), r#"{"failure_mode": "open"}"#, "{}");
    let exchange = proxy.send(Sent::post("/", "body"));
    proxy.advance(ms(100));
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"body");
}

#[test]
fn a_reply_passes_a_policy_in_shadow_as_it_is() {
    let mut proxy = onion::<Outer, Denies>(Proxy::builder(), r#"{"mode": "shadow"}"#, "{}");
    let response = proxy.send(Sent::get("/")).response().unwrap();
    assert_eq!((response.status(), response.header("x-out")), (403, None));
    assert_eq!(decisions(&proxy, "inner", "enforce", "deny"), 1, "decided once");
}
