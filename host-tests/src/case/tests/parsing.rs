//! What the parser refuses, and how it says so.

use std::time::Duration;

use super::{file_with, parse};
use crate::deploy::HostKind;

const MINIMAL: &str = "request: { path: / }\nexpect: { status: 200 }";

fn refusal(case: &str) -> String {
    format!("{:#}", file_with(case).expect_err("the file is wrong and must be refused"))
}

#[test]
fn the_least_case_runs_on_every_host() {
    let file = file_with(MINIMAL).unwrap();
    let case = &file.cases[0];
    assert!(HostKind::ALL.into_iter().all(|host| case.runs_on(host)));
    assert_eq!(case.advance, Duration::ZERO);
    assert_eq!(file.name(), "file.yaml");
}

#[test]
fn every_field_of_the_format_is_taken() {
    let text = r#"
about: All of it.
config: { policy: { a: 1 }, routes: [] }
vars:
  good: { jwt: { key: keys/rsa.pem, header: { alg: RS256 }, claims: { exp: now+300 } } }
  bad: { jwt: { secret: s, header: { alg: HS256 }, sign_with: HS384 }, tamper: signature }
  jwks: { file: keys/jwks.json }
routes:
  - { name: orders, prefix: /orders, metadata: { ns: { key: value } } }
upstreams:
  idp:
    - { when: { path: /jwks, method: GET }, reply: { status: 200, headers: [[a, b]], body: x } }
    - { when: { path: { contains: slow } }, fault: timeout }
  dead:
    - fault: refuse
cases:
  - name: all
    advance: 5s
    hosts: [native, wasmtime]
    because: it waits longer than Envoy may
    request:
      method: POST
      path: /orders
      host: other.example
      headers: [[authorization, "Bearer ${good}"]]
      chunks: [a, { base64: Yg== }]
      trailers: [[t, v]]
    upstream: { status: 201, headers: [[x, 1]], body: hello, trailers: [[t, v]] }
    expect:
      status: 401
      headers: { a: text, b: null, c: [one, { matches: "t.o" }], d: 5, e: { contains: x } }
      body: { contains: x }
      trailers: { t: v }
      upstream: { method: POST, path: /orders, host: other.example, headers: { a: b }, body: ab }
      events: [{ policy: p, verdict: deny }]
      metrics: { gatewright.p.enforce.deny: 1 }
      callouts: { idp: 1 }
      logs_without: ["${good}"]
      cut: true
"#;
    let file = parse(text).unwrap();
    assert!(!file.runs_on(HostKind::Envoy) && file.runs_on(HostKind::Native));
    assert_eq!(file.cases[0].advance, Duration::from_secs(5));
}

#[test]
fn null_upstream_is_not_the_same_as_none_given() {
    let upstream = |expect: &str| {
        let file = file_with(&format!("request: {{ path: / }}\nexpect: {{ {expect} }}")).unwrap();
        file.cases[0].expect.upstream.as_ref().map(Option::is_some)
    };
    assert_eq!(upstream("status: 200"), None);
    assert_eq!(upstream("upstream: null"), Some(false));
    assert_eq!(upstream("upstream: {}"), Some(true));
}

#[test]
fn an_error_names_file_line_and_field() {
    let error = refusal("request: { path: / }\nexpect:\n  statsu: 200");
    for part in ["some/tests/cases/file.yaml", "statsu", "status", "line 7"] {
        assert!(error.contains(part), "no {part:?} in: {error}");
    }
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    for (place, wrong) in [
        ("case", "requst: {}\nrequest: { path: / }\nexpect: {}"),
        ("request", "request: { path: /, pth: / }\nexpect: {}"),
        ("upstream", "request: { path: / }\nupstream: { staus: 200 }\nexpect: {}"),
        ("expect.upstream", "request: { path: / }\nexpect: { upstream: { pth: / } }"),
        ("matcher", "request: { path: / }\nexpect: { body: { contans: x } }"),
    ] {
        assert!(refusal(wrong).contains("unknown"), "{place}: {}", refusal(wrong));
    }
    let text = "about: x\nconfig: {}\nkases: []\ncases: []";
    assert!(format!("{:#}", parse(text).unwrap_err()).contains("kases"));
}

