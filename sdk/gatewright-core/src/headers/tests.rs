use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sample() -> Headers {
    Headers::decode(pairs::encode([
        (&b":path"[..], &b"/"[..]),
        (b"cookie", b"a=1"),
        (b"x-key", b"one"),
        (b"x-key", b"two"),
        (b"x-latin", b"\xfc"),
    ]))
    .unwrap()
}

fn fields(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|(name, value)| (text(name), text(value))).collect()
}

#[test]
fn a_name_is_found_in_any_case() {
    assert_eq!(sample().get("X-Key"), Some(&b"one"[..]));
    assert_eq!(sample().get("x-none"), None);
}

#[test]
fn a_repeated_field_is_not_a_single_one() {
    assert_eq!(sample().single("x-key"), Err(Repeated));
    assert_eq!(sample().single("cookie"), Ok(Some(&b"a=1"[..])));
    assert_eq!(sample().single("x-none"), Ok(None));
}

#[test]
fn a_cookie_is_found_in_all_cookie_fields() {
    let mut headers = sample();
    headers.append("cookie", "b=2; a=3; A=4");
    assert_eq!(headers.cookies("a").collect::<Vec<_>>(), [b"1", b"3"]);
    assert!(headers.cookies("c").next().is_none());
}

#[test]
fn bytes_that_are_not_utf8_are_values_but_not_text() {
    assert_eq!(sample().get("x-latin"), Some(&[0xfc][..]));
    assert_eq!(sample().text("x-latin"), None);
}

#[test]
fn set_replaces_every_value() {
    let mut headers = sample();
    headers.set("X-KEY", 7u64);
    assert_eq!(headers.all("x-key").collect::<Vec<_>>(), [b"7"]);
    assert_eq!(headers.len(), 4);
}

#[test]
fn remove_takes_every_value_and_only_what_is_there() {
    let mut headers = sample();
    headers.remove("x-none");
    assert!(!headers.is_edited());
    headers.remove("x-Key");
    assert!(headers.is_edited());
    assert!(!headers.contains("x-key"));
}

#[test]
fn append_keeps_what_is_there() {
    let mut headers = sample();
    headers.append("cookie", "b=2");
    assert_eq!(headers.all("cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
}

#[test]
fn headers_print_their_names_and_no_value() {
    let printed = format!("{:?}", sample());
    assert!(printed.contains("cookie"), "{printed}");
    assert!(!printed.contains("a=1"), "{printed}");
}

#[test]
fn fields_collect_in_order() {
    let headers: Headers = [("A", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
    let expected = [("a", "1"), ("b", "2"), ("a", "3")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(fields(&headers), expected);
}

#[test]
fn a_value_cannot_start_another_field() {
    let mut headers = Headers::default();
    headers.set("x-sub", "a\r\nx-admin: 1\0");
    assert_eq!(headers.get("x-sub"), Some(&b"a  x-admin: 1 "[..]));
}

#[test]
fn edits_made_before_reading_count_as_those_made_after() {
    let edit = |headers: &mut Headers, remove: fn(&mut Headers, &str)| {
        headers.append("x-key", "three");
        headers.set("Cookie", "b=2");
        headers.append("cookie", "c=3");
        remove(headers, "x-latin");
        remove(headers, "x-none");
        headers.set("x-none", "now");
    };
    let mut read = sample();
    edit(&mut read, |headers, name| headers.remove(name));
    let mut unread = Headers::default();
    edit(&mut unread, Headers::remove_unread);
    let mut repeated = sample();
    repeated.repeat(&unread);
    assert_eq!(fields(&repeated), fields(&read));
    assert_eq!(repeated.edits.len(), read.edits.len());
    assert!(fields(&read).contains(&("cookie".into(), "c=3".into())));
}

#[test]
fn an_encoded_list_is_read_back_and_a_cut_one_is_refused() {
    let mut headers = sample();
    headers.set("x-key", "three");
    let block = headers.encode();
    assert_eq!(fields(&Headers::decode(block.clone()).unwrap()), fields(&headers));
    assert!(!Headers::decode(block.clone()).unwrap().is_edited());
    assert_eq!(Headers::decode(block[..block.len() - 1].to_vec()).unwrap_err(), HeadersError::Malformed);
}

#[test]
fn a_list_is_encoded_as_its_fields_whatever_was_edited() {
    let edits: [fn(&mut Headers); 6] = [
        |_| {},
        |headers| headers.append("x-More", "5\r\n"),
        |headers| headers.set("x-key", "three"),
        |headers| headers.remove("cookie"),
        |headers| headers.remove_unread("x-none"),
        |headers| headers.set("x-none", "now"),
    ];
    for first in edits {
        for second in edits {
            let mut headers = sample();
            first(&mut headers);
            second(&mut headers);
            assert_eq!(headers.encode(), pairs::encode(headers.iter()));
            let mut more = headers.clone();
            more.append("X-Last", "a\nb");
            assert_eq!(headers.encode_with(&[("X-Last", "a\nb")]).0, pairs::encode(more.iter()));
        }
    }
    assert_eq!(Headers::default().encode(), pairs::encode([]));
}
