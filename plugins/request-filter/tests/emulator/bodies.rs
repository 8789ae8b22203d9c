//! Rules on bodies.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Exchange, Proxy};
use serde_json::{Value, json};

use crate::support::{get, outcome, proxy};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn with_body(rules: &Value, body: &Value) -> Proxy {
    proxy(&json!({"rules": rules, "body": body}))
}

fn post(proxy: &mut Proxy, content_type: &str, body: &str) -> Exchange {
    let length = body.len().to_string();
    let request = Request::post("/", body).with_header("content-type", content_type);
    proxy.send(request.with_header("content-length", length))
}

#[test]
fn every_place_of_a_body() {
    let multipart = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"evil.php\"\r\n\r\nx\r\n--b--\r\n";
    let cases = [
        (json!({"form": [{"name": "q", "contains": "evil x"}]}), FORM, "a=1&q=%65vil+x"),
        (
            json!({"json": [{"name": "user.tags[]", "exact": "evil"}]}),
            JSON,
            r#"{"user": {"tags": ["a", "\u0065vil"]}}"#,
        ),
        (json!({"json": [{"exact": "17"}]}), JSON, "[1, 17]"),
        (json!({"files": [{"suffix": ".php"}]}), "multipart/form-data; boundary=b", multipart),
        (json!({"body": {"contains": "evil"}}), "text/plain", "some evil text"),
        (json!({"values": {"contains": "evil"}}), JSON, r#"{"evil": 1}"#),
    ];
    for (when, content_type, body) in cases {
        let mut proxy = with_body(&json!([{"id": "r", "action": "deny", "when": when}]), &json!({"inspect": true}));
        let refused = post(&mut proxy, content_type, body);
        assert_eq!(outcome(&refused), (403, "rule.r".into()), "{when}");
        assert!(refused.upstream_request().is_none());
        let passed = post(&mut proxy, FORM, "q=innocent");
        assert_eq!(passed.upstream_request().unwrap().body_bytes(), b"q=innocent", "{when}");
        assert_eq!(proxy.send(get("/")).status(), 200, "{when}");
    }
}

#[test]
fn malformed_bodies_are_refused_by_name() {
    let mut proxy = with_body(&json!([]), &json!({"inspect": true, "limits": {"json": {"depth": 2}}}));
    assert_eq!(outcome(&post(&mut proxy, JSON, "[[[1]]]")), (413, "json_too_deep".into()));
    assert_eq!(post(&mut proxy, JSON, "{").status(), 400);
    assert_eq!(post(&mut proxy, JSON, "[[1]]").status(), 200);
    // Bytes of any kind are no oddity in a body without finer structure.
    assert_eq!(post(&mut proxy, "application/octet-stream", "\0\u{1}%00").status(), 200);
}

#[test]
fn a_large_body_gets_what_overflow_says() {
    let rules = json!([{"id": "r", "action": "deny", "when": {"form": [{"contains": "evil"}]}}]);
    let body = |overflow: &str| json!({"inspect": true, "max_size": "16B", "overflow": overflow});
    let (early, late) = ("a=evil&b=aaaaaaaaaaaaaaaaaaaaaa", "a=bbbbb&b=aaaaaaaaaaaaaaa&c=evil");
    assert_eq!(outcome(&post(&mut with_body(&rules, &body("413")), FORM, late)), (413, "body_too_large".into()));
    assert_eq!(post(&mut with_body(&rules, &body("skip")), FORM, early).status(), 200);
    let mut prefix = with_body(&rules, &body("inspect_prefix"));
    assert_eq!(post(&mut prefix, FORM, early).status(), 403);
    let passed = post(&mut prefix, FORM, late);
    assert_eq!((passed.status(), passed.upstream_request().unwrap().body_bytes()), (200, late.as_bytes().to_vec()));
}

#[test]
fn a_compressed_body_is_refused_or_skipped() {
    let send = |body: &Value| {
        let request = Request::post("/", "x").with_header("content-type", JSON).with_header("content-length", "1");
        outcome(&with_body(&json!([]), body).send(request.with_header("content-encoding", "gzip")))
    };
    assert_eq!(send(&json!({"inspect": true})), (415, "body_encoded".into()));
    assert_eq!(send(&json!({"inspect": true, "encoded": "skip"})).0, 200);
    assert_eq!(send(&json!({})).0, 200);
}

#[test]
fn a_stream_is_not_held() {
    let mut proxy = with_body(
        &json!([{"id": "r", "action": "deny", "when": {"body": {"contains": "evil"}}}]),
        &json!({"inspect": true}),
    );
    assert_eq!(post(&mut proxy, "application/grpc+proto", "evil").status(), 200);
    assert_eq!(post(&mut proxy, "text/plain", "evil").status(), 403);
}

#[test]
fn saying_upgrade_hides_no_body() {
    let rules = json!([{"id": "r", "action": "deny", "when": {"body": {"contains": "evil"}}}]);
    let mut proxy = with_body(&rules, &json!({"inspect": true}));
    let request =
        Request::post("/", "evil").with_header("content-type", "text/plain").with_header("upgrade", "websocket");
    assert_eq!(proxy.send(request.with_header("content-length", "4")).status(), 403);
    assert_eq!(proxy.send(get("/").with_header("upgrade", "websocket")).status(), 200);
}

#[test]
fn a_decision_that_the_body_cannot_change_does_not_wait_for_it() {
    let rules = json!([
        {"id": "open", "action": "allow", "when": {"path": {"exact": "/open"}}},
        {"id": "r", "action": "deny", "when": {"form": [{"contains": "evil"}]}},
    ]);
    let mut proxy = with_body(&rules, &json!({"inspect": true}));
    let request = Request::post("/open", "q=evil").with_header("content-type", FORM).with_header("content-length", "6");
    assert_eq!(proxy.send(request).status(), 200);
}

#[test]
fn every_split_of_a_body_says_the_same() {
    let rules = json!([{"id": "r", "action": "deny", "when": {"json": [{"name": "a[].b", "contains": "<script"}]}}]);
    let body = r#"{"a": [{"b": "x\u003cscript>"}]}"#;
    for cut in 1..body.len() {
        let mut proxy = with_body(&rules, &json!({"inspect": true}));
        let (head, tail) = body.split_at(cut);
        let request = Request::post("/", head).with_body(tail).with_header("content-type", JSON);
        let request = request.with_header("content-length", body.len().to_string());
        assert_eq!(outcome(&proxy.send(request)), (403, "rule.r".into()), "cut at {cut}");
    }
}