#[test]
fn a_case_that_leaves_a_host_out_says_why() {
    let error = refusal(&format!("hosts: [native]\n{MINIMAL}"));
    assert!(error.contains("because") && error.contains("cases[0] (one)"), "{error}");
    assert!(refusal(&format!("because: no reason\n{MINIMAL}")).contains("every host"));
    assert!(refusal(&format!("hosts: []\nbecause: x\n{MINIMAL}")).contains("nowhere"));
    assert!(refusal(&format!("hosts: [nativ]\n{MINIMAL}")).contains("nativ"));
    file_with(&format!("hosts: [native]\nbecause: x\n{MINIMAL}")).unwrap();
}

#[test]
fn a_long_wait_is_not_for_envoy() {
    let error = refusal(&format!("advance: 4s\n{MINIMAL}"));
    assert!(error.contains("hosts: [native, wasmtime]"), "{error}");
    file_with(&format!("advance: 3s\n{MINIMAL}")).unwrap();
    file_with(&format!("advance: 4s\nhosts: [native, wasmtime]\nbecause: time\n{MINIMAL}")).unwrap();
    assert!(refusal(&format!("advance: 4\n{MINIMAL}")).contains("duration"));
}

#[test]
fn bodies_paths_and_statuses_are_checked() {
    for (wrong, says) in [
        ("request: { path: /, body: a, chunks: [b] }\nexpect: {}", "chunks"),
        ("request: { path: orders }\nexpect: {}", "start with"),
        ("request: { path: /, body: { base64: '%' } }\nexpect: {}", "base64"),
        ("request: { path: / }\nupstream: { status: 101 }\nexpect: {}", "final status"),
        ("request: { path: / }\nupstream: { fault: refuse }\nexpect: {}", "reset"),
        ("request: { path: / }\nexpect: { body: { matches: '(' } }", "regular expression"),
    ] {
        assert!(refusal(wrong).contains(says), "{wrong}: {}", refusal(wrong));
    }
}

#[test]
fn names_of_cases_differ_and_there_is_one() {
    let two = "about: x\nconfig: {}\ncases:\n  - &c { name: a, request: { path: / }, expect: {} }\n  - *c\n";
    assert!(format!("{:#}", parse(two).unwrap_err()).contains("another case"));
    assert!(format!("{:#}", parse("about: x\nconfig: {}\ncases: []").unwrap_err()).contains("at least one"));
}

#[test]
fn rules_of_upstreams_are_checked() {
    for (rules, says) in [
        ("[{ fault: refuse }, { reply: {} }]", "only rule"),
        ("[{ fault: reset, reply: {} }]", "keep one"),
        ("[{ when: { path: / } }]", "neither"),
        ("[{ reply: { fault: reset } }]", "in the place of"),
        ("[{ fault: slow }]", "slow"),
    ] {
        let text = format!(
            "about: x\nconfig: {{}}\nupstreams: {{ idp: {rules} }}\ncases:\n  - {{ name: a, request: {{ path: / }}, expect: {{}} }}"
        );
        let error = format!("{:#}", parse(&text).expect_err(rules));
        assert!(error.contains(says), "{rules}: {error}");
    }
}

#[test]
fn an_upstream_that_a_case_changes_is_there_and_takes_connections() {
    for (first, change, says) in [
        ("idp: [{ reply: {} }]", "other: [{ reply: {} }]", "no such upstream"),
        ("idp: [{ reply: {} }]", "idp: [{ fault: refuse }]", "does not change"),
        ("idp: [{ fault: refuse }]", "idp: [{ reply: {} }]", "does not change"),
        ("idp: [{ reply: {} }]", "idp: [{ when: { path: / } }]", "neither"),
    ] {
        let text = format!(
            "about: x\nconfig: {{}}\nupstreams: {{ {first} }}\ncases:\n  - {{ name: a, upstreams: {{ {change} }}, request: {{ path: / }}, expect: {{}} }}"
        );
        let error = format!("{:#}", parse(&text).expect_err(change));
        assert!(error.contains(says), "{change}: {error}");
    }
}
