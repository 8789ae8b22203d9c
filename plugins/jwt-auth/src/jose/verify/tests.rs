use serde_json::Value;

use super::{CrateVerifier, HostMemory, HostSupport, HostVerifier, PreferHost, Verdict, Verifier, VerifyError};
use crate::jose::testing::{Answers, FakeHost, key};
use crate::jose::token::MAX_SIZE;
use crate::jose::{Algorithm, Jwks, Key, Refusal, Token};
use gatewright::host::Status;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The examples of the RFCs: name, key, token.
fn rfc_vectors() -> Vec<(String, Key, String)> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../tests/vectors/rfc.json")).unwrap();
    assert_eq!(vectors.len(), 9);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let key = |value: &Value| Key::from_jwk(value.as_object().unwrap()).unwrap();
    vectors.iter().map(|vector| (text(&vector["name"]), key(&vector["jwk"]), text(&vector["token"]))).collect()
}

fn verify(verifier: &dyn Verifier, key: &Key, token: &Token<'_>) -> Result<Verdict, VerifyError> {
    verifier.verify(token.header.algorithm, key, token.signing_input, &token.signature)
}

#[test]
fn verifies_the_examples_of_the_rfcs() {
    let (host, memory) = (FakeHost::new(Answers::Really), HostMemory::default());
    for (name, key, text) in rfc_vectors() {
        let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
        assert_eq!(verify(&CrateVerifier, &key, &token), Ok(Verdict::Valid), "{name}");
        assert_eq!(verify(&PreferHost::new(&host, &memory), &key, &token), Ok(Verdict::Valid), "{name}");
    }
    // RFC 7515 A.2 and A.3, RFC 7520 4.1.
    assert_eq!(host.calls.get(), 3);
}

#[test]
fn one_changed_bit_of_signature_or_text_is_found() {
    let (host, memory) = (FakeHost::new(Answers::Really), HostMemory::default());
    for (name, key, text) in rfc_vectors() {
        for (in_signature, bit) in [(true, 0), (true, 77), (false, 3), (false, 90)] {
            let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
            let (mut input, mut signature) = (token.signing_input.to_vec(), token.signature);
            let changed = if in_signature { &mut signature } else { &mut input };
            changed[bit / 8] ^= 1 << (bit % 8);
            for verifier in [&CrateVerifier as &dyn Verifier, &PreferHost::new(&host, &memory)] {
                let verdict = verifier.verify(token.header.algorithm, &key, &input, &signature);
                assert_eq!(verdict, Ok(Verdict::Invalid), "{name} {in_signature} {bit}");
            }
        }
    }
}

#[test]
fn signatures_of_any_other_length_are_none() {
    for (name, key, text) in rfc_vectors() {
        let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
        let signature = token.signature.as_slice();
        let shorter = &signature[..signature.len() - 1];
        for changed in [
            &[][..],
            shorter,
            &[signature, &[0]].concat(),
            &[&[0], signature].concat(),
            &[signature, signature].concat(),
        ] {
            let verdict = CrateVerifier.verify(token.header.algorithm, &key, token.signing_input, changed);
            assert_eq!(verdict, Ok(Verdict::Invalid), "{name} {}", changed.len());
        }
    }
}

#[test]
fn a_signature_of_zeros_verifies_nothing() {
    let (host, memory) = (FakeHost::new(Answers::Really), HostMemory::default());
    for (id, algorithm, length) in [
        ("p-256", Algorithm::Es256, 64),
        ("p-384", Algorithm::Es384, 96),
        ("p-521", Algorithm::Es512, 132),
        ("ed25519", Algorithm::EdDsa, 64),
        ("rsa-2048", Algorithm::Rs256, 256),
        ("rsa-2048", Algorithm::Ps256, 256),
        ("secret-64", Algorithm::Hs256, 32),
    ] {
        for fill in [0, 0xff] {
            for verifier in [&CrateVerifier as &dyn Verifier, &PreferHost::new(&host, &memory)] {
                let verdict = verifier.verify(algorithm, &key(id), b"a.b", &vec![fill; length]);
                assert_eq!(verdict, Ok(Verdict::Invalid), "{id}");
            }
        }
    }
    // The proxy is not even asked, but for RSA, where 0 is a number like any other.
    assert_eq!(host.calls.get(), 1);
}

#[test]
fn a_key_of_another_type_verifies_nothing() {
    let (host, memory) = (FakeHost::new(Answers::Really), HostMemory::default());
    for id in ["rsa-2048", "p-256", "p-384", "p-521", "ed25519", "secret-64"] {
        let key = key(id);
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !key.accepts(*algorithm)) {
            for verifier in [&CrateVerifier as &dyn Verifier, &PreferHost::new(&host, &memory)] {
                assert_eq!(
                    verifier.verify(algorithm, &key, b"a.b", &[1; 64]),
                    Ok(Verdict::Invalid),
                    "{id} {algorithm:?}"
                );
            }
        }
    }
    assert_eq!(host.calls.get(), 0);
}

