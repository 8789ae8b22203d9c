//! The two ways of verifying, and `jsonwebtoken` as a third, on random tokens and on mutations of them.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, crypto};
use proptest::prelude::*;
use rsa::BigUint;

use crate::jose::jwk::Material;
use crate::jose::testing::{Answers, FakeHost, jwk, jwks, key, mint, sign, token_of};
use crate::jose::token::MAX_SIZE;
use crate::jose::verify::{CrateVerifier, HostMemory, HostVerifier, PreferHost, Verdict, Verifier, VerifyError};
use crate::jose::{Algorithm, Refusal, Token, base64url};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Every algorithm with the test keys that sign with it.
const SIGNERS: [(Algorithm, &str); 17] = [
    (Algorithm::Rs256, "rsa-2048"),
    (Algorithm::Rs256, "rsa-2048-other"),
    (Algorithm::Rs256, "rsa-3072-e3"),
    (Algorithm::Rs384, "rsa-2048"),
    (Algorithm::Rs512, "rsa-2048"),
    (Algorithm::Ps256, "rsa-2048"),
    (Algorithm::Ps384, "rsa-2048"),
    (Algorithm::Ps512, "rsa-2048"),
    (Algorithm::Ps512, "rsa-3072-e3"),
    (Algorithm::Es256, "p-256"),
    (Algorithm::Es256, "p-256-other"),
    (Algorithm::Es384, "p-384"),
    (Algorithm::Es512, "p-521"),
    (Algorithm::EdDsa, "ed25519"),
    (Algorithm::Hs256, "secret-64"),
    (Algorithm::Hs384, "secret-64"),
    (Algorithm::Hs512, "secret-64"),
];

const BY_HOST: [Algorithm; 5] =
    [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Es256, Algorithm::Es384];

/// What is done to a good token.
#[derive(Clone, Debug)]
enum Mutation {
    None,
    /// This signature bit is flipped.
    SignatureBit(prop::sample::Index),
    /// This input bit is flipped.
    InputBit(prop::sample::Index),
    /// A signature byte is set to this.
    SignatureByte(prop::sample::Index, u8),
    /// The signature is replaced.
    Signature(Vec<u8>),
    /// The halves of the signature change places.
    Swap,
    /// It is cut to this length.
    Cut(prop::sample::Index),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        2 => Just(Mutation::None),
        2 => any::<prop::sample::Index>().prop_map(Mutation::SignatureBit),
        2 => any::<prop::sample::Index>().prop_map(Mutation::InputBit),
        2 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::SignatureByte(at, byte)),
        1 => prop::collection::vec(any::<u8>(), 0..400).prop_map(Mutation::Signature),
        1 => Just(Mutation::Swap),
        1 => any::<prop::sample::Index>().prop_map(Mutation::Cut),
    ]
}

fn mutate(mutation: &Mutation, input: &mut [u8], signature: &mut Vec<u8>) {
    let flip = |bytes: &mut [u8], at: &prop::sample::Index| {
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    };
    match mutation {
        Mutation::None => {}
        Mutation::SignatureBit(at) => flip(signature, at),
        Mutation::InputBit(at) => flip(input, at),
        Mutation::SignatureByte(at, byte) => {
            let at = at.index(signature.len());
            signature[at] = *byte;
        }
        Mutation::Signature(other) => signature.clone_from(other),
        Mutation::Swap => {
            let half = signature.len() / 2;
            signature.rotate_left(half);
        }
        Mutation::Cut(at) => signature.truncate(at.index(signature.len())),
    }
}

