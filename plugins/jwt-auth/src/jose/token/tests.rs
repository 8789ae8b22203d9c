use super::{Header, LastHeader, MAX_SIZE, Token};
use crate::jose::testing::token_of;
use crate::jose::{Algorithm, Refusal, base64url};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RS256: &str = r#"{"alg":"RS256"}"#;

fn refusal(text: &str) -> Refusal {
    Token::parse(text.as_bytes(), MAX_SIZE).unwrap_err()
}

#[test]
fn takes_a_token_apart() {
    let text = token_of(r#"{"typ":"JWT", "kid":"k1", "alg":"ES256", "cty":7, "x":[1]}"#, r#"{"iss":"joe"}"#);
    let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
    let header = Header { algorithm: Algorithm::Es256, key_id: Some("k1".into()), typ: Some("JWT".into()) };
    assert_eq!(*token.header, header);
    assert_eq!(token.signing_input, text.rsplit_once('.').unwrap().0.as_bytes());
    assert_eq!((token.payload.as_slice(), token.signature.as_slice()), (&br#"{"iss":"joe"}"#[..], &b"sig"[..]));
}

#[test]
fn is_not_printed() {
    let text = token_of(r#"{"alg":"ES256","kid":"k1"}"#, r#"{"sub":"joe"}"#);
    let printed = format!("{:?}", Token::parse(text.as_bytes(), MAX_SIZE).unwrap());
    assert!(printed.contains("k1"), "{printed}");
    for trace in ["joe", "106, 111, 101", "115, 105, 103", "eyJ", "101, 121, 74"] {
        assert!(!printed.contains(trace), "{printed}");
    }
}

#[test]
fn has_exactly_three_parts_none_of_them_empty() {
    let (header, rest) = (base64url::encode(RS256.as_bytes()), "e30");
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        header.clone(),
        format!("{header}.{rest}"),
        format!("{header}.{rest}."),
        format!("{header}..{rest}"),
        format!(".{rest}.{rest}"),
        format!("{header}.{rest}.{rest}."),
        format!("{header}.{rest}.{rest}.{rest}.{rest}"),
    ] {
        assert_eq!(refusal(&text), Refusal::Parts, "{text:?}");
    }
}

#[test]
fn is_measured_before_anything_else() {
    let text = token_of(RS256, "{}");
    assert!(Token::parse(text.as_bytes(), text.len()).is_ok());
    assert_eq!(Token::parse(text.as_bytes(), text.len() - 1).unwrap_err(), Refusal::TooLarge);
    assert_eq!(refusal(&".".repeat(MAX_SIZE + 1)), Refusal::TooLarge);
}

#[test]
fn every_part_is_canonical_base64url() {
    // 16 bytes, so that the last character has bits to spare, which a lenient decoder drops.
    let good = base64url::encode(br#"{"alg":"RS256"} "#);
    let sloppy = good.replace("IA", "IB");
    assert_ne!(good, sloppy);
    assert!(Token::parse(format!("{good}.e30.c2ln").as_bytes(), MAX_SIZE).is_ok());
    for text in [
        format!("{good}=.e30.c2ln"),
        format!("{good}.e30=.c2ln"),
        format!("{good}.e30.c2l="),
        format!("{good}.e30.c2l+"),
        format!("{good}.e30. c2ln"),
        format!("{good}.e30.c2ln\n"),
        format!("{good}.e31.c2ln"),
        format!("{good}.e30.c2l"),
        format!("{sloppy}.e30.c2ln"),
    ] {
        assert_eq!(refusal(&text), Refusal::Encoding, "{text}");
    }
}

#[test]
fn a_header_has_one_reading() {
    for header in [
        "",
        "null",
        "[]",
        r#""RS256""#,
        r#"{"alg":"RS256""#,
        r#"{"alg":"RS256"} {}"#,
        r#"{"alg":"none","alg":"RS256"}"#,
        r#"{"alg":"RS256","\u0061lg":"RS256"}"#,
        r#"{"alg":"RS256","x":{"y":1,"y":2}}"#,
        r#"{'alg':'RS256'}"#,
        r#"{"alg":"RS256",}"#,
        "\u{feff}{\"alg\":\"RS256\"}",
    ] {
        // An empty header is an empty part.
        let expected = if header.is_empty() { Refusal::Parts } else { Refusal::HeaderJson };
        assert_eq!(refusal(&token_of(header, "{}")), expected, "{header}");
    }
    let deep = format!(r#"{{"alg":"RS256","x":{}1{}}}"#, "[".repeat(16), "]".repeat(16));
    assert_eq!(refusal(&token_of(&deep, "{}")), Refusal::HeaderJson);
}

#[test]
fn the_algorithm_is_a_known_name() {
    assert_eq!(refusal(&token_of("{}", "{}")), Refusal::HeaderParameter("alg"));
    for alg in ["none", "None", "nOnE", "", "rs256", "RS256\0", "HS1", "RSA-OAEP", "A128KW", "ES256K", "../../dev/null"]
    {
        let header = serde_json::json!({ "alg": alg }).to_string();
        assert_eq!(refusal(&token_of(&header, "{}")), Refusal::Algorithm, "{alg:?}");
    }
}

#[test]
fn parameters_have_their_types() {
    for (header, name) in [
        (r#"{"alg":null}"#, "alg"),
        (r#"{"alg":["RS256"]}"#, "alg"),
        (r#"{"alg":"RS256","kid":1}"#, "kid"),
        (r#"{"alg":"RS256","kid":null}"#, "kid"),
        (r#"{"alg":"RS256","typ":{}}"#, "typ"),
    ] {
        assert_eq!(refusal(&token_of(header, "{}")), Refusal::HeaderParameter(name), "{header}");
    }
}

#[test]
fn refuses_what_it_does_not_do() {
    for (member, name) in [
        (r#""crit":["exp"]"#, "crit"),
        (r#""crit":[]"#, "crit"),
        (r#""crit":null"#, "crit"),
        (r#""b64":false"#, "b64"),
        (r#""b64":true"#, "b64"),
        (r#""zip":"DEF""#, "zip"),
        (r#""enc":"A128GCM""#, "enc"),
    ] {
        let header = format!(r#"{{"alg":"RS256",{member}}}"#);
        assert_eq!(refusal(&token_of(&header, "{}")), Refusal::Extension(name), "{header}");
    }
}

#[test]
fn ignores_the_keys_that_a_token_offers() {
    let header = r#"{"alg":"RS256","jku":"x","x5u":{},"jwk":{"kty":"oct","k":""},"x5c":[0],"x5t":1,"\u0000":"\u0000"}"#;
    let text = token_of(header, "{}");
    let token = Token::parse(text.as_bytes(), MAX_SIZE).unwrap();
    assert_eq!(*token.header, Header { algorithm: Algorithm::Rs256, key_id: None, typ: None });
}

#[test]
fn compares_types_as_media_types() {
    let header = |typ: Option<&str>| Header { algorithm: Algorithm::Rs256, key_id: None, typ: typ.map(Into::into) };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(header(Some(typ)).is_type("at+jwt"), "{typ}");
        assert!(header(Some(typ)).is_type("application/at+jwt"), "{typ}");
    }
    for typ in [
        None,
        Some(""),
        Some("JWT"),
        Some("at+jwt "),
        Some("text/at+jwt"),
        Some("application/x/at+jwt"),
        Some("é/at+jwt"),
    ] {
        assert!(!header(typ).is_type("at+jwt"), "{typ:?}");
    }
}

mod properties {
    use super::{MAX_SIZE, Token, token_of};
    use proptest::prelude::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    proptest! {
        #[test]
        fn bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = Token::parse(&text, MAX_SIZE);
        }

        #[test]
        fn texts_of_parts_never_panic(parts in proptest::collection::vec("[A-Za-z0-9_=-]{0,40}", 0..5)) {
            let _ = Token::parse(parts.join(".").as_bytes(), MAX_SIZE);
        }

        #[test]
        fn headers_never_panic(header in r#"\{("alg"|"kid"|"crit"|[:,{}\[\]" a0.]|"ES256"){0,16}\}?"#) {
            let _ = Token::parse(token_of(&header, "{}").as_bytes(), MAX_SIZE);
        }
    }
}

#[test]
fn a_header_is_remembered_by_all_of_its_bytes() {
    let last = LastHeader::default();
    let token = |header: &str| format!("{}.e30.AA", base64url::encode(header.as_bytes()));
    let algorithm =
        |header: &str| Token::parse_with(token(header).as_bytes(), MAX_SIZE, &last).map(|token| token.header.algorithm);
    for _ in 0..2 {
        assert_eq!(algorithm(r#"{"alg":"RS256"}"#), Ok(Algorithm::Rs256));
        assert_eq!(algorithm(r#"{"alg":"RS384"}"#), Ok(Algorithm::Rs384));
        assert_eq!(algorithm(r#"{"alg":"none"}"#), Err(Refusal::Algorithm));
        assert_eq!(algorithm(r#"{"alg":"RS384" }"#), Ok(Algorithm::Rs384));
    }
}
