//! Awaiting the response, and what may come instead of one.

use crate::policies::*;

policy!(Label, Phases::RESPONSE_HEADERS, |request, _| {
    let mut response = request.forward().await;
    response.set_header("x-labelled", if response.is_reply() { "reply" } else { "response" });
    response.remove_header("server");
    if response.status() == 418 {
        response.set_status(200);
    }
    Ok(response.into())
});

fn answering(answer: impl Fn() -> Answer + Send + 'static) -> Builder {
    Proxy::builder().upstream("upstream", move |_| answer())
}

#[test]
fn the_response_can_be_edited() {
    let teapot = || Answered::new(418).with_header("server", "pot").with_body("tea").into();
    let response = with::<Label>(answering(teapot), "{}").send(Sent::get("/")).response().unwrap();
    assert_eq!((response.status(), response.text().as_str()), (200, "tea"));
    assert_eq!((response.header("x-labelled").as_deref(), response.header("server")), (Some("response"), None));
}

#[test]
fn the_proxys_own_error_page_is_a_response() {
    for (answer, status) in [(Answer::refused(), 503), (Answer::failed(), 503), (Answer::timeout(), 504)] {
        let mut proxy = with::<Label>(answering(move || answer.clone()), "{}");
        let exchange = proxy.send(Sent::get("/"));
        proxy.advance(Duration::from_secs(20));
        let response = exchange.response().unwrap();
        assert_eq!((response.status(), response.header("x-labelled").as_deref()), (status, Some("response")));
    }
}

policy!(Instead, Phases::RESPONSE_HEADERS, |request, cx| {
    let wait = request.header("x-wait").is_some();
    let response = request.forward().await;
    if wait {
        cx.sleep(ms(5)).await;
    }
    if response.status() == 500 {
        return Ok(Reply::answer(502, "masked").with_body("text/plain", "sorry").into());
    }
    Ok(response.into())
});

#[test]
fn a_response_can_be_replaced_by_a_reply() {
    let broken = || Answered::new(500).with_body("stack trace").into();
    for request in [Sent::get("/"), Sent::get("/").with_header("x-wait", "1")] {
        let mut proxy = with::<Instead>(answering(broken), "{}");
        let exchange = proxy.send(request);
        proxy.advance(ms(5));
        let response = exchange.response().unwrap();
        assert_eq!((response.status(), response.text().as_str()), (502, "sorry"));
    }
}

#[test]
fn a_response_that_is_held_waits_whole() {
    let answer = || Answered::new(200).with_body("a").with_body("b").into();
    let mut proxy = with::<Instead>(answering(answer), "{}");
    let exchange = proxy.send(Sent::get("/").with_header("x-wait", "1"));
    assert!(exchange.response_so_far().is_none());
    proxy.advance(ms(5));
    assert_eq!(exchange.response().unwrap().text(), "ab");
}

policy!(Impatient, Phases::RESPONSE_HEADERS, |request, cx| {
    let fault = request.header("x-fault").is_some();
    match cx.timeout(ms(100), async { request.forward().await }).await {
        Ok(response) => Ok(response.into()),
        Err(elapsed) if fault => Err(elapsed.into()),
        Err(_) => Ok(Reply::answer(504, "slow").into()),
    }
});

#[test]
fn a_policy_may_stop_waiting_for_the_response() {
    let slow = || Answer::delay(ms(150), Answered::new(200));
    let mut proxy = with::<Impatient>(answering(slow), "{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(100));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (504, Some("gatewright.policy.answer.slow")));
    proxy.advance(ms(100));
    assert_eq!(exchange.status(), 504, "what comes later harms nobody");
    assert_eq!(proxy.send(Sent::get("/").with_header("x-next", "1")).status(), 0);
}

#[test]
fn a_fault_after_the_request_went_on_is_a_fault_still() {
    let slow = || Answer::delay(ms(150), Answered::new(200));
    for (config, status) in [("{}", 503), (r#"{"failure_mode": "open"}"#, 200)] {
        let mut proxy = with::<Impatient>(answering(slow), config);
        let exchange = proxy.send(Sent::get("/").with_header("x-fault", "1"));
        proxy.advance(ms(200));
        assert_eq!(exchange.status(), status);
    }
}

policy!(Unawaitable, Phases::REQUEST_HEADERS, |request, _| Ok(request.forward().await.into()));

#[test]
fn awaiting_a_response_without_its_phase_is_named() {
    let mut strict = proxy::<Unawaitable>("{}");
    assert_eq!(strict.send(Sent::get("/")).details().as_deref(), Some("gatewright.policy.fault.misuse"));
    assert!(strict.logs().iter().any(|line| line.message.contains("do not name response_headers")));
    for config in [r#"{"failure_mode": "open"}"#, r#"{"mode": "shadow"}"#] {
        assert_eq!(proxy::<Unawaitable>(config).send(Sent::get("/")).status(), 200, "{config}");
    }
}

policy!(Reroutes, Phases::RESPONSE_HEADERS, |mut request, _| {
    request.set_header("x-pick", "b");
    Ok(request.forward().await.into())
});

#[test]
fn an_edit_that_moves_the_request_to_another_route_is_noticed() {
    use gatewright_testing::proxy::Route;
    let routes = || [Route::prefix("/b").with_header("x-pick", "b").named("b"), Route::prefix("/").named("a")];
    let mut proxy = with::<Reroutes>(Proxy::builder().routes(routes()), "{}");
    proxy.send(Sent::get("/a"));
    assert_eq!(proxy.metric("gatewright.route_changed"), None);
    proxy.send(Sent::get("/b"));
    assert_eq!(proxy.metric("gatewright.route_changed"), Some(1));
}

/// The proxy answers by itself while the policy still waits for the body: nothing is left to decide.
#[test]
fn an_answer_of_the_proxy_ends_a_wait_for_the_request() {
    policy!(Reads, Phases::REQUEST_BODY.and(Phases::RESPONSE_HEADERS), |mut request, _| {
        request.body(1 << 20).await?;
        let mut response = request.forward().await;
        response.set_header("x-seen", "1");
        Ok(response.into())
    });
    let mut proxy = with::<Reads>(Proxy::builder().buffer_limit(4), "{}");
    let response = proxy.send(Sent::post("/", "12345")).response().unwrap();
    assert_eq!((response.status(), response.header("x-seen")), (413, None));
}

/// The client did nothing wrong: it is the upstream that sent too much.
#[test]
fn a_response_over_the_limit_is_not_the_clients_fault() {
    policy!(Reads, Phases::RESPONSE_BODY, |request, _| {
        let mut response = request.forward().await;
        response.body(4).await?;
        Ok(response.into())
    });
    let large = || Answered::new(200).with_body("12345").into();
    let exchange = with::<Reads>(answering(large), "{}").send(Sent::get("/"));
    let details = Some("gatewright.policy.fault.body_too_large");
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, details));
}
