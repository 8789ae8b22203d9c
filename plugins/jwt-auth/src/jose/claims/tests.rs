use serde_json::{Value, json};

use super::{Claims, Expectations, LAST_DATE};
use crate::jose::Refusal;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: u64 = 1_000_000;

fn claims(value: &Value) -> Claims {
    Claims::parse(value.to_string().as_bytes()).unwrap()
}

fn check(value: &Value, expected: &Expectations) -> Result<(), Refusal> {
    claims(value).validate(expected, NOW)
}

fn dates_only(clock_skew: u64) -> Expectations {
    Expectations { clock_skew, require_expiration: false, ..Expectations::default() }
}

#[test]
fn a_lifetime_is_from_issue_or_from_now() {
    let day =
        Expectations { max_lifetime: Some(100), require_expiration: false, clock_skew: 10, ..Expectations::default() };
    for (claims, outcome) in [
        (json!({"iat": NOW - 50, "exp": NOW + 50}), Ok(())),
        (json!({"iat": NOW - 50, "exp": NOW + 51}), Err(Refusal::Lifetime)),
        (json!({"exp": NOW + 110}), Ok(())),
        (json!({"exp": NOW + 111}), Err(Refusal::Lifetime)),
        (json!({"iat": NOW}), Err(Refusal::ClaimMissing("exp"))),
    ] {
        assert_eq!(check(&claims, &day), outcome, "{claims}");
    }
}

#[test]
fn validity_is_what_validate_says() {
    let claims = json!({"nbf": NOW + 5, "iat": NOW, "exp": NOW + 20});
    let (from, until) = super::Claims::parse(claims.to_string().as_bytes()).unwrap().validity(3);
    for now in NOW - 10..NOW + 30 {
        let parsed = super::Claims::parse(claims.to_string().as_bytes()).unwrap();
        let good = parsed.validate(&dates_only(3), now).is_ok();
        assert_eq!((from..=until).contains(&now), good, "{now}");
    }
}

#[test]
fn expires_on_the_second_and_not_before() {
    let exact = dates_only(0);
    for (expires, outcome) in [
        (json!(NOW + 1), Ok(())),
        (json!(NOW), Err(Refusal::Expired)),
        (json!(NOW - 1), Err(Refusal::Expired)),
        (json!(0), Err(Refusal::Expired)),
        (json!(NOW as f64 + 0.5), Ok(())),
        (json!(NOW as f64 - 0.5), Err(Refusal::Expired)),
        (json!(LAST_DATE), Ok(())),
    ] {
        assert_eq!(check(&json!({ "exp": expires }), &exact), outcome, "{expires}");
    }
    assert_eq!(check(&json!({ "exp": NOW - 59 }), &dates_only(60)), Ok(()));
    assert_eq!(check(&json!({ "exp": NOW - 60 }), &dates_only(60)), Err(Refusal::Expired));
}

#[test]
fn is_not_valid_before_its_time() {
    for (name, refusal) in [("nbf", Refusal::NotYetValid), ("iat", Refusal::IssuedInFuture)] {
        for (date, skew, outcome) in [
            (json!(NOW), 0, Ok(())),
            (json!(NOW + 1), 0, Err(refusal)),
            (json!(NOW as f64 + 0.5), 0, Err(refusal)),
            (json!(NOW + 60), 60, Ok(())),
            (json!(NOW + 61), 60, Err(refusal)),
            (json!(0), 0, Ok(())),
        ] {
            assert_eq!(check(&json!({ name: date }), &dates_only(skew)), outcome, "{name} {date} {skew}");
        }
    }
}

#[test]
fn must_expire_unless_told_otherwise() {
    assert_eq!(check(&json!({}), &Expectations::default()), Err(Refusal::ClaimMissing("exp")));
    assert_eq!(check(&json!({}), &dates_only(0)), Ok(()));
    assert_eq!(check(&json!({ "exp": NOW }), &dates_only(0)), Err(Refusal::Expired));
}

#[test]
fn no_clock_overflows() {
    let token = claims(&json!({"exp": LAST_DATE, "nbf": 0, "iat": 0}));
    assert_eq!(token.validate(&dates_only(u64::MAX), u64::MAX), Ok(()));
    assert_eq!(token.validate(&dates_only(0), u64::MAX), Err(Refusal::Expired));
    assert_eq!(token.validate(&dates_only(u64::MAX), 0), Ok(()));
}

