//! Templates and tokens.

use std::collections::BTreeMap;
use std::path::Path;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::case::vars::{Var, Vars};

const NOW: u64 = 1_767_225_600;

fn make(yaml: &str) -> anyhow::Result<String> {
    let vars: BTreeMap<String, Var> = serde_saphyr::from_str(yaml)?;
    Vars::make(&vars, Path::new(env!("CARGO_MANIFEST_DIR")), NOW)?.fill("${v}")
}

fn claims(token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    decode::<Value>(token, &DecodingKey::from_secret(b"s"), &validation).map(|token| token.claims)
}

#[test]
fn texts_are_filled_once_and_wholly() {
    let vars = Vars::from([("a", "${b}"), ("b", "B")]);
    assert_eq!(vars.fill("x ${a} ${b}${b} $ {b} $").unwrap(), "x ${b} BB $ {b} $");
    assert!(format!("{:#}", vars.fill("${c}").unwrap_err()).contains("`c`"));
    assert!(vars.fill("${a").unwrap_err().to_string().contains('}'));
    let filled = vars.fill_json(&json!({"${a}": ["${b}", {"k": "${b}"}, 1, null]})).unwrap();
    assert_eq!(filled, json!({"${a}": ["B", {"k": "B"}, 1, null]}));
}

#[test]
fn a_token_carries_its_header_and_its_claims_with_times_from_now() {
    let token = make(
        "v: { jwt: { secret: s, header: { alg: HS256, kid: k, odd: [1] }, \
         claims: { exp: now+300, nbf: now-10, iat: now, sub: nowhere, deep: [now+1], n: now300 } } }",
    )
    .unwrap();
    assert_eq!(decode_header(&token).unwrap().kid.as_deref(), Some("k"));
    let expected = json!({
        "exp": NOW + 300, "nbf": NOW - 10, "iat": NOW, "sub": "nowhere", "deep": [NOW + 1], "n": "now300",
    });
    assert_eq!(claims(&token).unwrap(), expected);
}

#[test]
fn the_header_may_lie_about_what_signed_the_token() {
    let token = make("v: { jwt: { secret: s, header: { alg: none }, sign_with: HS256 } }").unwrap();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    assert!(!signature.is_empty());
    assert_eq!(make("v: { jwt: { header: { alg: none } } }").unwrap(), format!("{header}.{payload}."));
}

#[test]
fn a_damaged_token_is_another_that_does_not_verify() {
    let good = "secret: s, header: { alg: HS256 }, claims: { sub: anna }";
    let token = make(&format!("v: {{ jwt: {{ {good} }} }}")).unwrap();
    claims(&token).unwrap();
    for (part, index) in [("signature", 2), ("payload", 1)] {
        let damaged = make(&format!("v: {{ jwt: {{ {good} }}, tamper: {part} }}")).unwrap();
        let changed: Vec<_> = (0..3).filter(|n| token.split('.').nth(*n) != damaged.split('.').nth(*n)).collect();
        assert_eq!(changed, [index]);
        assert_eq!(claims(&damaged).unwrap_err().to_string(), "InvalidSignature");
    }
}

#[test]
fn a_value_may_name_others_in_any_order() {
    let digest = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"; // of "abc"
    let token = make("v: { jwt: { secret: s, header: { alg: HS256 }, claims: { ath: '${w}' } } }\nw: { sha256: abc }");
    assert_eq!(claims(&token.unwrap()).unwrap(), json!({ "ath": digest }));
    let endless = format!("{:#}", make("v: { sha256: '${w}' }\nw: { sha256: '${v}' }").unwrap_err());
    assert!(endless.contains("vars.v"), "{endless}");
}

#[test]
fn what_cannot_be_made_says_why() {
    for (wrong, says) in [
        ("v: { jwt: { secret: s, header: {} } }", "sign_with"),
        ("v: { jwt: { secret: s, header: { alg: XX } } }", "XX"),
        ("v: { jwt: { header: { alg: HS256 } } }", "one of them"),
        ("v: { jwt: { key: no.pem, header: { alg: RS256 } } }", "no.pem"),
        ("v: { jwt: { key: Cargo.toml, header: { alg: RS256 } } }", "no key for RS256"),
        ("v: { jwt: { header: { alg: none } }, tamper: signature }", "no signature"),
        ("v: { file: no.json }", "no.json"),
        ("v: { file: Cargo.toml, tamper: payload }", "a value is"),
        ("v: {}", "a value is"),
        ("v: { fle: x }", "fle"),
    ] {
        let error = format!("{:#}", make(wrong).expect_err(wrong));
        assert!(error.contains(says), "{wrong}: {error}");
    }
    assert!(make("v: { file: Cargo.toml }").unwrap().contains("gatewright-host"));
}
