//! Files played on the emulated proxy, with a plugin that is a script.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gatewright_core::host::{Action, BufferKind, Direction, Host, LogLevel, MapKind, MetricKind};
use gatewright_core::pairs;
use gatewright_testing::scripted::Scripted;

use super::parse;
use crate::case::{Failure, run};
use crate::deploy::{NativePlugin, Platform};

/// Asks `idp` about every request, passes on what it answers 200 to, and says so in an event, a counter and a log line.
fn asking() -> NativePlugin {
    Rc::new(|host| {
        let (host, asked, passed) = (Rc::new(host), Rc::new(RefCell::new(BTreeMap::new())), Rc::new(RefCell::new(0)));
        let (at_start, at_request, counter) = (Rc::clone(&host), Rc::clone(&host), Rc::clone(&passed));
        let contexts = Rc::clone(&asked);
        let plugin = Scripted::new()
            .on_configure(move |_, size| {
                let config = at_start.buffer(BufferKind::PluginConfiguration, 0, size as usize).unwrap_or_default();
                *counter.borrow_mut() = at_start.define_metric(MetricKind::Counter, "passed").unwrap();
                Ok(!String::from_utf8_lossy(&config).contains("refuse"))
            })
            .on_request_headers(move |context, _, _| {
                let token = at_request.header_value(MapKind::RequestHeaders, b"x-token").unwrap_or_default();
                let path = [b"/check/".as_slice(), &token].concat();
                let fields: [(&[u8], &[u8]); 3] = [(b":method", b"GET"), (b":path", &path), (b":authority", b"idp")];
                let call =
                    at_request.http_call(b"idp", &pairs::encode(fields), b"", &pairs::encode([]), 1_000).unwrap();
                contexts.borrow_mut().insert(call, context);
                Ok(Action::Pause as u32)
            })
            .on_http_call_response(move |_, call, _, _, _| {
                let context = asked.borrow_mut().remove(&call).unwrap();
                host.set_effective_context(context).unwrap();
                let status = host.header_value(MapKind::CalloutHeaders, b":status").unwrap_or_default();
                host.log(
                    LogLevel::Info,
                    &format!(r#"{{"event":"decision","status":"{}"}}"#, String::from_utf8_lossy(&status)),
                );
                if status == b"200" {
                    host.increment_metric(*passed.borrow(), 1).unwrap();
                    host.continue_stream(Direction::Request).unwrap();
                } else {
                    host.send_local_response(403, b"", &status, &pairs::encode([]), -1).unwrap();
                }
                Ok(())
            });
        Ok(plugin.boxed())
    })
}

fn play(cases: &str) -> anyhow::Result<Vec<Failure>> {
    let cases: String = cases.lines().map(|line| format!("  {line}\n")).collect();
    let file = parse(&format!(
        "about: a test\nconfig: {{ policy: x }}\nvars: {{ unsigned: {{ jwt: {{ header: {{ alg: none }} }} }} }}\n\
         upstreams:\n  idp:\n    - {{ when: {{ path: '/check/${{unsigned}}' }}, reply: {{ status: 200 }} }}\n    \
         - {{ when: {{ path: /check/slow }}, fault: timeout }}\n    - {{ when: {{ path: /check/cut }}, fault: reset }}\n    \
         - {{ when: {{ path: /check/bad, method: GET }}, reply: {{ status: 404 }} }}\ncases:\n{cases}"
    ))?;
    run(&file, "asking", &Platform::Native(asking()))
}

/// The fields that differ, case by case.
fn differing(cases: &str) -> Vec<Vec<String>> {
    let failures = play(cases).unwrap();
    failures.into_iter().map(|failure| failure.mismatches.into_iter().map(|found| found.field).collect()).collect()
}

#[test]
fn what_is_described_happens() {
    let cases = r#"
- name: passes
  request: { path: /a, headers: [[x-token, "${unsigned}"]], body: sent }
  upstream: { status: 201, body: hello }
  expect:
    { status: 201, body: hello, upstream: { path: /a, body: sent }, callouts: { idp: 1 }, metrics: { passed: 1 }, events: [{ status: "200" }] }
- name: denied
  request: { path: /a, headers: [[x-token, bad]] }
  expect: { status: 403, body: "404", upstream: null, callouts: { idp: 1 }, metrics: { passed: 0 }, events: [{ status: "404" }] }
- name: late
  advance: 1s
  request: { path: /a, headers: [[x-token, slow]] }
  expect: { status: 403, body: "504", upstream: null }
- name: broken off
  request: { path: /a, headers: [[x-token, cut]] }
  expect: { status: 403, upstream: null }
- name: passes after all that
  request: { path: /a, headers: [[x-token, "${unsigned}"]] }
  upstream: { fault: reset }
  expect: { status: 503, upstream: {}, metrics: { passed: 1 }, events: [{}] }
"#;
    assert_eq!(differing(cases), Vec::<Vec<String>>::new());
}

#[test]
fn an_upstream_changes_with_a_case_and_stays_so() {
    let cases = r#"
- name: as the file says
  request: { path: /a, headers: [[x-token, bad]] }
  expect: { status: 403, body: "404" }
- name: as the case says
  upstreams: { idp: [{ reply: { status: 200 } }] }
  request: { path: /a, headers: [[x-token, bad]] }
  expect: { status: 200, callouts: { idp: 1 } }
- name: as the case before said
  request: { path: /a, headers: [[x-token, bad]] }
  expect: { status: 200, callouts: { idp: 1 } }
"#;
    assert_eq!(differing(cases), Vec::<Vec<String>>::new());
}

#[test]
fn what_is_not_as_described_is_told_and_the_next_case_goes_on() {
    let cases = r#"
- name: expects to be denied
  request: { path: /a, headers: [[x-token, "${unsigned}"]] }
  expect: { status: 403, upstream: null, callouts: { idp: 0 }, metrics: { passed: 0 }, events: [], logs_without: [decision] }
- name: asks what no rule answers
  request: { path: /a, headers: [[x-token, unknown]] }
  expect: { status: 403, body: "500" }
- name: is as described
  request: { path: /a, headers: [[x-token, bad]] }
  expect: { status: 403 }
"#;
    let all = ["status", "upstream", "events", "metrics.passed", "callouts.idp", "logs_without[0]"];
    assert_eq!(differing(cases), [all.as_slice(), &["callouts"]]);
}

#[test]
fn a_report_names_file_case_host_and_field() {
    let cases = "- { name: odd, request: { path: /, headers: [[x-token, bad]] }, expect: { status: 200 } }";
    let report = play(cases).unwrap().remove(0).to_string();
    for part in ["some/tests/cases/file.yaml", "\"odd\" on native", "expect.status", "200", "403", "log: {\"event\""] {
        assert!(report.contains(part), "no {part:?} in: {report}");
    }
}

#[test]
fn a_configuration_that_is_refused_and_a_name_without_value_are_errors() {
    let text = "about: x\nconfig: { policy: refuse }\ncases: [{ name: a, request: { path: / }, expect: {} }]";
    let error = run(&parse(text).unwrap(), "asking", &Platform::Native(asking())).unwrap_err();
    assert!(format!("{error:#}").contains("did not start"), "{error:#}");
    let error = play("- { name: odd, request: { path: '/${nobody}' }, expect: {} }").unwrap_err();
    assert!(format!("{error:#}").contains("case \"odd\": request.path"), "{error:#}");
}
