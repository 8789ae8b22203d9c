//! `google.protobuf.Struct`: the form in which native YAML reaches a plugin.
//!
//! Field numbers are those of `google/protobuf/struct.proto`: `Struct{fields=1}`, entry `{key=1, value=2}`,
//! `Value{null_value=1, number_value=2, string_value=3, bool_value=4, struct_value=5, list_value=6}`, `ListValue{values=1}`.

use serde_json::{Map, Number, Value};

use super::error::ConfigError;
use super::json::given_twice;
use super::source::MAX_DEPTH;

/// Decodes a serialised `Struct`.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, ConfigError> {
    object(bytes, MAX_DEPTH)
}

/// Decodes `filter_metadata` (field 1) of a serialised `Metadata`; its other fields are typed and not read.
pub(super) fn decode_metadata(bytes: &[u8]) -> Result<Map<String, Value>, ConfigError> {
    let mut namespaces = Map::new();
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let Field { number: 1, payload: Payload::Bytes(entry) } = field else { continue };
        let (name, fields) = split_entry(entry)?;
        if namespaces.contains_key(name) {
            return Err(given_twice().within(name));
        }
        namespaces.insert(name.to_owned(), object(fields, MAX_DEPTH).map_err(|error| error.within(name))?);
    }
    Ok(namespaces)
}

fn object(bytes: &[u8], room: usize) -> Result<Value, ConfigError> {
    let room = deeper(room)?;
    let mut fields = Map::new();
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let Field { number: 1, payload: Payload::Bytes(entry) } = field else {
            return Err(malformed());
        };
        let (key, value) = split_entry(entry)?;
        if fields.contains_key(key) {
            return Err(given_twice().within(key));
        }
        let value = single(value, room).map_err(|error| error.within(key))?;
        fields.insert(key.to_owned(), value);
    }
    Ok(Value::Object(fields))
}

/// Key and value of a map entry. Protobuf leaves out an empty key.
fn split_entry(bytes: &[u8]) -> Result<(&str, &[u8]), ConfigError> {
    let (mut key, mut value) = (None, None);
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let slot = match field.number {
            1 => &mut key,
            2 => &mut value,
            _ => return Err(malformed()),
        };
        let Payload::Bytes(bytes) = field.payload else { return Err(malformed()) };
        if slot.replace(bytes).is_some() {
            return Err(malformed());
        }
    }
    Ok((text(key.unwrap_or_default())?, value.ok_or_else(malformed)?))
}

/// A `Value`, of which exactly one kind must be set.
fn single(bytes: &[u8], room: usize) -> Result<Value, ConfigError> {
    let mut reader = Reader { rest: bytes };
    let field = reader.field()?.ok_or_else(malformed)?;
    if !reader.rest.is_empty() {
        return Err(malformed());
    }
    match (field.number, field.payload) {
        (1, Payload::Varint(_)) => Ok(Value::Null),
        (2, Payload::Fixed64(bytes)) => number(f64::from_le_bytes(bytes)),
        (3, Payload::Bytes(bytes)) => Ok(text(bytes)?.into()),
        (4, Payload::Varint(value)) => Ok((value != 0).into()),
        (5, Payload::Bytes(bytes)) => object(bytes, room),
        (6, Payload::Bytes(bytes)) => list(bytes, room),
        _ => Err(malformed()),
    }
}

fn list(bytes: &[u8], room: usize) -> Result<Value, ConfigError> {
    let room = deeper(room)?;
    let mut values = Vec::new();
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let Field { number: 1, payload: Payload::Bytes(value) } = field else {
            return Err(malformed());
        };
        values.push(single(value, room).map_err(|error| error.index(values.len()))?);
    }
    Ok(Value::Array(values))
}

/// A `Struct` knows only doubles. Up to 2^53 a whole double is the number that was written; beyond, it may be a neighbour of it.
fn number(double: f64) -> Result<Value, ConfigError> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if double.fract() == 0.0 && double.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Ok((double as i64).into());
    }
    let number = Number::from_f64(double);
    number.map(Value::Number).ok_or_else(|| ConfigError::new(format!("found {double}, expected a finite number")))
}

