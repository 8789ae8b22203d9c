//! What is fuzzed: anything that clients, issuers and operators send. The same functions run under libFuzzer and, on the inputs that
//! it found worth keeping, in `tests/fuzz_corpus.rs`.
#![expect(clippy::expect_used, reason = "a target fails by panicking")]
#![allow(dead_code, reason = "each fuzz target uses one of these functions")]

use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use jsonwebtoken::{Algorithm as Signing, EncodingKey, crypto};
use jwt_auth::JwtAuth;
use jwt_auth::jose::jwks::{MAX_CANDIDATES, MAX_KEYS};
use jwt_auth::jose::token::MAX_SIZE;
use jwt_auth::jose::{Algorithm, Claims, CrateVerifier, Expectations, Jwks, Token, Verifier, base64url};
use serde_json::Value;

const JWKS: &str = include_str!("../tests/keys/jwks.json");
/// The member `k` of the shared secret in [`JWKS`].
const SECRET: &str = "wtTHcht1iTvCJ6Yf2NFd2ZjINdpdghgKByWxoC6aIeoTPX3uFU1oHprQlci8WUrbZwmwAPkUyhVWrGA17OqNxQ";

/// A token: the text after the first byte. If that byte is `s`, header and payload stand there in two lines and are signed first, so
/// that what lies behind the signature is reached too.
pub(crate) fn token(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let signed = (*kind == b's').then(|| sign(text));
    let text = signed.as_deref().map_or(text, str::as_bytes);
    let keys = Jwks::parse(JWKS.as_bytes()).expect("the test keys").0;
    let Ok(token) = Token::parse(text, MAX_SIZE) else { return };
    assert!(text.len() <= MAX_SIZE && text.starts_with(token.signing_input));
    assert!(text.ends_with(base64url::encode(&token.signature).as_bytes()), "another spelling of the signature");
    assert!(
        token.signing_input.ends_with(base64url::encode(&token.payload).as_bytes()),
        "another spelling of the payload"
    );
    if let Ok(Ok(key)) = CrateVerifier.verify_token(&token, &keys) {
        assert!(key.accepts(token.header.algorithm));
    }
    claims(&token.payload);
}

/// A key set: all of the input.
pub(crate) fn jwks(data: &[u8]) {
    let Ok((keys, warnings)) = Jwks::parse(data) else { return };
    assert!(keys.len() <= MAX_KEYS && warnings.len() <= 2 * MAX_KEYS);
    for algorithm in Algorithm::ALL {
        let candidates: Vec<_> = keys.candidates(algorithm, None).collect();
        assert!(candidates.len() <= MAX_CANDIDATES && candidates.iter().all(|key| key.accepts(algorithm)));
        for key in candidates {
            assert!(key.id().is_none_or(|id| keys.knows(id)));
            // Bytes that nobody signed, in any length that the key could want.
            for length in [32, 64, 96, 132, 256] {
                let verdict = CrateVerifier.verify(algorithm, key, b"nobody signed this", &[0x55].repeat(length));
                assert_eq!(verdict, Ok(jwt_auth::jose::Verdict::Invalid));
            }
        }
    }
}

/// A plugin's configuration, as JSON or as a serialised `google.protobuf.Struct`: all of the input.
pub(crate) fn config(data: &[u8]) {
    let Ok(mut proxy) = Proxy::builder().config(data).policy::<JwtAuth>("jwt-auth") else { return };
    for request in
        [Request::get("/"), Request::get("/orders/1?access_token=a.b.c").with_header("authorization", "Bearer a.b.c")]
    {
        let exchange = proxy.send(request);
        // It passes, is refused, could not be decided, or waits for an issuer.
        assert!(matches!(exchange.status(), 0 | 200 | 400 | 401 | 403 | 503), "{}", exchange.status());
    }
}

fn claims(payload: &[u8]) {
    let Ok(claims) = Claims::parse(payload) else { return };
    let value: Value = serde_json::from_slice(payload).expect("what the strict parser takes is JSON");
    assert_eq!(value.as_object(), Some(claims.members()));
    for now in [0, 1_767_225_600, u64::MAX] {
        if claims.validate(&Expectations::default(), now).is_ok() {
            let (first, last) = claims.validity(Expectations::default().clock_skew);
            assert!((first..=last).contains(&now), "valid at {now}, but not from {first} to {last}");
        }
    }
}

/// The compact form of a header and a payload, with a good HMAC.
fn sign(text: &[u8]) -> String {
    let (header, payload) = match text.iter().position(|byte| *byte == b'\n') {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (&br#"{"alg":"HS256","kid":"secret-64"}"#[..], text),
    };
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let key = EncodingKey::from_secret(&base64url::decode(SECRET.as_bytes()).expect("the test key"));
    let signature = crypto::sign(input.as_bytes(), &key, Signing::HS256).expect("HMAC");
    format!("{input}.{signature}")
}
