//! HTTP calls to other services.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatewright_core::callout::CalloutError;
use gatewright_core::future;

use crate::policies::*;

const SECOND: Duration = Duration::from_secs(1);

policy!(Asks, Phases::REQUEST_BODY.and(Phases::RESPONSE_HEADERS), |mut request, cx| {
    let call = cx.http(&upstream("users"), SECOND).post("/check").header("x-id", "7").json(&["a"]);
    let answer = call.send().await?.success()?;
    request.set_header("x-user", answer.body().to_vec());
    Ok(request.forward().into())
});

fn asking(answer: impl Fn(&Sent) -> Answer + Send + 'static) -> Proxy {
    with::<Asks>(Proxy::builder().upstream("users", answer).upstream("upstream", echo), "{}")
}

#[test]
fn a_call_holds_the_request_until_its_answer_comes() {
    let mut proxy = asking(|call| {
        assert_eq!((call.path().as_str(), call.header("x-id").as_deref()), ("/check", Some("7")));
        assert_eq!(
            (call.body_bytes(), call.header("content-type").unwrap().as_str()),
            (b"[\"a\"]".to_vec(), "application/json")
        );
        Answer::delay(ms(50), Answered::new(200).with_body("anna"))
    });
    let exchange = proxy.send(Sent::post("/", "body"));
    assert!(exchange.upstream_so_far().is_none());
    proxy.advance(ms(50));
    assert_eq!(exchange.upstream_request().unwrap().header("x-user").as_deref(), Some("anna"));
    assert_eq!(exchange.response().unwrap().text(), "body");
}

#[test]
fn a_call_that_fails_is_a_fault() {
    let cases =
        [Answer::refused(), Answer::failed(), Answer::timeout(), Answered::new(500).into(), Answered::new(302).into()];
    for answer in cases {
        let shown = format!("{answer:?}");
        let mut proxy = asking(move |_| answer.clone());
        let exchange = proxy.send(Sent::get("/"));
        proxy.advance(SECOND);
        assert_eq!(exchange.details().as_deref(), Some("gatewright.policy.fault.callout"), "{shown}");
    }
}

#[test]
fn an_upstream_that_does_not_exist_is_named_as_the_likely_cause() {
    let mut proxy = proxy::<Asks>("{}");
    assert_eq!(proxy.send(Sent::get("/")).status(), 503);
    assert!(proxy.logs().iter().any(|line| line.message.contains("is the upstream a cluster of this proxy?")));
}

#[test]
fn an_answer_over_the_limit_is_not_read() {
    policy!(Small, Phases::REQUEST_HEADERS, |_, cx| {
        match cx.http(&upstream("users"), SECOND).get("/").max_answer(3).send().await {
            Ok(answer) => Ok(Reply::answer(200, "read").with_body("text/plain", answer.body()).into()),
            Err(CalloutError::TooLarge(3)) => Ok(Reply::answer(299, "too_large").into()),
            Err(other) => Err(other.into()),
        }
    });
    for (body, status) in [("123", 200), ("1234", 299)] {
        let builder = Proxy::builder().upstream("users", move |_| Answered::new(200).with_body(body).into());
        assert_eq!(with::<Small>(builder, "{}").send(Sent::get("/")).status(), status);
    }
}

policy!(Both, Phases::REQUEST_HEADERS, |mut request, cx| {
    let (one, other) = (upstream("one"), upstream("two"));
    let (one, other) = future::try_join(cx.http(&one, SECOND).send(), cx.http(&other, SECOND).send()).await?;
    request.set_header("x-both", format!("{} {}", one.status(), other.status()));
    Ok(request.forward().into())
});

#[test]
fn two_calls_at_once_take_as_long_as_one() {
    let slow = |status| move |_: &Sent| Answer::delay(ms(100), Answered::new(status));
    let mut proxy = with::<Both>(Proxy::builder().upstream("one", slow(200)).upstream("two", slow(204)), "{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(99));
    assert!(exchange.is_pending());
    proxy.advance(ms(1));
    assert_eq!(exchange.upstream_request().unwrap().header("x-both").as_deref(), Some("200 204"));
}

policy!(Race, Phases::REQUEST_HEADERS, |mut request, cx| {
    let users = upstream("users");
    let call = async { cx.http(&users, SECOND).send().await.map(|answer| answer.status().to_string()) };
    let patience = async {
        cx.sleep(ms(20)).await;
        Ok("gave up".to_owned())
    };
    request.set_header("x-winner", future::race(call, patience).await?);
    Ok(request.forward().into())
});

#[test]
fn the_first_of_two_wins_and_the_late_answer_harms_nobody() {
    for (delay, winner) in [(10, "200"), (30, "gave up")] {
        let builder = Proxy::builder().upstream("users", move |_| Answer::delay(ms(delay), Answered::new(200)));
        let mut proxy = with::<Race>(builder, "{}");
        let exchange = proxy.send(Sent::get("/"));
        proxy.advance(ms(25));
        assert_eq!(exchange.upstream_request().unwrap().header("x-winner").as_deref(), Some(winner));
        proxy.advance(SECOND);
        let next = proxy.send(Sent::get("/"));
        proxy.advance(SECOND);
        assert_eq!(next.status(), 200);
    }
}

#[test]
fn a_client_that_goes_away_cancels_what_its_policy_waits_for() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let mut proxy = asking(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Answer::delay(ms(50), Answered::new(200))
    });
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(10));
    proxy.abort(&exchange);
    proxy.advance(SECOND);
    assert_eq!((exchange.status(), calls.load(Ordering::Relaxed)), (0, 1));
    let next = proxy.send(Sent::get("/"));
    proxy.advance(SECOND);
    assert_eq!((next.status(), proxy.is_alive(0)), (200, true));
}

/// An answer comes to the root context, yet acts on its own exchange.
#[test]
fn answers_find_their_own_exchange() {
    let mut proxy = asking(|call| {
        // The n-th call is answered the sooner, the later it came.
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let _ = call;
        let n = CALLS.fetch_add(1, Ordering::Relaxed);
        Answer::delay(ms(50 - 10 * n as u64), Answered::new(200).with_body(format!("user {n}")))
    });
    let exchanges: Vec<_> = (0..5).map(|_| proxy.send(Sent::get("/"))).collect();
    proxy.advance(ms(50));
    for (n, exchange) in exchanges.iter().enumerate() {
        assert_eq!(exchange.upstream_request().unwrap().header("x-user"), Some(format!("user {n}")));
    }
}

#[test]
fn a_call_while_the_response_is_held() {
    policy!(Later, Phases::RESPONSE_HEADERS, |request, cx| {
        let mut response = request.forward().await;
        let answer = cx.http(&upstream("users"), SECOND).send().await?;
        response.set_header("x-later", answer.status());
        Ok(response.into())
    });
    let builder = Proxy::builder()
        .upstream("users", |_| Answer::delay(ms(10), Answered::new(202)))
        .upstream("upstream", |_| Answered::new(200).with_body("late").into());
    let mut proxy = with::<Later>(builder, "{}");
    let exchange = proxy.send(Sent::get("/"));
    assert!(exchange.response_so_far().is_none());
    proxy.advance(ms(10));
    let response = exchange.response().unwrap();
    assert_eq!((response.header("x-later").as_deref(), response.text().as_str()), (Some("202"), "late"));
}
