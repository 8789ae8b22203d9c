use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn descriptor(entries: &[(&str, &str)], hits: u32) -> Descriptor {
    Descriptor { entries: entries.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(), hits }
}

/// A field of bytes.
fn bytes(field: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, field, payload);
    out
}

fn number(field: u8, number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, field, number);
    out
}

#[test]
fn a_request_is_written_as_the_proto_file_says() {
    let written = encode("edge", &[descriptor(&[("a", "1"), ("b", "")], 3), descriptor(&[("c", "x")], 1)]);
    let expected = [
        b"\x0a\x04edge".as_slice(),
        // Two entries; the request's hits are this descriptor's.
        b"\x12\x0f\x0a\x06\x0a\x01a\x12\x011\x0a\x05\x0a\x01b\x12\x00",
        // One entry, and hits of its own.
        b"\x12\x0c\x0a\x06\x0a\x01c\x12\x01x\x1a\x02\x08\x01",
        b"\x18\x03",
    ];
    assert_eq!(written, expected.concat());
}

#[test]
fn an_answer_is_read_with_all_that_is_in_it() {
    let limit = [number(1, 100), number(2, 2)].concat();
    let reset = [number(1, 7), number(2, 500_000_000)].concat();
    let over = [number(1, 2), bytes(2, &limit), number(3, 4), bytes(4, &reset)].concat();
    let field = |name: &str, value: &str| [bytes(1, name.as_bytes()), bytes(2, value.as_bytes())].concat();
    let raw = [bytes(1, b"x-raw"), bytes(3, b"\xff")].concat();
    let message = [
        number(1, 2),
        bytes(2, &over),
        bytes(2, &number(1, 1)),
        bytes(3, &field("X-Told", "you")),
        bytes(3, &raw),
        bytes(4, &field("x-up", "1")),
        bytes(5, b"body"),
        // A field of tomorrow, of each kind.
        number(19, 1),
        b"\xa1\x01\x00\x00\x00\x00\x00\x00\x00\x00".to_vec(),
        b"\xa5\x01\x00\x00\x00\x00".to_vec(),
    ];
    let answer = decode(&message.concat()).unwrap();
    let first = Status { over_limit: true, limit: Some((100, 60)), remaining: 4, reset: Some(7_500_000_000) };
    assert!(answer.over_limit);
    assert_eq!(answer.statuses, [first, Status::default()]);
    let fields = |fields: &Fields| -> Vec<(String, Vec<u8>)> {
        fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
    };
    assert_eq!(fields(&answer.response_fields), [("x-told".into(), b"you".to_vec()), ("x-raw".into(), vec![0xff])]);
    assert_eq!(fields(&answer.request_fields), [("x-up".into(), b"1".to_vec())]);
}

#[test]
fn a_service_may_tell_in_header_fields_how_a_descriptor_stands() {
    let field = |name: &str, value: &str| bytes(3, &[bytes(1, name.as_bytes()), bytes(2, value.as_bytes())].concat());
    let fields = [field("X-RateLimit-Remaining", "7"), field("X-RateLimit-Reset", "30")].concat();
    let by_fields = decode(&[number(1, 2), fields.clone()].concat()).unwrap();
    let told = Status { over_limit: true, limit: None, remaining: 7, reset: Some(30 * SECOND) };
    assert_eq!((by_fields.only_status(), by_fields.retry_after()), (told, Some(30 * SECOND)));
    let later = decode(&[number(1, 2), fields, field("retry-after", "9")].concat()).unwrap();
    assert_eq!(later.retry_after(), Some(9 * SECOND));
    let nothing = decode(&number(1, 2)).unwrap();
    assert_eq!((nothing.only_status().remaining, nothing.retry_after()), (0, None));
}

#[test]
fn fields_that_would_break_a_message_are_left_out() {
    for (name, value) in [(":path", "/"), ("content-length", "0"), ("a b", "x"), ("x", "a\r\nb: c"), ("", "x")] {
        let field = [bytes(1, name.as_bytes()), bytes(2, value.as_bytes())].concat();
        let answer = decode(&[number(1, 1), bytes(3, &field)].concat()).unwrap();
        assert_eq!(answer.response_fields, [], "{name}");
    }
    let one = bytes(4, &[bytes(1, b"x"), bytes(2, b"1")].concat());
    let many = decode(&[number(1, 1), one.repeat(1000)].concat()).unwrap();
    assert_eq!(many.request_fields.len(), MAX_FIELDS);
}

#[test]
fn what_says_neither_ok_nor_over_limit_is_no_answer() {
    for message in [&b""[..], &number(1, 3), b"\x08", b"\x0a\xff\xff\xff\xff\x0f", b"\x12\x01\x08", b"\x0b"] {
        assert_eq!(decode(message), Err(Malformed), "{message:?}");
    }
    assert!(!decode(&number(1, 1)).unwrap().over_limit);
    let endless = bytes(2, &bytes(4, &number(1, u64::MAX)));
    assert_eq!(decode(&[number(1, 1), endless].concat()).unwrap().statuses[0].reset, Some(0), "a negative duration");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_an_answer_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _read = decode(&bytes);
    }
}
