//! Requests that are made to cost much: each byte of them is paid for with a bounded amount of fuel.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use super::{Metered, deny};

const KIB: usize = 1024;

/// Fuel that a byte may cost.
struct Most(u64);

impl Most {
    /// Runs the request and compares. `bytes` is the size of what the attacker made.
    fn for_bytes(&self, what: &str, policy: &Value, request: &Request, bytes: usize) {
        let (fuel, status) = Metered::new(policy).first(request);
        assert_ne!(status, 0, "{what}: nothing was decided");
        let each = fuel / u64::try_from(bytes).unwrap();
        println!("{what}: {each} fuel for each of {bytes} bytes, {fuel} in all, status {status}");
        assert!(each <= self.0, "{what}: {each} fuel for each byte is more than {}", self.0);
    }
}

fn wide_limits() -> Value {
    let sizes = json!({
        "path": "1MiB", "query": "2MiB", "header": "2MiB", "headers_size": "4MiB", "parameter": "2MiB", "parameters": 100_000,
        "cookies": 100_000, "cookies_size": "2MiB",
    });
    json!({ "limits": sizes })
}

fn regexes(field: &str, patterns: &[&str]) -> Value {
    let rule = |(number, pattern): (usize, &&str)| deny(format!("r{number}"), json!({field: {"regex": pattern}}));
    json!({ "hygiene": wide_limits(), "rules": patterns.iter().enumerate().map(rule).collect::<Vec<_>>() })
}

/// Patterns that take other engines exponential or quadratic time.
const NESTED: [&str; 6] =
    ["(?:a+)+$x", "(?:a|aa)*b!", "(?:a*)*c!", "(?:[a-z]+[0-9]*)+!", "a{1,60}b{1,60}!", "(?:.*a){12}!"];

#[test]
fn nested_quantifiers() {
    let policy = regexes("values", &NESTED);
    let value = "a".repeat(64 * KIB);
    Most(250).for_bytes("one letter", &policy, &Request::get(&format!("/?q={value}")), value.len());
    let value = "ab1a2b".repeat(10 * KIB);
    Most(250).for_bytes("many states", &policy, &Request::get(&format!("/?q={value}")), value.len());
}

#[test]
fn every_literal_at_once() {
    let patterns = (0..100).map(|n| format!("word{n}x[a-z]{{1,30}}[0-9]{{1,30}}!")).collect::<Vec<_>>();
    let policy = regexes("path", &patterns.iter().map(String::as_str).collect::<Vec<_>>());
    let words = (0..100).map(|n| format!("word{n}x")).collect::<String>();
    let path = format!("/{words}{}", "abc12".repeat(6 * KIB));
    Most(3_200).for_bytes("100 patterns run", &policy, &Request::get(&path), path.len());
}

#[test]
fn patterns_without_a_literal() {
    // Each remembers where it stands in its repetitions: together they have more states than are kept.
    let patterns = (0..16u8).map(|n| format!("[{}-z]{{1,20}}[0-9]{{1,{}}}[a-m]{{1,9}}!", char::from(b'a' + n), n + 2));
    let policy = regexes("values", &patterns.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
    let mut state = 1u32;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[(state >> 16) as usize % 36])
    });
    let value = letters.take(32 * KIB).collect::<String>();
    Most(4_200).for_bytes("16 patterns", &policy, &Request::get(&format!("/?q={value}")), value.len());
}

#[test]
fn a_large_header() {
    let policy =
        json!({"hygiene": wide_limits(), "rules": [deny("r".into(), json!({"headers": [{"regex": "evil[0-9]+x"}]}))]});
    for piece in ["a", "%25", "evil1", "\u{ff1c}"] {
        let value = piece.repeat(KIB * KIB / piece.len());
        Most(230).for_bytes(
            &format!("header of {piece}"),
            &policy,
            &Request::get("/").with_header("x-long", &value),
            value.len(),
        );
    }
}

#[test]
fn odd_paths_and_queries() {
    let accept = json!({"path": {
        "double_encoding": "accept", "encoded_slash": "accept", "encoded_dot_segment": "accept", "ambiguous_dot_segment": "accept",
        "above_root": "accept", "encoded_too_deep": "accept", "backslash": "accept",
    }});
    let mut policy = regexes("path", &["evil[0-9]+x"]);
    policy["normalise"] = accept;
    for piece in ["/../", "/./", "/a", ";a", "%2525252525", "%2e%2e%2f", "\\..", "/..;/a"] {
        let path = format!("/{}", piece.repeat(256 * KIB / piece.len()));
        Most(420).for_bytes(&format!("path of {piece}"), &policy, &Request::get(&path), path.len());
    }
    for piece in ["&", "&a=b", "&%41", "a+b%20"] {
        let query = piece.repeat(128 * KIB / piece.len());
        Most(380).for_bytes(&format!("query of {piece}"), &policy, &Request::get(&format!("/?{query}")), query.len());
    }
}

#[test]
fn deep_and_long_bodies() {
    let body = json!({"inspect": true, "max_size": "1MiB", "limits": {"json": {"depth": 20_000, "string": "1MiB", "values": 1_000_000, "elements": 1_000_000}}});
    let policy = json!({"body": body, "rules": [deny("r".into(), json!({"values": {"regex": "evil[0-9]+x"}}))]});
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let long = format!("\"{}\"", "a".repeat(900 * KIB));
    let escapes = format!("\"{}\"", r"\u0061".repeat(100 * KIB));
    let many = format!("[{}1]", "1,".repeat(100 * KIB));
    for (what, json) in [
        ("deep lists", deep),
        ("deep objects", objects),
        ("a long string", long),
        ("escapes", escapes),
        ("many values", many),
    ] {
        let request = Request::post("/", json.as_str()).with_header("content-type", "application/json");
        Most(830).for_bytes(what, &policy, &request, json.len());
    }
}