fn text(bytes: &[u8]) -> Result<&str, ConfigError> {
    std::str::from_utf8(bytes).map_err(|_| ConfigError::new("found a string that is not UTF-8"))
}

fn deeper(room: usize) -> Result<usize, ConfigError> {
    room.checked_sub(1).ok_or_else(|| ConfigError::new(format!("nested deeper than {MAX_DEPTH} levels")))
}

fn malformed() -> ConfigError {
    ConfigError::new("the configuration is neither JSON text nor a well-formed google.protobuf.Struct")
}

struct Field<'a> {
    number: u64,
    payload: Payload<'a>,
}

enum Payload<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
}

/// Reads the fields of a message (Protocol Buffers encoding).
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn field(&mut self) -> Result<Option<Field<'a>>, ConfigError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => Payload::Fixed64(self.take(8)?.try_into().map_err(|_| malformed())?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| malformed())?;
                Payload::Bytes(self.take(length)?)
            }
            _ => return Err(malformed()),
        };
        Ok(Some(Field { number: tag >> 3, payload }))
    }

    fn varint(&mut self) -> Result<u64, ConfigError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(*self.take(1)?.first().ok_or_else(malformed)?);
            // The tenth byte has room for one bit only.
            if shift == 63 && byte > 1 {
                break;
            }
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(malformed())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ConfigError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(head)
    }
}

/// The other direction, for tests.
#[cfg(test)]
pub(super) mod testing {
    use serde_json::Value;

    /// A field whose payload is bytes.
    pub(crate) fn field(number: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = payload.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(payload);
        out
    }

    /// Serialises an object as a `Struct`, a list as a `ListValue`.
    pub(crate) fn encode(value: &Value) -> Vec<u8> {
        match value {
            Value::Object(fields) => {
                let entry =
                    |(key, value): (&String, &Value)| [field(1, key.as_bytes()), field(2, &single(value))].concat();
                fields.iter().flat_map(|pair| field(1, &entry(pair))).collect()
            }
            Value::Array(values) => values.iter().flat_map(|value| field(1, &single(value))).collect(),
            _ => panic!("only objects and lists"),
        }
    }

