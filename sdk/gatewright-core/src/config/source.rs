//! From the bytes of a plugin configuration to a JSON value.
//!
//! A proxy hands over the configuration in one of two forms: text, when it is a `google.protobuf.StringValue` or `BytesValue`; or a
//! serialised `google.protobuf.Struct`, when it is native YAML in Envoy's configuration.

use serde_json::{Map, Value};

use super::error::ConfigError;
use super::{json, protobuf};

/// The largest configuration in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// How deep objects and lists may be nested.
pub const MAX_DEPTH: usize = 64;

/// Decodes a plugin configuration. No bytes at all are `{}`.
///
/// # Errors
/// More than [`MAX_BYTES`], nested deeper than [`MAX_DEPTH`], neither a JSON object nor a `Struct`, or a field given twice.
pub fn decode(bytes: &[u8]) -> Result<Value, ConfigError> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the configuration has {} bytes; the most that is read is {MAX_BYTES}", bytes.len());
        return Err(ConfigError::new(message));
    }
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    if is_struct(bytes) { protobuf::decode(bytes) } else { decode_text(bytes) }
}

/// Decodes a serialised `envoy.config.core.v3.Metadata`: the `Struct` of each namespace in its `filter_metadata`.
pub(crate) fn decode_metadata(bytes: &[u8]) -> Result<Map<String, Value>, ConfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(ConfigError::new(format!("more than {MAX_BYTES} bytes")));
    }
    protobuf::decode_metadata(bytes)
}

/// Tells a serialised `Struct` from text.
///
/// A non-empty `Struct` starts with the tag 0x0A of its first entry, which is also a line feed that text may start with. But every
/// entry has a value, whose tag is 0x12, and JSON text never holds that byte: control characters are escaped (RFC 8259 §7).
fn is_struct(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x0a) && bytes.contains(&0x12)
}

fn decode_text(bytes: &[u8]) -> Result<Value, ConfigError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match text.iter().find(|byte| !b" \t\r\n".contains(byte)) {
        None => Ok(Value::Object(Map::new())),
        Some(b'{') => json::decode(text),
        Some(b'[') => Err(ConfigError::new("the configuration is a JSON list; write an object: {\"policy\": ...}")),
        Some(_) => Err(ConfigError::new(
            "the configuration is not a JSON object; write JSON text that starts with `{`, or native YAML as a google.protobuf.Struct",
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::protobuf::testing::encode;
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn text_may_start_with_a_mark_and_space() {
        for text in ["{\"a\":1}", "\u{feff}{\"a\":1}", " \t\r\n{\"a\":1}\n", "\n{\"a\":1}"] {
            assert_eq!(decode(text.as_bytes()), Ok(json!({"a": 1})), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_an_empty_object() {
        for text in ["", " \n", "\n", "\u{feff}", "{}"] {
            assert_eq!(decode(text.as_bytes()), Ok(json!({})), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(decode(b"[1]").unwrap_err().message().starts_with("the configuration is a JSON list"));
        for text in [&b"mode: shadow"[..], b"\"a\"", b"null", b"\x0b", b"\xff\xff"] {
            assert!(
                decode(text).unwrap_err().message().starts_with("the configuration is not a JSON object"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_size_is_bounded() {
        let mut text = b"{}".to_vec();
        text.resize(MAX_BYTES, b' ');
        assert_eq!(decode(&text), Ok(json!({})));
        text.push(b' ');
        assert_eq!(
            decode(&text).unwrap_err().message(),
            "the configuration has 16777217 bytes; the most that is read is 16777216"
        );
    }

    /// The worst case for telling them apart: an entry of 0x7B bytes makes a `Struct` start with `"\n{"`.
    #[test]
    fn a_struct_that_looks_like_text_is_still_a_struct() {
        let value = json!({"k": "x".repeat(116)});
        let bytes = encode(&value);
        assert_eq!(bytes[..2], *b"\n{");
        assert_eq!(decode(&bytes), Ok(value));
    }

    /// Values as a `Struct` can carry them.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_992i64..=9_007_199_254_740_992).prop_map(Value::from),
            (-1_000i64..1_000).prop_map(|n| Value::from(n as f64 + 0.5)),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn both_forms_of_the_same_value_decode_to_it(fields in prop::collection::btree_map("\\PC{0,8}", values(), 0..6)) {
            let value = Value::Object(fields.into_iter().collect());
            let pretty = format!("\n{}", serde_json::to_string_pretty(&value).unwrap());
            for bytes in [encode(&value), value.to_string().into_bytes(), pretty.into_bytes()] {
                prop_assert_eq!(decode(&bytes), Ok(value.clone()));
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), tagged in any::<bool>()) {
            let mut bytes = bytes;
            if tagged {
                bytes.insert(0, 0x0a);
                bytes.push(0x12);
            }
            let _outcome = decode(&bytes);
        }
    }
}
