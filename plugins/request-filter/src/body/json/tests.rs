use super::*;
use crate::body::Body;
use crate::body::tests::{read, show};
use gatewright::config::Size;
use proptest::prelude::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn json(body: impl AsRef<[u8]>) -> Result<Vec<String>, &'static str> {
    read(|| Body::Json(Json::new(JsonLimits::default())), body.as_ref())
}

fn key(name: &str, key: &str) -> String {
    show(Place::JsonKey, name, key, key)
}

fn scalar(name: &str, value: &str) -> String {
    show(Place::Json, name, value, value)
}

#[test]
fn scalars_are_seen_by_their_path() {
    let seen = json(r#" {"a": {"b.c": [1, "x", {"d": null}], "e": -0.5e+3}, "": true} "#).unwrap();
    assert_eq!(
        seen,
        [
            key("", "a"),
            key("a", "b.c"),
            scalar(r"a.b\.c[]", "1"),
            scalar(r"a.b\.c[]", "x"),
            key(r"a.b\.c[]", "d"),
            scalar(r"a.b\.c[].d", "null"),
            key("a", "e"),
            scalar("a.e", "-0.5e+3"),
            key("", ""),
            scalar("", "true"),
        ]
    );
    assert_eq!(json("[[1],2]").unwrap(), [scalar("[][]", "1"), scalar("[]", "2")]);
    assert_eq!(json("7").unwrap(), [scalar("", "7")]);
    assert!(json("[]").unwrap().is_empty() && json(" {} ").unwrap().is_empty());
}

#[test]
fn escapes_are_undone() {
    let body = r#""\"\\\/\b\f\n\r\tA\u0041\u00E9\uD83D\uDE00é""#;
    let raw = body.trim_matches('"');
    assert_eq!(json(body).unwrap(), [show(Place::Json, "", raw, "\"\\/\u{8}\u{c}\n\r\tAA\u{e9}\u{1f600}é")]);
    assert_eq!(json(r#"{"\u0061":1}"#).unwrap(), [show(Place::JsonKey, "", r"\u0061", "a"), scalar("a", "1")]);
}

#[test]
fn what_no_reader_should_take_is_refused_by_name() {
    for (body, reason) in [
        ("", "json_truncated"),
        (" ", "json_truncated"),
        ("[", "json_truncated"),
        ("{\"a\"", "json_truncated"),
        ("\"a", "json_truncated"),
        ("[1,", "json_truncated"),
        ("tru", "json_invalid"),
        ("1 2", "json_trailing_data"),
        ("{}{", "json_trailing_data"),
        ("[1,]", "json_invalid"),
        ("[,1]", "json_invalid"),
        ("[1 2]", "json_invalid"),
        ("{\"a\":1,}", "json_invalid"),
        ("{a:1}", "json_invalid"),
        ("{\"a\" 1}", "json_invalid"),
        ("{\"a\":}", "json_invalid"),
        ("{1:1}", "json_invalid"),
        ("[1}", "json_invalid"),
        ("]", "json_invalid"),
        ("'a'", "json_invalid"),
        ("/**/1", "json_invalid"),
        ("NaN", "json_invalid"),
        ("+1", "json_invalid"),
        ("01", "json_invalid"),
        ("-", "json_invalid"),
        ("1.", "json_invalid"),
        (".5", "json_invalid"),
        ("1e", "json_invalid"),
        ("0x1", "json_invalid"),
        ("truefalse", "json_invalid"),
        ("\"a\tb\"", "json_control_character"),
        (r#""\x""#, "json_invalid"),
        (r#""\u00g0""#, "json_invalid"),
        (r#""\ud800""#, "json_lone_surrogate"),
        (r#""\udc00""#, "json_lone_surrogate"),
        (r#""\ud800\n""#, "json_lone_surrogate"),
        (r#""\ud800\ud800""#, "json_lone_surrogate"),
        (r#""\ud800x""#, "json_lone_surrogate"),
        (r#"{"a":1,"b":2,"a":3}"#, "json_duplicate_key"),
        (r#"{"a":1,"\u0061":3}"#, "json_duplicate_key"),
        ("\u{feff}1", "json_byte_order_mark"),
        ("\u{feff}", "json_byte_order_mark"),
    ] {
        assert_eq!(json(body), Err(reason), "{body}");
    }
    assert_eq!(json(b"\"\xff\""), Err("json_invalid_utf8"));
    assert_eq!(json(b"\"\xc0\xaf\""), Err("json_invalid_utf8"), "overlong");
    assert_eq!(json(b"\xef\xbb1"), Err("json_invalid"));
    assert_eq!(json(b"\xff\xfe1\0"), Err("json_invalid"));
    assert!(json(r#"[{"a":1},{"a":1}]"#).is_ok(), "the same name in two objects");
}

#[test]
fn each_limit_has_a_name() {
    let limits = JsonLimits {
        depth: 2,
        members: 2,
        elements: 3,
        values: 6,
        key: Size::from_bytes(3),
        string: Size::from_bytes(4),
        number: Size::from_bytes(5),
    };
    let json = |body: &str| read(|| Body::Json(Json::new(limits)), body.as_bytes());
    for (within, above, reason) in [
        ("[[]]", "[[[", "json_too_deep"),
        (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2,"c":3}"#, "json_too_many_members"),
        ("[1,2,3]", "[1,2,3,4]", "json_too_many_elements"),
        ("[[1,2,3],4]", "[[1,2,3],[4]]", "json_too_many_values"),
        (r#"{"abc":1}"#, r#"{"abcd":1}"#, "json_key_too_long"),
        (r#""\u0061bcd""#, r#""abcde""#, "json_string_too_long"),
        ("12345", "123456", "json_number_too_long"),
    ] {
        assert!(json(within).is_ok(), "{within}");
        assert_eq!(json(above), Err(reason), "{above}");
    }
    assert!(Json::new(limits).push(&[b'['; 100_000], &mut |_: &Value<'_>| Ok(())).is_err());
}

#[test]
fn a_cut_document_shows_the_string_at_hand() {
    for (head, place, name, seen) in [
        (r#"{"a":"dro"#, Place::Json, "a", "dro"),
        (r#"{"a":{"dro"#, Place::JsonKey, "a", "dro"),
        ("[12", Place::Json, "[]", "12"),
    ] {
        let mut last = String::new();
        let mut visitor = |value: &Value<'_>| {
            last = show(value.place, value.name, value.raw, value.decoded);
            Ok(())
        };
        let mut body = Json::new(JsonLimits::default());
        body.push(head.as_bytes(), &mut visitor).unwrap();
        body.cut(&mut visitor).unwrap();
        assert_eq!(last, show(place, name, seen, seen));
    }
}

/// Documents, with spelling mistakes now and then.
fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("-2.5e3".to_owned()),
        Just("null".to_owned()),
        Just("00".to_owned()),
        Just("\"\\u00e9\\ud83d\\ude00\"".to_owned()),
        Just("\"\\ud83d\"".to_owned()),
        "\"[a-c]{0,3}\"",
    ];
    let document = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            proptest::collection::vec(("[a-d]", inner), 0..3).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    (document, 0_usize..40, "[\\[\\]{},:1\"a ]?").prop_map(|(mut text, at, extra)| {
        if text.is_char_boundary(at) && at < text.len() {
            text.insert_str(at, &extra);
        }
        text
    })
}

/// What `serde_json`, which reads strictly but for duplicate names, makes of a document: its scalars in order.
fn model(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| model(item, found)),
        serde_json::Value::Object(members) => members.values().for_each(|member| model(member, found)),
        serde_json::Value::String(text) => found.push(text.clone()),
        other => found.push(other.to_string()),
    }
}

proptest! {
    #[test]
    fn it_takes_what_serde_json_takes(text in text()) {
        let mut scalars = Vec::new();
        let mut visitor = |value: &Value<'_>| {
            if value.place == Place::Json {
                scalars.push(String::from_utf8_lossy(value.decoded).into_owned());
            }
            Ok(())
        };
        let mut body = Json::new(JsonLimits::default());
        let end = body.push(text.as_bytes(), &mut visitor).and_then(|()| body.finish(&mut visitor)).map_err(|refusal| refusal.reason);
        let _ = json(&text);
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(_) if end == Err("json_duplicate_key") => {}
            Ok(value) => {
                prop_assert_eq!(end, Ok(()), "{}", text);
                let mut expected = Vec::new();
                model(&value, &mut expected);
                let number = |text: &String| text.parse::<f64>().map_or_else(|_| text.clone(), |number| number.to_string());
                let (mut scalars, mut expected): (Vec<_>, Vec<_>) =
                    (scalars.iter().map(number).collect(), expected.iter().map(number).collect());
                // serde_json's map is sorted by name.
                scalars.sort();
                expected.sort();
                prop_assert_eq!(scalars, expected);
            }
            Err(_) => prop_assert!(end.is_err(), "{}", text),
        }
    }
}
