//! How Envoy encodes property values, and the protobuf form of `google.protobuf.Struct` and `envoy.config.core.v3.Metadata`.

use gatewright_core::host::{HostResult, Status};
use gatewright_core::pairs;
use serde_json::{Map, Value};

/// A metadata value as `get_property` returns it. Types are lost, and a null anywhere is refused.
pub(crate) fn property(value: &Value) -> HostResult<Vec<u8>> {
    match value {
        Value::Null => Err(Status::SerializationFailure),
        Value::Bool(value) => Ok(vec![u8::from(*value)]),
        Value::Number(number) => Ok(number.as_f64().unwrap_or_default().to_le_bytes().to_vec()),
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Array(list) => {
            let elements = list.iter().map(property).collect::<HostResult<Vec<_>>>()?;
            Ok(pairs::encode(elements.iter().map(|element| (element.as_slice(), &b""[..]))))
        }
        Value::Object(map) => {
            let values = map.values().map(property).collect::<HostResult<Vec<_>>>()?;
            Ok(pairs::encode(map.keys().zip(&values).map(|(key, value)| (key.as_bytes(), value.as_slice()))))
        }
    }
}

/// The element of a value that a path leads to: keys of objects, numbers of list elements.
pub(crate) fn element<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, segment| match value {
        Value::Object(map) => map.get(*segment),
        Value::Array(list) => list.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A protobuf `google.protobuf.Struct`, the form in which Envoy hands a plugin its native YAML configuration.
#[must_use]
pub fn protobuf_struct(fields: &Map<String, Value>) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in fields {
        let mut entry = Vec::new();
        bytes(&mut entry, 1, key.as_bytes());
        bytes(&mut entry, 2, &protobuf_value(value));
        bytes(&mut out, 1, &entry);
    }
    out
}

/// A protobuf `envoy.config.core.v3.Metadata` with these namespaces in `filter_metadata`.
pub(crate) fn protobuf_metadata(namespaces: &Map<String, Value>) -> Vec<u8> {
    let mut out = Vec::new();
    for (namespace, value) in namespaces {
        let fields = value.as_object().map(protobuf_struct).unwrap_or_default();
        let mut entry = Vec::new();
        bytes(&mut entry, 1, namespace.as_bytes());
        bytes(&mut entry, 2, &fields);
        bytes(&mut out, 1, &entry);
    }
    out
}

/// A protobuf `google.protobuf.Value`.
fn protobuf_value(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        Value::Null => out.extend([1 << 3, 0]),
        Value::Number(number) => {
            out.push(2 << 3 | 1);
            out.extend(number.as_f64().unwrap_or_default().to_le_bytes());
        }
        Value::String(text) => bytes(&mut out, 3, text.as_bytes()),
        Value::Bool(value) => out.extend([4 << 3, u8::from(*value)]),
        Value::Object(map) => bytes(&mut out, 5, &protobuf_struct(map)),
        Value::Array(list) => {
            let mut values = Vec::new();
            for element in list {
                bytes(&mut values, 1, &protobuf_value(element));
            }
            bytes(&mut out, 6, &values);
        }
    }
    out
}

/// A length-delimited field.
fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    let mut length = value.len();
    while length > 0x7f {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_have_envoys_encodings() {
        assert_eq!(property(&json!("hello")), Ok(b"hello".to_vec()));
        assert_eq!(property(&json!("")), Ok(Vec::new()));
        assert_eq!(property(&json!(42)), Ok(42f64.to_le_bytes().to_vec()));
        assert_eq!(property(&json!(true)), Ok(vec![1]));
        assert_eq!(property(&json!(null)), Err(Status::SerializationFailure));
    }

    #[test]
    fn structs_and_lists_are_pairs_and_nulls_spoil_them() {
        let expected = pairs::encode([(&b"a"[..], &b"b"[..])]);
        assert_eq!(property(&json!({"a": "b"})), Ok(expected));
        let expected = pairs::encode([(&b"x"[..], &b""[..]), (&b"y"[..], &b""[..])]);
        assert_eq!(property(&json!(["x", "y"])), Ok(expected));
        assert_eq!(property(&json!({"a": {"b": null}})), Err(Status::SerializationFailure));
    }

    #[test]
    fn a_struct_has_its_protobuf_encoding() {
        let value = json!({"k": true, "l": [null]});
        let entry_k = [&b"\x0a\x01k\x12\x02\x20\x01"[..]].concat();
        let entry_l = [&b"\x0a\x01l\x12\x06\x32\x04\x0a\x02\x08\x00"[..]].concat();
        let expected =
            [&[0x0a, entry_k.len() as u8][..], &entry_k, &[0x0a, entry_l.len() as u8][..], &entry_l].concat();
        assert_eq!(protobuf_struct(value.as_object().unwrap()), expected);
    }

    #[test]
    fn long_values_have_a_length_of_two_bytes() {
        let mut out = Vec::new();
        bytes(&mut out, 1, &[7; 300]);
        assert_eq!(&out[..3], [0x0a, 0xac, 0x02]);
    }
}
