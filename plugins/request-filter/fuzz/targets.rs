//! What is fuzzed: anything that clients send. The same functions run under libFuzzer and, on the inputs that it found worth keeping, in
//! `tests/fuzz_corpus.rs`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a target fails by panicking, and uses one of these functions"
)]

use regex::bytes::{Regex, RegexBuilder};
use request_filter::Sees;
use request_filter::body::Body;
use request_filter::body::limits::Limits;
use request_filter::contract::{Contract, Head, Options, Reading};
use request_filter::engine::{Budget, Engine, EngineBuilder, Hits, Selector, Test};
use request_filter::groups::{Group, Signature};
use request_filter::normalise::{Condition, Conditions, canonical_host, canonical_path, canonical_text};
use request_filter::transform::{Transform, apply};
use request_filter::value::{Place, Refusal, Value};

/// A JSON document behind a first byte that says how it is cut.
pub(crate) fn json(data: &[u8]) {
    let Some((cut, body)) = data.split_first() else { return };
    let read = every_piece("application/json", *cut, body);
    let known = serde_json::from_slice::<serde_json::Value>(body);
    match read {
        // RFC 8259 allows numbers that no common type holds.
        Ok(_) => assert!(known.err().is_none_or(|error| error.to_string().contains("out of range"))),
        // What is refused as malformed is so for others, but for what they are known to let pass or not to see.
        Err(refusal) if refusal.reason == "json_invalid" || refusal.reason == "json_truncated" => {
            assert!(known.is_err(), "{}", refusal.reason);
        }
        Err(_) => {}
    }
}

/// A form behind a first byte that says how it is cut.
pub(crate) fn form(data: &[u8]) {
    let Some((cut, body)) = data.split_first() else { return };
    let Ok(seen) = every_piece("application/x-www-form-urlencoded", *cut, body) else { return };
    let parameters = body.split(|byte| *byte == b'&').filter(|parameter| !parameter.is_empty()).count();
    assert_eq!(seen.len(), 2 * parameters);
}

/// A multipart body with the boundary `b` behind a first byte that says how it is cut.
pub(crate) fn multipart(data: &[u8]) {
    let Some((cut, body)) = data.split_first() else { return };
    let Ok(seen) = every_piece("multipart/form-data; boundary=b", *cut, body) else { return };
    assert!(!seen.is_empty() && seen.len() <= 200);
}

/// A value, path and host at once.
pub(crate) fn normalise(data: &[u8]) {
    let mut conditions = Conditions::default();
    let text = canonical_text(data, &mut conditions);
    if !conditions.has(Condition::TooDeep) {
        assert_eq!(canonical_text(&text, &mut Conditions::default()), text);
    }
    let path = canonical_path(data);
    if !path.conditions.has(Condition::TooDeep) {
        assert_eq!(canonical_path(&path.path).path, path.path);
        assert!(!path.path.split(|byte| *byte == b'/').any(|segment| segment == b".."));
    }
    let _ = canonical_host(data);
}

/// A value before all built-in rules at once, against one pattern and pipeline after the other.
pub(crate) fn engine(value: &[u8]) {
    let canonical = canonical_text(value, &mut Conditions::default());
    SIGNATURES.with(|(engine, patterns)| {
        let mut hits = Hits::new(patterns.len());
        engine.look(&Value { place: Place::Query, name: b"q", raw: value, decoded: value }, &mut hits);
        for (number, (signature, pattern)) in (0..).zip(patterns) {
            let alone = signature.views.iter().any(|view| pattern.is_match(&apply(view, &canonical)));
            assert_eq!(hits.has(number), alone, "{}", signature.id);
        }
    });
}

thread_local! {
    static SIGNATURES: (Engine, Vec<(&'static Signature, Regex)>) = {
        let signatures = Group::ALL.iter().flat_map(|group| group.signatures());
        let mut builder = EngineBuilder::default();
        for (number, signature) in (0..).zip(signatures.clone()) {
            let views: Vec<Vec<Transform>> = signature.views.iter().map(|view| view.to_vec()).collect();
            let selector = Selector { places: vec![Place::Query], name: None, sees: Sees::Canonical, views };
            builder.add(&selector, Test::Regex(signature.pattern.to_owned()), false, number);
        }
        let engine = builder.build(&mut Budget::new(1 << 28)).unwrap();
        let alone = |signature: &Signature| RegexBuilder::new(signature.pattern).unicode(false).build().unwrap();
        (engine, signatures.map(|signature| (signature, alone(signature))).collect())
    };
}

/// A document, a path and a body, one a line; a body alone is checked against a document that has every keyword.
pub(crate) fn contract(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let (first, path, body) = (lines.next().unwrap_or_default(), lines.next(), lines.next());
    match (serde_json::from_slice(first), path, body) {
        (Ok(document), Some(path), Some(body)) => check(&document, path, body),
        _ => check(&serde_json::from_str(CONTRACT).unwrap(), b"/x/1", data),
    }
}

const CONTRACT: &str = include_str!("contract.json");

fn check(document: &serde_json::Value, path: &[u8], body: &[u8]) {
    let Ok(contract) = Contract::compile(document, Options::default(), &mut Budget::new(1 << 20)) else { return };
    let content_type = Some(&b"application/json"[..]);
    for method in [&b"POST"[..], b"GET"] {
        let Ok(found) = contract.operation(method, path) else { continue };
        let values: Vec<(&[u8], &[u8])> = body.split(|byte| *byte == b'&').map(|value| (&b"q"[..], value)).collect();
        let _ = found.check_head(&Head { query: &values, headers: &values, cookies: &values });
        let _ = found.check_form(content_type, &values);
        if found.check_content_type(content_type, true) == Ok(Reading::Json) {
            let verdict = found.check_json(content_type, body);
            assert_eq!(found.check_json(content_type, body), verdict);
        }
    }
}

/// What is visited, the same whole and in pieces.
fn every_piece(content_type: &str, cut: u8, body: &[u8]) -> Result<Vec<Seen>, Refusal> {
    let whole = read(content_type, &[body]);
    let pieces: Vec<&[u8]> = body.chunks(usize::from(cut) + 1).collect();
    assert_eq!(read(content_type, &pieces), whole);
    whole.1.map(|()| whole.0)
}

type Seen = (u8, Vec<u8>, Vec<u8>, Vec<u8>);

fn read(content_type: &str, pieces: &[&[u8]]) -> (Vec<Seen>, Result<(), Refusal>) {
    let mut seen = Vec::new();
    let mut visitor = |value: &Value<'_>| {
        seen.push((value.place as u8, value.name.to_vec(), value.raw.to_vec(), value.decoded.to_vec()));
        Ok(())
    };
    let mut body = Body::new(Some(content_type.as_bytes()), &Limits::default()).unwrap();
    let end =
        pieces.iter().try_for_each(|piece| body.push(piece, &mut visitor)).and_then(|()| body.finish(&mut visitor));
    (seen, end)
}