    fn single(value: &Value) -> Vec<u8> {
        match value {
            Value::Null => vec![0x08, 0],
            Value::Number(number) => {
                let mut out = vec![0x11];
                out.extend_from_slice(&number.as_f64().unwrap().to_le_bytes());
                out
            }
            Value::String(text) => field(3, text.as_bytes()),
            Value::Bool(value) => vec![0x20, u8::from(*value)],
            Value::Object(_) => field(5, &encode(value)),
            Value::Array(_) => field(6, &encode(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::{encode, field};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn entry(key: &[u8], value: &[u8]) -> Vec<u8> {
        field(1, &[field(1, key), field(2, value)].concat())
    }

    fn double(number: f64) -> Vec<u8> {
        entry(b"n", &[&[0x11][..], &number.to_le_bytes()].concat())
    }

    #[test]
    fn a_struct_as_envoy_sends_it() {
        // {"mode": "shadow", "n": 5}, written out byte by byte.
        let bytes = b"\x0a\x10\x0a\x04mode\x12\x08\x1a\x06shadow\x0a\x0e\x0a\x01n\x12\x09\x11\0\0\0\0\0\0\x14\x40";
        assert_eq!(decode(bytes), Ok(json!({"mode": "shadow", "n": 5})));
    }

    #[test]
    fn whole_numbers_are_integers_where_exact() {
        let cases = [
            (5.0, json!(5)),
            (-5.0, json!(-5)),
            (-0.0, json!(0)),
            (1.5, json!(1.5)),
            (9_007_199_254_740_992.0, json!(9_007_199_254_740_992u64)),
            (9_007_199_254_740_994.0, json!(9_007_199_254_740_994.0)),
            (1e300, json!(1e300)),
        ];
        for (number, expected) in cases {
            assert_eq!(decode(&double(number)), Ok(json!({"n": expected})), "{number}");
        }
        assert_eq!(decode(&double(f64::NAN)).unwrap_err().to_string(), "n: found NaN, expected a finite number");
        assert!(decode(&double(f64::INFINITY)).is_err());
    }

    #[test]
    fn every_cut_of_a_struct_is_refused_or_a_shorter_struct() {
        let value = json!({"a": [1, "x", null, true, {"b": 1.5}], "c": {}});
        let whole = encode(&value);
        let boundary = encode(&json!({"a": [1, "x", null, true, {"b": 1.5}]})).len();
        for end in 1..whole.len() {
            assert_eq!(decode(&whole[..end]).is_ok(), end == boundary, "cut at {end}");
        }
        assert_eq!(decode(&whole), Ok(value));
    }

    #[test]
    fn faults_name_their_path() {
        let twice = [entry(b"a", &[0x20, 1]), entry(b"a", &[0x20, 1])].concat();
        assert_eq!(decode(&twice).unwrap_err().to_string(), "a: this field is given twice; keep one");
        let inner = field(6, &field(1, &field(3, b"\xff")));
        assert_eq!(decode(&entry(b"a", &inner)).unwrap_err().to_string(), "a[0]: found a string that is not UTF-8");
        assert!(decode(&entry(b"\xff", &[0x20, 1])).is_err());
    }

    #[test]
    fn what_is_not_a_struct_is_refused() {
        let long_varint = [&[0x0a][..], &[0xff; 9], &[0x7f]].concat();
        let cases: [&[u8]; 9] = [
            &entry(b"a", b""),                                                        // no kind
            &entry(b"a", &[0x20, 1, 0x20, 1]),                                        // two kinds
            &entry(b"a", &field(7, b"")),                                             // unknown kind
            &field(1, &field(1, b"a")),                                               // no value
            &field(2, b""),                                                           // unknown field
            &field(1, &[field(1, b"a"), field(1, b"a"), field(2, &[8, 0])].concat()), // two keys
            &[0x08, 0],                                                               // wrong wire type
            &[0x0b, 0x0c],                                                            // a group
            &long_varint,
        ];
        for bytes in cases {
            assert_eq!(decode(bytes).unwrap_err().message(), malformed().message(), "{bytes:?}");
        }
    }

    #[test]
    fn a_number_has_at_most_64_bits() {
        let flag = |last: u8| decode(&entry(b"a", &[&[0x20][..], &[0xff; 9], &[last]].concat()));
        assert_eq!(flag(1), Ok(json!({"a": true})));
        assert!(flag(2).is_err() && flag(0x81).is_err());
    }

    #[test]
    fn metadata_is_a_struct_per_namespace() {
        let gatewright = entry(b"gatewright", &encode(&json!({"tier": "gold", "n": 5})));
        let typed = field(2, &[field(1, b"x"), field(2, b"\xff\xff")].concat());
        let bytes = [&gatewright[..], &typed, &entry(b"other", b"")].concat();
        let expected = json!({"gatewright": {"tier": "gold", "n": 5}, "other": {}});
        assert_eq!(decode_metadata(&bytes).map(Value::Object), Ok(expected));
        assert_eq!(decode_metadata(b""), Ok(Map::new()));
        assert!(decode_metadata(&bytes[..5]).is_err());
        let broken = decode_metadata(&entry(b"ns", &entry(b"k", &field(3, b"\xff")))).unwrap_err();
        assert_eq!(broken.to_string(), "ns.k: found a string that is not UTF-8");
        let twice = [gatewright.clone(), gatewright].concat();
        assert_eq!(decode_metadata(&twice).unwrap_err().path(), "gatewright");
    }

    #[test]
    fn an_empty_key_may_be_left_out() {
        assert_eq!(decode(&field(1, &field(2, &[0x20, 1]))), Ok(json!({"": true})));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({"a": [inner]}));
        assert!(decode(&encode(&nested(31))).is_ok());
        assert!(decode(&encode(&nested(32))).unwrap_err().message().contains("nested deeper than 64 levels"));
    }
}