#[test]
fn dates_are_numbers_that_are_dates() {
    for name in ["exp", "nbf", "iat"] {
        for text in [
            "\"1\"",
            "null",
            "true",
            "[]",
            "{}",
            "-1",
            "-0.5",
            "1700000000000",
            "253402300800",
            "1e300",
            "18446744073709551615",
        ] {
            let outcome = Claims::parse(format!(r#"{{"{name}":{text}}}"#).as_bytes()).unwrap_err();
            assert_eq!(outcome, Refusal::ClaimInvalid(name), "{text}");
        }
        for text in ["1e999", "NaN", "Infinity", "0x10", "+1", "01"] {
            let outcome = Claims::parse(format!(r#"{{"{name}":{text}}}"#).as_bytes()).unwrap_err();
            assert_eq!(outcome, Refusal::PayloadJson, "{text}");
        }
    }
}

#[test]
fn the_issuer_is_exactly_that_one() {
    let expected = Expectations { issuer: Some("https://issuer".into()), ..dates_only(0) };
    assert_eq!(check(&json!({"iss": "https://issuer"}), &expected), Ok(()));
    for other in ["https://issuer/", "https://issuer ", "HTTPS://issuer", "", "https://issuer\0"] {
        assert_eq!(check(&json!({ "iss": other }), &expected), Err(Refusal::Issuer), "{other:?}");
    }
    assert_eq!(check(&json!({}), &expected), Err(Refusal::ClaimMissing("iss")));
}

#[test]
fn the_audience_contains_one_of_ours() {
    let expected = Expectations { audiences: vec!["a".into(), "b".into()], ..dates_only(0) };
    for good in [json!("a"), json!("b"), json!(["x", "b"]), json!(["a"])] {
        assert_eq!(check(&json!({ "aud": good }), &expected), Ok(()), "{good}");
    }
    for bad in [json!("A"), json!("ab"), json!(""), json!([]), json!(["x", "ab"])] {
        assert_eq!(check(&json!({ "aud": bad }), &expected), Err(Refusal::Audience), "{bad}");
    }
    assert_eq!(check(&json!({}), &expected), Err(Refusal::ClaimMissing("aud")));
    assert_eq!(check(&json!({"aud": "x"}), &dates_only(0)), Ok(()));
}

#[test]
fn the_subject_is_one_of_ours() {
    let expected = Expectations { subjects: vec!["joe".into(), "ann".into()], ..dates_only(0) };
    assert_eq!(check(&json!({"sub": "ann"}), &expected), Ok(()));
    assert_eq!(check(&json!({"sub": "Ann"}), &expected), Err(Refusal::Subject));
    assert_eq!(check(&json!({}), &expected), Err(Refusal::ClaimMissing("sub")));
}

#[test]
fn registered_claims_have_their_types() {
    for (payload, name) in [
        (r#"{"iss":1}"#, "iss"),
        (r#"{"iss":null}"#, "iss"),
        (r#"{"sub":["joe"]}"#, "sub"),
        (r#"{"jti":7}"#, "jti"),
        (r#"{"aud":null}"#, "aud"),
        (r#"{"aud":["a",1]}"#, "aud"),
        (r#"{"aud":{"a":1}}"#, "aud"),
    ] {
        assert_eq!(Claims::parse(payload.as_bytes()).unwrap_err(), Refusal::ClaimInvalid(name), "{payload}");
    }
}

#[test]
fn a_payload_has_one_reading() {
    for payload in ["", "[]", "\"a.b.c\"", "{", r#"{"sub":"a","sub":"b"}"#, r#"{"a":{"b":1,"b":1}}"#, "{} {}"] {
        assert_eq!(Claims::parse(payload.as_bytes()).unwrap_err(), Refusal::PayloadJson, "{payload}");
    }
    assert_eq!(Claims::parse(b"{\"sub\":\"\xff\"}").unwrap_err(), Refusal::PayloadJson);
}

#[test]
fn prints_names_only() {
    assert_eq!(format!("{:?}", claims(&json!({"email": "joe@example.com", "exp": 7}))), r#"{"email", "exp"}"#);
}

#[test]
fn gives_access_to_all_claims() {
    let token = claims(&json!({"iss": "i", "exp": 7.2, "x": {"y": [1]}}));
    assert_eq!((token.issuer(), token.expires(), token.members().len()), (Some("i"), Some(8), 3));
    assert_eq!(token.get("x").unwrap()["y"][0], 1);
}

proptest::proptest! {
    #[test]
    fn agrees_with_the_text_of_rfc_7519(exp in 0..40_u32, nbf in 0..40_u32, iat in 0..40_u32, skew in 0..4_u64, now in 0..10_u64) {
        let quarters = |quarters: u32| f64::from(quarters) / 4.0;
        let token = claims(&json!({"exp": quarters(exp), "nbf": quarters(nbf), "iat": quarters(iat)}));
        let (now_f, skew_f) = (now as f64, skew as f64);
        let alive = now_f - skew_f.min(now_f) < quarters(exp) && quarters(nbf) <= now_f + skew_f && quarters(iat) <= now_f + skew_f;
        proptest::prop_assert_eq!(token.validate(&dates_only(skew), now).is_ok(), alive);
    }

    #[test]
    fn payloads_never_panic(text in r#"\{("exp"|"aud"|"iss"|[:,{}\[\]" a0.e-]){0,16}\}?"#) {
        let _ = Claims::parse(text.as_bytes()).map(|claims| claims.validate(&Expectations::default(), NOW));
    }
}
