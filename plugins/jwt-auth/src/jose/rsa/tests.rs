use proptest::prelude::*;
use rsa::BigUint;

use super::montgomery::Montgomery;
use super::{Hash, RsaPublicKey, mgf1};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn padded(number: &BigUint, size: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; size - bytes.len()], bytes].concat()
}

fn power(base: &BigUint, exponent: u64, modulus: &BigUint) -> Vec<u8> {
    let bytes = modulus.to_bytes_be();
    Montgomery::new(&bytes).power(&padded(base, bytes.len()), exponent)
}

/// Odd, without leading zero bytes, with limbs that are all ones or zeros now and then: carries hide there.
fn moduli() -> impl Strategy<Value = Vec<u8>> {
    let limb = prop_oneof![2 => any::<u32>(), 1 => Just(0), 1 => Just(u32::MAX), 1 => Just(1 << 31)];
    let bytes = prop::collection::vec(limb, 0..20).prop_map(|limbs| limbs.into_iter().flat_map(u32::to_be_bytes));
    (1..=u8::MAX, prop::collection::vec(any::<u8>(), 0..4), bytes, any::<u8>()).prop_map(
        |(first, more, bytes, last)| {
            [first].into_iter().chain(more).chain(bytes).chain([last | 1]).collect::<Vec<u8>>()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn powers_are_those_of_plain_arithmetic(
        modulus in moduli(),
        base in prop::collection::vec(any::<u8>(), 0..100),
        distance in prop::option::of(1..9_u32),
        exponent in prop_oneof![Just(3), Just(65537), 1..1_u64 << 34],
    ) {
        let modulus = BigUint::from_bytes_be(&modulus);
        // Right below the modulus is where the last subtraction matters.
        let base = match distance {
            Some(distance) if modulus > distance.into() => &modulus - distance,
            _ => BigUint::from_bytes_be(&base) % &modulus,
        };
        let expected = base.modpow(&exponent.into(), &modulus);
        prop_assert_eq!(power(&base, exponent, &modulus), padded(&expected, modulus.to_bytes_be().len()));
    }
}

#[test]
fn a_signature_has_the_range_of_its_modulus() {
    let mut modulus = vec![0x80; 256];
    modulus[255] = 0x81;
    let key = RsaPublicKey::new(modulus.clone(), 3);
    assert!(!key.has_range_of(&modulus));
    assert!(!key.has_range_of(&modulus[1..]));
    assert!(!key.has_range_of(&[&[0], modulus.as_slice()].concat()));
    modulus[255] -= 1;
    assert!(key.has_range_of(&modulus));
    assert!(!format!("{key:?}").contains("128, 128"));
}

#[test]
fn the_mask_is_that_of_the_standard() {
    // MGF1 with SHA-256 is SHA-256(seed || counter), joined and cut.
    let mask = mgf1(Hash::Sha256, b"seed", 40);
    let block = |counter: u8| super::digest(Hash::Sha256, &[b"seed", &[0, 0, 0, counter]]);
    assert_eq!(mask, [block(0), block(1)[..8].to_vec()].concat());
    assert!(mgf1(Hash::Sha512, b"", 0).is_empty());
}

#[test]
fn moduli_of_odd_sizes_verify_pss() {
    use rsa::pss::SigningKey;
    use rsa::signature::{RandomizedSigner, SignatureEncoding};
    use rsa::traits::PublicKeyParts;
    for bits in [522, 527, 528, 535, 536] {
        let mut random = rand_core();
        let private = rsa::RsaPrivateKey::new(&mut random, bits).unwrap();
        let key = RsaPublicKey::new(private.n().to_bytes_be(), 65537);
        let signer = SigningKey::<rsa::sha2::Sha256>::new(private);
        let signature = signer.sign_with_rng(&mut random, b"input").to_vec();
        assert!(key.verify_pss(Hash::Sha256, b"input", &signature), "{bits}");
        assert!(!key.verify_pss(Hash::Sha256, b"inputs", &signature), "{bits}");
        assert!(!key.verify_pss(Hash::Sha384, b"input", &signature), "{bits}");
        assert!(!key.verify_pkcs1(Hash::Sha256, b"input", &signature), "{bits}");
    }
}

#[test]
fn an_encoding_a_byte_shorter_than_the_modulus_verifies() {
    let vector: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/rsa-2049-pss.json")).unwrap();
    let bytes = |name: &str| -> Vec<u8> {
        let digits = vector[name].as_str().unwrap().as_bytes().to_vec();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.rchunks(2).rev().map(byte).collect()
    };
    let key = RsaPublicKey::new(bytes("modulus"), 65537);
    let mut signature = bytes("signature");
    assert!(key.verify_pss(Hash::Sha256, b"input", &signature));
    signature[100] ^= 1;
    assert!(!key.verify_pss(Hash::Sha256, b"input", &signature));
}

/// Random numbers that repeat.
fn rand_core() -> impl rsa::rand_core::CryptoRngCore {
    struct Steps(u64);
    impl rsa::rand_core::RngCore for Steps {
        fn next_u32(&mut self) -> u32 {
            (self.next_u64() >> 32) as u32
        }
        fn next_u64(&mut self) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 ^ self.0 >> 29
        }
        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            bytes.iter_mut().for_each(|byte| *byte = (self.next_u64() >> 32) as u8);
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }
    impl rsa::rand_core::CryptoRng for Steps {}
    Steps(7)
}
