use proptest::prelude::*;
use serde_json::Value;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn masks() -> Masks {
    let json_fields = ["password", "card"].map(str::to_owned).to_vec();
    Masks::new(&Mask { json_fields, cards: true, ibans: true, emails: true })
}

fn masked(body: &str, json: bool) -> String {
    String::from_utf8(masks().masked(body.as_bytes(), json).unwrap_or_else(|| body.into())).unwrap()
}

#[test]
fn members_at_any_depth() {
    for (body, expected) in [
        (r#"{"password": "x", "a": 1}"#, r#"{"password": "***", "a": 1}"#),
        (r#"{"a":[{"password":"x\"y"}]}"#, r#"{"a":[{"password":"***"}]}"#),
        (r#"{"card": {"n": [1, "}"]}, "b": 2}"#, r#"{"card": "***", "b": 2}"#),
        (r#"{"card":17}"#, r#"{"card":"***"}"#),
        (r#"{"pass\u0077ord":null,"b":true}"#, r#"{"pass\u0077ord":"***","b":true}"#),
        (r#"{"a":"password","b":"card"}"#, r#"{"a":"password","b":"card"}"#),
    ] {
        assert_eq!(masked(body, true), expected);
    }
}

#[test]
fn cards_accounts_and_addresses() {
    for (text, expected) in [
        ("card 4111 1111 1111 1111.", "card **** **** **** 1111."),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("order 4111111111111112", "order 4111111111111112"),
        ("0000000000000000", "0000000000000000"),
        ("x4111111111111111", "x4111111111111111"),
        ("pay DE89 3704 0044 0532 0130 00 today", "pay **** **** **** **** **30 00 today"),
        ("GB82WEST12345698765432", "******************5432"),
        ("DE00370400440532013000", "DE00370400440532013000"),
        ("mail anna.b@example.com now", "mail a*****@example.com now"),
        ("a@b, @x, me@host", "a@b, @x, me@host"),
    ] {
        assert_eq!(masked(text, false), expected);
    }
}

#[test]
fn json_stays_json() {
    let body = r#"{"n": 4111111111111111, "s": "4111111111111111", "m": "x@example.com"}"#;
    let masked = masked(body, true);
    let value: Value = serde_json::from_str(&masked).unwrap();
    assert_eq!((value["n"].as_str(), value["s"].as_str()), (Some("************1111"), Some("************1111")));
}

#[test]
fn nothing_to_mask_is_nothing_to_do() {
    assert_eq!(masks().masked(br#"{"a": [1, 2, "three"]}"#, true), None);
}

/// JSON with names and values that are masked, and others.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<u32>().prop_map(Value::from),
        "[ab\"\\\\{}:, ]{0,6}".prop_map(Value::from),
        Just(Value::from("anna@example.com")),
        Just(Value::from(4_111_111_111_111_111_u64)),
    ];
    let names = prop::sample::select(vec!["a", "password", "card", "b\"", "pass\\word"]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..4)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// The same on the parsed document.
fn naive(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let masked =
                |name: &str, value| if matches!(name, "password" | "card") { "***".into() } else { naive(value) };
            members.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect()
        }
        Value::Array(values) => values.iter().map(naive).collect(),
        Value::String(text) if text == "anna@example.com" => "a***@example.com".into(),
        Value::Number(number) if number.as_u64() == Some(4_111_111_111_111_111) => "************1111".into(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn agrees_with_a_naive_model(document in document(), pretty in any::<bool>()) {
        let text = if pretty { format!("{document:#}") } else { document.to_string() };
        let masked: Value = serde_json::from_str(&masked(&text, true)).unwrap();
        prop_assert_eq!(masked, naive(&document));
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..60), json in any::<bool>()) {
        let _ = masks().masked(&bytes, json);
    }
}
