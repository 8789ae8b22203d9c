//! What is done to responses.

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Exchange, Proxy};
use request_filter::RequestFilter;
use serde_json::{Value, json};

use crate::support::get;

fn answered(settings: &Value, answer: Response) -> Exchange {
    let config = json!({"policy": {"response": settings, "rules": [{"id": "no", "action": "deny", "when": {"path": {"exact": "/no"}}}]}});
    let upstream = move |_: &Request| Answer::response(answer.clone());
    let builder = Proxy::builder().config(config.to_string().as_str()).upstream("upstream", upstream);
    let mut proxy = builder.policy::<RequestFilter>("request-filter").unwrap();
    proxy.send(get("/").with_header("accept-encoding", "gzip"))
}

fn json_response(body: &str) -> Response {
    Response::new(200).with_header("content-type", "application/json; charset=utf-8").with_body(body)
}

#[test]
fn fields_are_stripped_and_set() {
    let settings = json!({"strip": ["server", "x-powered-by"], "set": [{"name": "x-a", "value": "ours"}], "security_headers": {"x_frame_options": null}});
    let answer = Response::new(200)
        .with_header("server", "x/1")
        .with_header("x-a", "theirs")
        .with_header("referrer-policy", "origin");
    let got = answered(&settings, answer).response().unwrap();
    assert_eq!((got.header("server"), got.header("x-a").as_deref()), (None, Some("ours")));
    assert_eq!(got.header("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!((got.header("referrer-policy").as_deref(), got.header("x-frame-options")), (Some("origin"), None));
}

#[test]
fn our_own_refusals_are_careful_too() {
    let config = json!({"policy": {"response": {"security_headers": {}}, "rules": [{"id": "no", "action": "deny"}]}});
    let mut proxy =
        Proxy::builder().config(config.to_string().as_str()).policy::<RequestFilter>("request-filter").unwrap();
    let refused = proxy.send(get("/")).response().unwrap();
    assert_eq!((refused.status(), refused.header("x-frame-options").as_deref()), (403, Some("DENY")));
}

#[test]
fn members_and_numbers_are_masked() {
    let settings = json!({"mask": {"json_fields": ["password"], "cards": true}});
    let body = r#"{"password": "secret", "note": "4111 1111 1111 1111"}"#;
    let exchange = answered(&settings, json_response(body));
    assert_eq!(exchange.response().unwrap().text(), r#"{"password": "***", "note": "**** **** **** 1111"}"#);
    assert_eq!(exchange.upstream_request().unwrap().header("accept-encoding"), None);
    let untouched = answered(&settings, json_response(r#"{"a": 1}"#)).response().unwrap();
    assert_eq!(untouched.text(), r#"{"a": 1}"#);
}

#[test]
fn a_stack_trace_does_not_get_out() {
    let trace = "Traceback (most recent call last):\n  File \"a.py\", line 1\nsecret";
    let answer = Response::new(502).with_header("content-type", "text/plain").with_body(trace);
    let exchange = answered(&json!({"block_stack_traces": true}), answer.clone());
    let got = exchange.response().unwrap();
    assert_eq!((got.status(), got.text().as_str()), (500, ""));
    assert_eq!(answered(&json!({}), answer).response().unwrap().text(), trace);
}

#[test]
fn what_cannot_be_looked_at_is_a_fault_or_passes() {
    let large = json_response(&format!("\"{}\"", "a".repeat(100)));
    let compressed = json_response("x").with_header("content-encoding", "gzip");
    let settings = |unreadable: &str| json!({"mask": {"cards": true}, "max_size": "64B", "unreadable": unreadable});
    for answer in [large, compressed] {
        assert_eq!(answered(&settings("fault"), answer.clone()).status(), 503);
        assert_eq!(answered(&settings("pass"), answer).status(), 200);
    }
}

#[test]
fn streams_and_pictures_are_not_held() {
    let settings = json!({"mask": {"cards": true}, "max_size": "4B"});
    for content_type in ["text/event-stream", "application/grpc", "image/png"] {
        let answer = Response::new(200).with_header("content-type", content_type).with_body("4111 1111 1111 1111");
        assert_eq!(answered(&settings, answer).response().unwrap().text(), "4111 1111 1111 1111", "{content_type}");
    }
}
