//! Tokens that only their issuer can read.

use gatewright_testing::message::Response;
use gatewright_testing::proxy::{Answer, Proxy};
use jwt_auth::JwtAuth;
use serde_json::{Value, json};

use crate::support::*;

const OPAQUE: &str = "2YotnFZFEjr1zCsicMWpAA";

fn opaque_with(field: &str, value: Value) -> String {
    let mut introspection = json!({"upstream": "idp", "uri": "https://idp.example/introspect", "client_id": "gate way",
        "client_secret": "s3cret%", "timeout": "1s"});
    introspection[field] = value;
    let provider = json!({"name": "main", "issuer": ISSUER, "audiences": ["orders"], "introspection": introspection});
    json!({"policy": {"providers": [provider]}}).to_string()
}

fn proxy_with(idp: &Idp, config: String) -> Proxy {
    let idp = idp.clone();
    let builder = Proxy::builder().workers(1).config(config).upstream("idp", move |request| idp.answer(request));
    builder.policy::<JwtAuth>("jwt-auth").unwrap()
}

fn proxy(idp: &Idp) -> Proxy {
    proxy_with(idp, opaque_with("timeout", json!("1s")))
}

fn active(fields: Value) -> Response {
    let mut body = json!({"active": true, "sub": "u", "aud": "orders"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    ok(body.to_string())
}

#[test]
fn the_issuer_is_asked_as_the_rfcs_have_it() {
    let idp = Idp::new(active(json!({})));
    let mut proxy = proxy(&idp);
    assert_eq!(status(&mut proxy, 0, OPAQUE), 200);
    let [request] = <[_; 1]>::try_from(idp.requests()).unwrap();
    let header = |name: &str| request.header(name).unwrap();
    assert_eq!(
        (header(":method"), header(":path"), header(":authority")),
        ("POST".into(), "/introspect".into(), "idp.example".into())
    );
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    // Base64 of "gate+way:s3cret%25".
    assert_eq!(header("authorization"), "Basic Z2F0ZSt3YXk6czNjcmV0JTI1");
    assert_eq!(request.body_bytes(), format!("token={OPAQUE}&token_type_hint=access_token").into_bytes());
}

fn once(idp: &Idp, proxy: &mut Proxy, answer: impl Into<Answer>, token: &str) -> u16 {
    idp.serve(answer);
    let exchange = send(proxy, 0, token);
    proxy.advance(ms(1_100));
    exchange.status()
}

#[test]
fn what_the_issuer_says_decides() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = proxy(&idp);
    let now = proxy.world().now_nanos() / 1_000_000_000;
    assert_eq!(once(&idp, &mut proxy, active(json!({"exp": now + 100, "iss": ISSUER})), "a"), 200);
    assert_eq!(once(&idp, &mut proxy, ok(r#"{"active": false}"#), "b"), 401);
    assert_eq!(once(&idp, &mut proxy, active(json!({"exp": now - 50})), "c"), 200, "within the clock skew");
    assert_eq!(once(&idp, &mut proxy, active(json!({"exp": now - 60})), "over"), 401);
    assert_eq!(once(&idp, &mut proxy, active(json!({"aud": "other"})), "d"), 401);
    assert_eq!(once(&idp, &mut proxy, active(json!({"iss": "https://other"})), "e"), 401);
    assert_eq!(once(&idp, &mut proxy, active(json!({"nbf": now + 1000})), "f"), 401);
}

#[test]
fn an_unclear_answer_is_a_fault_and_not_kept() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = proxy(&idp);
    let unclear: [Answer; 10] = [
        Answer::refused(),
        Answer::timeout(),
        Answer::never(),
        Answer::truncated(active(json!({}))),
        Response::new(401).with_body(r#"{"active": true, "aud": "orders"}"#).into(),
        Response::new(302).with_header("location", "/").into(),
        ok("<html>").into(),
        ok(r#"{"active": "true", "aud": "orders"}"#).into(),
        active(json!({"exp": "never"})).into(),
        ok(format!("{{\"active\": true, \"aud\": \"orders\", \"x\": \"{}\"}}", "a".repeat(70_000))).into(),
    ];
    for answer in unclear {
        assert_eq!(once(&idp, &mut proxy, answer.clone(), OPAQUE), 503, "{answer:?}");
    }
    assert_eq!(once(&idp, &mut proxy, active(json!({})), OPAQUE), 200);
    assert_eq!(proxy.metric("gatewright.introspection.failures"), Some(10));
}

#[test]
fn answers_are_kept_for_a_while_but_not_beyond_the_tokens_end() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = proxy(&idp);
    let now = proxy.world().now_nanos() / 1_000_000_000;
    once(&idp, &mut proxy, active(json!({})), "long");
    once(&idp, &mut proxy, active(json!({"exp": now + 30})), "short");
    once(&idp, &mut proxy, ok(r#"{"active": false}"#), "bad");
    idp.serve(Answer::refused());
    let all = |proxy: &mut Proxy| ["long", "short", "bad"].map(|token| status(proxy, 0, token));
    assert_eq!(all(&mut proxy), [200, 200, 401]);
    assert_eq!(idp.count(), 3);
    proxy.advance(secs(11));
    assert_eq!(all(&mut proxy), [200, 200, 503], "a refusal is asked for again after 10 s");
    proxy.advance(secs(17));
    assert_eq!(all(&mut proxy), [200, 503, 503], "the short one is over");
    proxy.advance(secs(30));
    assert_eq!(all(&mut proxy), [503, 503, 503], "a minute has passed");
}

#[test]
fn without_a_cache_every_request_asks() {
    let idp = Idp::new(active(json!({})));
    let mut proxy = proxy_with(&idp, opaque_with("cache_ttl", json!("0s")));
    for _ in 0..3 {
        assert_eq!(once(&idp, &mut proxy, active(json!({})), OPAQUE), 200);
    }
    assert_eq!(idp.count(), 3);
}

#[test]
fn requests_with_one_token_ask_once() {
    let idp = Idp::new(Answer::delay(ms(100), active(json!({}))));
    let mut proxy = proxy(&idp);
    let sent: Vec<_> = (0..20).map(|_| send(&mut proxy, 0, OPAQUE)).collect();
    let other = send(&mut proxy, 0, "other");
    assert_eq!(idp.count(), 2);
    proxy.advance(ms(110));
    assert!(sent.iter().chain([&other]).all(|exchange| exchange.status() == 200));
    assert_eq!(idp.count(), 2);
    idp.serve(Answer::delay(ms(100), Response::new(500)));
    let failing: Vec<_> = (0..20).map(|_| send(&mut proxy, 0, "third")).collect();
    proxy.advance(ms(110));
    assert!(failing.iter().all(|exchange| exchange.status() == 503));
    assert_eq!(idp.count(), 3, "they share the failure");
}

#[test]
fn when_the_client_that_asks_goes_away_another_one_asks() {
    let idp = Idp::new(Answer::delay(ms(100), active(json!({}))));
    let mut proxy = proxy(&idp);
    let [first, second, third] = [0; 3].map(|_| send(&mut proxy, 0, OPAQUE));
    proxy.advance(ms(50));
    proxy.abort(&first);
    proxy.abort(&third);
    proxy.advance(ms(110));
    assert_eq!((second.status(), idp.count()), (200, 2));
    // Thousands that go away are not thousands under way.
    idp.serve(Answer::never());
    for n in 0..1_100 {
        let exchange = send(&mut proxy, 0, &format!("t{n}"));
        assert!(exchange.is_pending());
        proxy.abort(&exchange);
    }
    assert_eq!(once(&idp, &mut proxy, active(json!({})), "last"), 200);
}

#[test]
fn a_request_waits_no_longer_than_two_answers_may_take() {
    let idp = Idp::new(Answer::never());
    let mut proxy = proxy(&idp);
    let [first, second, third] = [0; 3].map(|_| send(&mut proxy, 0, OPAQUE));
    proxy.advance(ms(900));
    proxy.abort(&first);
    proxy.advance(ms(900));
    proxy.abort(&second);
    proxy.advance(ms(190));
    assert!(third.is_pending());
    proxy.advance(ms(20));
    assert_eq!((third.status(), idp.count()), (503, 3));
}

#[test]
fn no_more_than_a_bounded_number_of_questions_is_under_way() {
    let idp = Idp::new(Answer::never());
    let mut proxy = proxy(&idp);
    let asking: Vec<_> = (0..1_024).map(|n| send(&mut proxy, 0, &format!("t{n}"))).collect();
    assert_eq!(status(&mut proxy, 0, "one-more"), 503);
    assert!(send(&mut proxy, 0, "t7").is_pending(), "who follows asks nothing");
    proxy.advance(secs(2));
    assert!(asking.iter().all(|exchange| exchange.status() == 503));
    assert_eq!(once(&idp, &mut proxy, active(json!({})), "later"), 200);
}

#[test]
fn neither_token_nor_secret_is_logged() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = proxy(&idp);
    for answer in [Answer::refused(), ok(format!("{OPAQUE} s3cret")).into(), ok(r#"{"active": false}"#).into()] {
        once(&idp, &mut proxy, answer, OPAQUE);
    }
    assert!(proxy.logs().len() >= 3);
    for line in proxy.logs() {
        assert!(!line.message.contains(OPAQUE) && !line.message.contains("s3cret"), "{}", line.message);
    }
}

#[test]
fn what_cannot_work_is_refused_with_its_place() {
    let refused = |field: &str, value: Value| {
        let world = gatewright_testing::proxy::World::new(1);
        let builder = Proxy::builder().world(&world).config(opaque_with(field, value));
        assert!(builder.policy::<JwtAuth>("jwt-auth").is_err());
        world.logs().last().unwrap().message.clone()
    };
    let place = |message: &str, part: &str| assert!(message.contains(part), "{message}");
    place(&refused("uri", json!("introspect")), "providers[0].introspection.uri: \"introspect\" is no endpoint");
    place(&refused("timeout", json!("0s")), "providers[0].introspection.timeout: write a duration");
    place(&refused("client_id", json!("")), "providers[0].introspection.client_id: found no name");
    place(&refused("max_entries", json!(0)), "introspection.max_entries");
}