#[test]
fn a_proxy_without_the_function_is_asked_once() {
    for status in [Status::NotFound, Status::Unimplemented] {
        let (host, memory) = (FakeHost::new(Answers::Status(status)), HostMemory::default());
        assert_eq!(memory.support(), HostSupport::Unknown);
        for (name, key, text) in rfc_vectors() {
            let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
            assert_eq!(
                verify(&HostVerifier::new(&host, &memory), &key, &token),
                Err(VerifyError::Unavailable),
                "{name}"
            );
            assert_eq!(verify(&PreferHost::new(&host, &memory), &key, &token), Ok(Verdict::Valid), "{name}");
        }
        assert_eq!((host.calls.get(), memory.support(), memory.failures()), (1, HostSupport::Missing, 0));
    }
}

#[test]
fn a_proxy_that_fails_never_decides() {
    let text = |text: &str| [&[0x12, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let (good, bad) = (VerifyError::Answer("not a VerifySignatureResult"), |what| VerifyError::Answer(what));
    for (answers, error) in [
        (Answers::Status(Status::BadArgument), VerifyError::Host(Status::BadArgument)),
        (Answers::Status(Status::InternalFailure), VerifyError::Host(Status::InternalFailure)),
        (Answers::Bytes(vec![0x08]), good.clone()),
        (Answers::Bytes(b"true".to_vec()), good.clone()),
        (Answers::Bytes(vec![0x12, 9, b'x']), good.clone()),
        (Answers::Bytes(vec![0xff; 32]), good.clone()),
        (Answers::Bytes([vec![0x08, 1], text("but")].concat()), bad("both a success and an error")),
        (Answers::Bytes(text("Failed to initialize digest verify.")), bad("the proxy cannot use the key")),
        (Answers::Bytes(text("sha256 is not supported.")), bad("the proxy does not have the hash")),
    ] {
        let (host, memory) = (FakeHost::new(answers), HostMemory::default());
        let (_, key, token) = rfc_vectors().remove(1);
        let token = Token::parse(token.as_bytes(), MAX_SIZE).unwrap();
        assert_eq!(verify(&HostVerifier::new(&host, &memory), &key, &token), Err(error));
        assert_eq!(verify(&PreferHost::new(&host, &memory), &key, &token), Ok(Verdict::Valid));
        assert_eq!(memory.failures(), 2);
    }
}

#[test]
fn understands_every_well_formed_answer() {
    let (_, key, text) = rfc_vectors().remove(2);
    let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
    for (answer, verdict) in [
        (vec![0x08, 1], Verdict::Valid),
        (vec![0x12, 0, 0x08, 1], Verdict::Valid),
        (vec![0x1a, 2, 9, 9, 0x20, 0x80, 1, 0x08, 1], Verdict::Valid),
        (vec![], Verdict::Invalid),
        (vec![0x08, 0], Verdict::Invalid),
        (vec![0x08, 2], Verdict::Invalid),
        (vec![0x10, 1], Verdict::Invalid),
        (vec![0x08, 1, 0x08, 0], Verdict::Invalid),
        (vec![0x12, 1, b'x'], Verdict::Invalid),
    ] {
        let (host, memory) = (FakeHost::new(Answers::Bytes(answer.clone())), HostMemory::default());
        assert_eq!(verify(&HostVerifier::new(&host, &memory), &key, &token), Ok(verdict), "{answer:?}");
        assert_eq!((memory.support(), memory.failures()), (HostSupport::Present, 0));
    }
}

#[test]
fn sends_the_arguments_that_envoy_documents() {
    let (host, memory) = (FakeHost::new(Answers::Really), HostMemory::default());
    let (_, key, text) = rfc_vectors().remove(2);
    let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
    for _ in 0..2 {
        assert_eq!(verify(&HostVerifier::new(&host, &memory), &key, &token), Ok(Verdict::Valid));
        let sent = host.arguments.borrow().clone();
        assert_eq!(sent[..8], *b"\x0a\x06sha256");
        // A P-256 key is always 91 bytes of DER.
        assert_eq!(sent[8..10], [0x12, 91]);
        assert_eq!(sent[101..103], [0x1a, sent[104] + 2]);
        assert!(sent.ends_with(token.signing_input));
    }
}

#[test]
fn a_token_is_verified_with_the_keys_that_fit() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../tests/vectors/rfc.json")).unwrap();
    let keys: Vec<&Value> = vectors.iter().map(|vector| &vector["jwk"]).collect();
    let (set, _) = Jwks::parse(serde_json::json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    for (name, key, text) in rfc_vectors() {
        let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
        let found = CrateVerifier.verify_token(&token, &set).unwrap().unwrap();
        assert_eq!(found.id(), key.id(), "{name}");
        let (empty, _) = Jwks::parse(br#"{"keys":[]}"#).unwrap();
        assert_eq!(CrateVerifier.verify_token(&token, &empty).unwrap().unwrap_err(), Refusal::UnknownKey);
        let others = crate::jose::testing::jwks();
        let refusal = CrateVerifier.verify_token(&token, &others).unwrap().unwrap_err();
        assert_eq!(refusal, if key.id().is_some() { Refusal::UnknownKey } else { Refusal::Signature }, "{name}");
    }
}

mod differential;