/// What `jsonwebtoken` says; it does not know ES512.
fn oracle(algorithm: Algorithm, id: &str, input: &[u8], signature: &[u8]) -> Option<Verdict> {
    let algorithm = algorithm.name().parse().ok()?;
    let public: Jwk = serde_json::from_value(jwk(id).into()).unwrap();
    let key = DecodingKey::from_jwk(&public).unwrap();
    Some(Verdict::of(crypto::verify(&base64url::encode(signature), input, &key, algorithm).unwrap_or(false)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_ways_agree(signer in prop::sample::select(&SIGNERS[..]), payload in ".{1,60}", mutation in mutations()) {
        let (algorithm, id) = signer;
        let text = mint(algorithm, id, &payload);
        let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
        let (mut input, mut signature) = (token.signing_input.to_vec(), token.signature.clone());
        mutate(&mutation, &mut input, &mut signature);
        let unchanged = input == token.signing_input && signature == token.signature;
        let (key, host, memory) = (key(id), FakeHost::new(Answers::Really), HostMemory::default());

        let software = CrateVerifier.verify(algorithm, &key, &input, &signature);
        prop_assert_eq!(&software, &Ok(Verdict::of(unchanged)));
        let by_host = HostVerifier::new(&host, &memory).verify(algorithm, &key, &input, &signature);
        if BY_HOST.contains(&algorithm) {
            prop_assert_eq!(&by_host, &software);
        } else {
            prop_assert_eq!(&by_host, &Err(VerifyError::Unavailable));
        }
        if let Some(verdict) = oracle(algorithm, id, &input, &signature) {
            prop_assert_eq!(Ok(verdict), software);
        }
    }

    #[test]
    fn one_changed_character_makes_a_token_worthless(
        signer in prop::sample::select(&SIGNERS[..]),
        at in any::<prop::sample::Index>(),
        other in prop::sample::select(&b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ \n%\0\xff"[..]),
    ) {
        let (algorithm, id) = signer;
        let mut text = mint(algorithm, id, r#"{"sub":"joe"}"#).into_bytes();
        let at = at.index(text.len());
        prop_assume!(text[at] != other);
        let (set, host, memory) = (jwks(), FakeHost::new(Answers::Really), HostMemory::default());
        let verifier = PreferHost::new(&host, &memory);
        {
            let good = Token::parse(&text, MAX_SIZE).unwrap();
            prop_assert_eq!(verifier.verify_token(&good, &set).unwrap().map(|key| key.id()), Ok(Some(id)));
        }
        text[at] = other;
        let refused = match Token::parse(&text, MAX_SIZE) {
            Err(_) => true,
            Ok(token) => verifier.verify_token(&token, &set).unwrap().is_err(),
        };
        prop_assert!(refused);
    }
}

#[test]
fn rsa_signatures_have_one_form() {
    // `s + n` is the same number modulo `n`; where it fits, a verifier without a range check takes it too.
    let (key, host, memory) = (key("rsa-2048"), FakeHost::new(Answers::Really), HostMemory::default());
    let Material::Rsa(public) = &key.material else { panic!("an RSA key") };
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let second = (0..1000).find_map(|count| {
            let text = mint(algorithm, "rsa-2048", &count.to_string());
            let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
            let sum =
                (BigUint::from_bytes_be(&token.signature) + BigUint::from_bytes_be(public.modulus())).to_bytes_be();
            (sum.len() == 256).then(|| (token.signing_input.to_vec(), sum))
        });
        let (input, signature) = second.expect("a signature small enough");
        for verifier in [&CrateVerifier as &dyn Verifier, &PreferHost::new(&host, &memory)] {
            assert_eq!(verifier.verify(algorithm, &key, &input, &signature), Ok(Verdict::Invalid), "{algorithm:?}");
        }
    }
}

#[test]
fn an_hmac_with_a_public_key_is_not_a_signature() {
    // The attack of RFC 8725 §2.1: sign with what everybody knows, and say HS256.
    let set = jwks();
    let public = include_str!("../../../../tests/keys/jwks.json");
    for secret in [public.as_bytes(), jwk("rsa-2048")["n"].as_str().unwrap().as_bytes(), b""] {
        for id in ["rsa-2048", "p-256", "ed25519"] {
            let input = token_of(&format!(r#"{{"alg":"HS256","kid":"{id}"}}"#), "{}");
            let input = input.rsplit_once('.').unwrap().0;
            let signing = jsonwebtoken::EncodingKey::from_secret(secret);
            let signature = crypto::sign(input.as_bytes(), &signing, jsonwebtoken::Algorithm::HS256).unwrap();
            let text = format!("{input}.{signature}");
            let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
            assert_eq!(CrateVerifier.verify_token(&token, &set).unwrap().unwrap_err(), Refusal::UnknownKey);
        }
    }
}

#[test]
fn a_token_without_kid_finds_its_key() {
    let set = jwks();
    for (algorithm, id) in SIGNERS {
        let text = sign(algorithm, id, &format!(r#"{{"alg":"{}"}}"#, algorithm.name()), "{}");
        let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
        assert_eq!(CrateVerifier.verify_token(&token, &set).unwrap().unwrap().id(), Some(id));
    }
}

#[test]
fn ed25519_is_verified_strictly() {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../../../tests/vectors/refused-ed25519.json")).unwrap();
    let lax = vectors.iter().map(|vector| {
        let token = Token::parse(vector["token"].as_str().unwrap().as_bytes(), MAX_SIZE).unwrap();
        let (input, signature) = (token.signing_input, &token.signature);
        let strict = CrateVerifier.verify(Algorithm::EdDsa, &key("ed25519"), input, signature);
        assert_eq!(strict, Ok(Verdict::Invalid), "{}", vector["name"]);
        oracle(Algorithm::EdDsa, "ed25519", input, signature)
    });
    // `jsonwebtoken` verifies as RFC 8032 leaves room for: it shows that the first vector is one that only strictness refuses.
    assert_eq!(lax.collect::<Vec<_>>(), [Some(Verdict::Valid), Some(Verdict::Invalid)]);
}
