//! Each kind of expectation passes on what it describes, and fails on anything else.

use std::collections::BTreeMap;

use gatewright_testing::message::{Request, Response};
use serde_json::json;

use super::file_with;
use crate::case::check::{Observation, check};
use crate::case::vars::Vars;

/// What was seen, in the tests below.
fn seen() -> Observation {
    let response = Response::new(401).with_header("a", "one").with_header("b", "1").with_header("b", "2");
    let request = Request::post("/orders?x=1", "sent").with_header("x-user", "anna").with_trailer("t", "late");
    let event =
        |verdict: &str| json!({"event": "decision", "policy": "p", "verdict": verdict}).as_object().unwrap().clone();
    Observation {
        response: Some(response.with_body("hel").with_body("lo").with_trailer("t", "end")),
        cut: false,
        service: vec![request],
        callouts: BTreeMap::from([("idp".to_owned(), 2)]),
        unruled: Vec::new(),
        events: vec![event("allow"), event("deny")],
        metrics: BTreeMap::from([("m".to_owned(), 1)]),
        logs: vec!["token is s3cret".to_owned()],
    }
}

/// The fields that differ from an expectation.
fn differing(expect: &str, seen: &Observation) -> Vec<String> {
    let file = file_with(&format!("request: {{ path: / }}\nexpect: {{ {expect} }}")).unwrap();
    let vars = Vars::from([("user", "anna"), ("token", "s3cret")]);
    let found = check(&file.cases[0].expect, seen, &vars).unwrap();
    found.into_iter().map(|mismatch| mismatch.field).collect()
}

#[test]
fn each_expectation_holds_on_what_it_describes() {
    for right in [
        "",
        "status: 401",
        "headers: { a: one, b: ['1', '2'], none: null }",
        "headers: { A: { matches: 'o.e' }, b: [1, { contains: '2' }] }",
        "body: hello",
        "body: { contains: ell }",
        "body: { matches: 'h.*o' }",
        "trailers: { t: end }",
        "upstream: { method: POST, path: /orders?x=1, host: test.example, body: sent, trailers: { t: late } }",
        "upstream: { headers: { x-user: '${user}' } }",
        "events: [{ verdict: allow }, { verdict: deny, policy: p, reason: null }]",
        "metrics: { m: 1, absent: 0 }",
        "callouts: { idp: 2, other: 0 }",
        "logs_without: [other]",
        "cut: false",
    ] {
        assert_eq!(differing(right, &seen()), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn each_expectation_fails_on_anything_else() {
    for (wrong, field) in [
        ("status: 403", "status"),
        ("headers: { a: two }", "headers.a"),
        ("headers: { a: null }", "headers.a"),
        ("headers: { none: x }", "headers.none"),
        ("headers: { b: '1' }", "headers.b"),
        ("headers: { b: ['2', '1'] }", "headers.b"),
        ("headers: { b: ['1'] }", "headers.b"),
        ("headers: { b: ['1', '2', '3'] }", "headers.b"),
        ("headers: { a: { contains: two } }", "headers.a"),
        ("headers: { a: { matches: 'o' } }", "headers.a"),
        ("headers: { a: { matches: 'x|ne' } }", "headers.a"),
        ("body: hell", "body"),
        ("body: ''", "body"),
        ("body: { contains: hellooo }", "body"),
        ("trailers: { t: start }", "trailers.t"),
        ("upstream: null", "upstream"),
        ("upstream: { method: GET }", "upstream.method"),
        ("upstream: { path: /orders }", "upstream.path"),
        ("upstream: { host: other.example }", "upstream.host"),
        ("upstream: { headers: { x-user: '${token}' } }", "upstream.headers.x-user"),
        ("upstream: { body: '' }", "upstream.body"),
        ("upstream: { trailers: { t: null } }", "upstream.trailers.t"),
        ("events: []", "events"),
        ("events: [{ verdict: allow }]", "events"),
        ("events: [{ verdict: deny }, { verdict: allow }]", "events"),
        ("events: [{ verdict: allow }, { verdict: deny, reason: x }]", "events"),
        ("events: [{ verdict: allow }, { verdict: deny, policy: null }]", "events"),
        ("metrics: { m: 2 }", "metrics.m"),
        ("metrics: { absent: 1 }", "metrics.absent"),
        ("callouts: { idp: 1 }", "callouts.idp"),
        ("callouts: { other: 1 }", "callouts.other"),
        ("logs_without: ['${token}']", "logs_without[0]"),
        ("cut: true", "cut"),
    ] {
        assert_eq!(differing(wrong, &seen()), [field], "{wrong}");
    }
}

#[test]
fn what_no_case_expects_is_told_as_well() {
    let cut = Observation { cut: true, ..seen() };
    assert_eq!(differing("", &cut), ["cut"]);
    let unruled = Observation { unruled: vec!["GET /x to idp".to_owned()], ..seen() };
    assert_eq!(differing("", &unruled), ["callouts"]);
    let none = Observation { response: None, ..seen() };
    assert_eq!(differing("status: 401", &none), ["status"]);
    let twice = Observation { service: vec![Request::get("/"), Request::get("/")], ..seen() };
    assert_eq!(differing("upstream: {}", &twice), ["upstream"]);
    let unreached = Observation { service: Vec::new(), ..seen() };
    assert_eq!(differing("upstream: {}", &unreached), ["upstream"]);
    assert_eq!(differing("upstream: null", &unreached), Vec::<String>::new());
}

#[test]
fn a_name_without_a_value_is_an_error_that_lists_the_names() {
    let file = file_with("request: { path: / }\nexpect: { body: '${nobody}' }").unwrap();
    let error = check(&file.cases[0].expect, &seen(), &Vars::from([("user", "anna")])).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("nobody") && error.contains("user") && error.contains("expect.body"), "{error}");
}
