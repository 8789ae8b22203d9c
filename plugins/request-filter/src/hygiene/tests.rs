use gatewright::config::Size;
use proptest::prelude::*;

use super::*;
use crate::config;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Fields = &'static [(&'static str, &'static str)];
/// Fields, the refusal, and the switch that turns it off.
type Oddity = (Fields, Fields, (u16, &'static str), fn(&mut Hygiene));
/// A limit, fields that are just within it and just above it, and the refusal.
type Limited = (fn(&mut config::Limits), Fields, Fields, &'static str);

const GET: [(&str, &str); 3] = [(":method", "GET"), (":path", "/"), (":authority", "a.example")];
const POST: [(&str, &str); 3] = [(":method", "POST"), (":path", "/"), (":authority", "a.example")];

fn outcome(settings: Hygiene, base: &[(&str, &str)], more: &[(&str, &str)]) -> Result<(), (u16, &'static str)> {
    let headers: Headers = base.iter().chain(more).copied().collect();
    Checks::new(settings).check(&headers).map(drop).map_err(|refusal| (refusal.status, refusal.reason))
}

#[test]
fn ordinary_requests_pass() {
    for (base, more) in [
        (GET, &[("accept", "*/*"), ("cookie", "a=b"), ("x-latin", "\u{fc}")][..]),
        (POST, &[("content-length", "3"), ("content-type", "application/json; charset=utf-8")]),
        (POST, &[("transfer-encoding", "chunked"), ("content-type", "multipart/form-data; boundary=\"a,b\"")]),
        (POST, &[("content-length", "0")]),
        (GET, &[("authorization", "Digest username=\"a\", realm=\"b\"")]),
        (GET, &[("host", "A.example:443"), ("content-type", "text/plain")]),
    ] {
        assert_eq!(outcome(Hygiene::default(), &base, more), Ok(()), "{more:?}");
    }
}

#[test]
fn each_oddity_has_a_name_and_a_switch() {
    const TYPED: (&str, &str) = ("content-type", "text/plain");
    let off = |switch: fn(&mut Hygiene)| {
        let mut settings = Hygiene::default();
        switch(&mut settings);
        settings
    };
    let cases: &[Oddity] = &[
        (&POST, &[TYPED, ("content-length", "1"), ("content-length", "1")], (400, "content_length_repeated"), |h| {
            h.content_length = false
        }),
        (&POST, &[TYPED, ("content-length", "1,1")], (400, "content_length_invalid"), |h| h.content_length = false),
        (&POST, &[TYPED, ("content-length", "+1")], (400, "content_length_invalid"), |h| h.content_length = false),
        (
            &POST,
            &[TYPED, ("content-length", "1"), ("transfer-encoding", "chunked")],
            (400, "content_length_with_transfer_encoding"),
            |h| h.content_length = false,
        ),
        (&POST, &[TYPED, ("transfer-encoding", "gzip, chunked")], (400, "transfer_encoding_unknown"), |h| {
            h.transfer_encoding = false
        }),
        (
            &POST,
            &[TYPED, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            (400, "transfer_encoding_repeated"),
            |h| h.transfer_encoding = false,
        ),
        (&GET, &[("authorization", "a"), ("authorization", "a")], (400, "authorization_repeated"), |h| {
            h.repeated_fields = false
        }),
        (&GET, &[("authorization", "Bearer a,Bearer b")], (400, "authorization_repeated"), |h| {
            h.repeated_fields = false
        }),
        (&GET, &[TYPED, TYPED], (400, "content_type_repeated"), |h| h.repeated_fields = false),
        (&GET, &[("host", "b.example")], (400, "host_mismatch"), |h| h.repeated_fields = false),
        (&GET[..2], &[], (400, "host_missing"), |h| h.host = false),
        (&GET[..2], &[(":authority", "a@b")], (400, "host_invalid"), |h| h.host = false),
        (&POST, &[("content-length", "1")], (415, "content_type_missing"), |h| h.content_type = false),
        (&POST, &[("content-type", "json")], (415, "content_type_invalid"), |h| h.content_type = false),
        (&POST, &[("content-type", "text/plain, application/json")], (415, "content_type_invalid"), |h| {
            h.content_type = false
        }),
        (&GET, &[("x-a", "a\u{1}b")], (400, "header_control_character"), |h| h.field_syntax = false),
        (&GET[1..], &[(":method", "TRACE")], (405, "method_not_allowed"), |h| h.methods.clear()),
    ];
    for (base, more, refusal, switch) in cases {
        assert_eq!(outcome(Hygiene::default(), base, more), Err(*refusal), "{more:?}");
        assert_eq!(outcome(off(*switch), base, more), Ok(()), "{more:?}");
    }
    let listed = || off(|settings| settings.media_types = vec!["application/json".into()]);
    for (fields, passes) in [
        (&[("content-type", "application/JSON ; charset=utf-8"), ("content-length", "1")][..], true),
        (&[("content-type", "application/grpc")], false),
        (&[("content-type", "application/json-patch+json")], false),
        (&[], true),
    ] {
        let expected = if passes { Ok(()) } else { Err((415, "content_type_not_accepted")) };
        assert_eq!(outcome(listed(), &POST, fields), expected, "{fields:?}");
    }
    let on = off(|settings| settings.unexpected_body = true);
    assert_eq!(outcome(on, &GET, &[TYPED, ("content-length", "1")]), Err((400, "body_unexpected")));
}

#[test]
fn a_stream_says_so() {
    let of = |content_type: &'static str| {
        Seen { content_type: Some(content_type.as_bytes()), ..Seen::default() }.is_stream()
    };
    for stream in ["application/grpc", "Application/gRPC+proto", "application/grpc; a=b", "application/grpc-web-text"] {
        assert!(of(stream), "{stream}");
    }
    for other in ["", "application/json", "application/grpcx", "application/grp"] {
        assert!(!of(other), "{other}");
    }
}

#[test]
fn a_name_is_a_token() {
    // Header lists of our own hosts do not carry such names; other hosts may.
    assert!(fields::name(b"x a").is_err() && fields::name(b"").is_err() && fields::name(b"x:").is_err());
    assert!(fields::name(b":path").is_ok() && fields::name(b"X-a_b").is_ok() && fields::value(b"\t").is_ok());
}

#[test]
fn every_limit_is_the_most_that_passes() {
    let limited = |set: fn(&mut config::Limits)| {
        let mut settings = Hygiene::default();
        set(&mut settings.limits);
        settings
    };
    let cases: &[Limited] = &[
        (|l| l.headers = 4, &[("a", "b")], &[("a", "b"), ("c", "d")], "too_many_headers"),
        (
            |l| l.header = Size::from_bytes(19),
            &[("abcd", "123456789012345")],
            &[("abcd", "1234567890123456")],
            "header_too_large",
        ),
        (|l| l.headers_size = Size::from_bytes(37), &[("a", "b")], &[("a", "bc")], "headers_too_large"),
        (
            |l| l.cookies_size = Size::from_bytes(6),
            &[("cookie", "a=b"), ("cookie", "c=d")],
            &[("cookie", "a=b"), ("cookie", "c=de")],
            "cookies_too_large",
        ),
        (
            |l| l.body = Size::from_bytes(9),
            &[("content-length", "9"), ("content-type", "a/b")],
            &[("content-length", "10")],
            "body_too_large",
        ),
    ];
    for (set, passes, not, reason) in cases {
        assert_eq!(outcome(limited(*set), &GET, passes), Ok(()), "{reason}");
        assert_eq!(outcome(limited(*set), &GET, not).map_err(|(_, reason)| reason), Err(*reason));
    }
    let limits = limited(|l| (l.path, l.query, l.parameters) = (Size::from_bytes(2), Size::from_bytes(3), 1));
    let checks = Checks::new(limits);
    assert!(checks.limits().target(b"/a", b"a=b").is_ok() && checks.limits().parameters(1).is_ok());
    assert_eq!(checks.limits().target(b"/ab", b"").map_err(|refusal| refusal.reason), Err("path_too_long"));
    assert_eq!(checks.limits().target(b"/", b"a=bc").map_err(|refusal| refusal.reason), Err("query_too_long"));
    assert_eq!(checks.limits().parameters(2).map_err(|refusal| refusal.reason), Err("too_many_parameters"));
}

proptest! {
    /// The shortcut for credentials is taken only where neither check finds anything.
    #[test]
    fn plain_credentials_are_single_and_without_controls(value in prop_oneof![
        "(?:bearer|Basic|x) [a-z,.-]{0,20}", "[ -~\\t\\n\u{80}]{0,12}",
    ]) {
        let value = value.as_bytes();
        prop_assert!(!fields::are_plain_credentials(value) || (fields::value(value).is_ok() && !fields::are_joined_credentials(value)));
    }
}
