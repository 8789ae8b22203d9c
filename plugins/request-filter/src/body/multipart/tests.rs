use super::*;
use crate::body::Body;
use crate::body::tests::{read, show};
use gatewright::config::Size;
use proptest::prelude::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(limits: &Limits, body: impl AsRef<[u8]>) -> Result<Vec<String>, &'static str> {
    read(|| Body::new(Some(b"multipart/form-data; boundary=\"B-\""), limits).unwrap(), body.as_ref())
}

fn multipart(body: impl AsRef<[u8]>) -> Result<Vec<String>, &'static str> {
    with(&Limits::default(), body)
}

/// One part with these header lines and contents.
fn part(headers: &str, contents: &str) -> String {
    format!("--B-\r\n{}\r\n\r\n{contents}\r\n--B---\r\n", headers.replace('\n', "\r\n"))
}

const NAMED: &str = "Content-Disposition: form-data; name=\"a\"";

#[test]
fn names_values_and_file_names_are_seen() {
    let body = "--B-\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\r\n\r\n--B-\r\ncontent-type: image/png\r\n\
                content-disposition: Form-Data; name=f; filename=\"x \\\"y\\\".png\"\r\n\r\n\x00\r\r\n-\r\n--B---";
    assert_eq!(
        multipart(body).unwrap(),
        [
            show(Place::FormName, "a", "a", "a"),
            show(Place::Form, "a", "one\r\n--B\r\n", "one\r\n--B\r\n"),
            show(Place::FormName, "f", "f", "f"),
            show(Place::FileName, "f", "x \\\"y\\\".png", "x \"y\".png"),
        ]
    );
    assert_eq!(multipart(part(NAMED, "")).unwrap().last(), Some(&show(Place::Form, "a", "", "")));
}

#[test]
fn contents_of_files_are_seen_if_asked_for() {
    let mut limits = Limits::default();
    limits.multipart.inspect_files = true;
    limits.window = crate::body::limits::WindowSizes { size: Size::from_bytes(4), overlap: Size::from_bytes(1) };
    let body = part("Content-Disposition: form-data; name=\"a\"; filename=\"\"", "abcdef");
    let seen = with(&limits, body).unwrap();
    assert_eq!(seen[2..], [show(Place::Body, "a", "abcd", "abcd"), show(Place::Body, "a", "def", "def")]);
}

#[test]
fn extended_file_names_are_decoded() {
    let body = part(&format!("{NAMED}; filename*=UTF-8''%c3%a4%2e.txt"), "");
    assert_eq!(multipart(body).unwrap()[1], show(Place::FileName, "a", "UTF-8''%c3%a4%2e.txt", "ä..txt"));
    assert!(multipart(part(&format!("{NAMED}; filename=\"x\"; filename*=utf-8'en'%78"), "")).is_ok(), "both agree");
}

#[test]
fn what_readers_could_disagree_about_is_refused_by_name() {
    let disposition = |rest: &str| part(&format!("Content-Disposition: form-data{rest}"), "x");
    let field = |line: &str| part(&format!("{NAMED}\n{line}"), "x");
    for (body, reason) in [
        ("".into(), "multipart_truncated"),
        ("--B-".into(), "multipart_truncated"),
        ("--B-\r\n".into(), "multipart_truncated"),
        (format!("--B-\r\n{NAMED}\r\n\r\nx"), "multipart_truncated"),
        (format!("--B-\r\n{NAMED}\r\n\r\nx\r\n--B-\r\n"), "multipart_truncated"),
        ("--B---".into(), "multipart_bad_delimiter"),
        ("--B-x\r\n".into(), "multipart_bad_delimiter"),
        ("--B- \r\n".into(), "multipart_bad_delimiter"),
        ("--B-\n".into(), "multipart_bad_delimiter"),
        (part(NAMED, "x\r\n--B-x"), "multipart_bad_delimiter"),
        (format!("\r\n{}", part(NAMED, "x")), "multipart_preamble"),
        (format!("x\r\n{}", part(NAMED, "x")), "multipart_preamble"),
        (format!("{}x", part(NAMED, "x")), "multipart_epilogue"),
        (part(NAMED, "x\n--B-\r\n"), "multipart_bare_line_break"),
        (part(NAMED, "x\r--B-\r\n"), "multipart_bare_line_break"),
        (part(NAMED, "x\n\n--B-"), "multipart_bare_line_break"),
        (part(NAMED, "--B-\r\n"), "multipart_bare_line_break"),
        (format!("--B-\r\n{NAMED}\n\r\nx\r\n--B---"), "multipart_bare_line_break"),
        (part("A: b", "x"), "multipart_no_disposition"),
        (field(NAMED), "multipart_duplicate_header"),
        (field("content-type: a/b\nContent-Type: a/b"), "multipart_duplicate_header"),
        (field("content-type: a"), "multipart_bad_header"),
        (field(" folded: x"), "multipart_bad_header"),
        (field("bad name: x"), "multipart_bad_header"),
        (field("name : x"), "multipart_bad_header"),
        (field("no colon"), "multipart_bad_header"),
        (field("x: a\rb"), "multipart_bad_header"),
        (field("x: a\0b"), "multipart_bad_header"),
        (field("content-type: multipart/mixed; boundary=c"), "multipart_nested"),
        (field("content-type: text/plain; charset=utf-7"), "multipart_charset"),
        (field("content-transfer-encoding: base64"), "multipart_transfer_encoding"),
        (disposition(""), "multipart_no_name"),
        (disposition("; filename=\"x\""), "multipart_no_name"),
        (disposition("; name=\"a\"; name=\"b\""), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; Filename=\"a\"; filename=\"b\""), "multipart_bad_disposition"),
        (disposition("; name=\"a"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"b"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; name*=UTF-8''b"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename*0=\"b\""), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename*=x"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename*=utf-7''x"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename*=utf-8''%zz"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename*=utf-8''%ff"), "multipart_bad_disposition"),
        (disposition("; name=\"a\"; filename=\"x\"; filename*=utf-8''y"), "multipart_conflicting_filename"),
        (part("Content-Disposition: attachment; name=\"a\"", "x"), "multipart_bad_disposition"),
        (part("Content-Disposition: form-data; name=\"_charset_\"", "utf-7"), "multipart_charset"),
    ] {
        assert_eq!(multipart(&body), Err(reason), "{}", body.escape_debug());
    }
    assert!(multipart(field("content-transfer-encoding: 8bit\ncontent-type: text/plain;charset=UTF-8\nx: y")).is_ok());
    assert!(multipart(part("Content-Disposition: form-data; name=\"_charset_\"", "UTF-8")).is_ok());
}

#[test]
fn boundaries_are_those_of_rfc_2046() {
    let limits = Limits::default();
    let new = |boundary: &str| {
        let content_type = format!("multipart/form-data; boundary=\"{boundary}\"");
        Body::new(Some(content_type.as_bytes()), &limits).map(drop).map_err(|refusal| refusal.reason)
    };
    let longest = "x".repeat(70);
    for good in ["x", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a b'()+_,-./:=?", &longest] {
        assert_eq!(new(good), Ok(()), "{good}");
    }
    let too_long = "x".repeat(71);
    for bad in ["", "a ", "a;b", "a@b", "ä", &too_long] {
        assert_eq!(new(bad), Err("multipart_bad_boundary"), "{bad}");
    }
}

#[test]
fn each_limit_has_a_name() {
    let multipart = MultipartLimits {
        parts: 1,
        headers: 2,
        header: Size::from_bytes(60),
        name: Size::from_bytes(2),
        filename: Size::from_bytes(3),
        value: Size::from_bytes(4),
        file: Size::from_bytes(5),
        inspect_files: false,
    };
    let limits = Limits { multipart, ..Limits::default() };
    let file = format!("{NAMED}; filename=\"xyz\"");
    let long = |length: usize| format!("{NAMED}\nx:{}", "y".repeat(length - 2));
    for (within, above, reason) in [
        (part(NAMED, ""), part(NAMED, &format!("\r\n--B-\r\n{NAMED}\r\n\r\n")), "multipart_too_many_parts"),
        (part(&format!("{NAMED}\nx: y"), ""), part(&format!("{NAMED}\nx: y\nx: y"), ""), "multipart_too_many_headers"),
        (part(&long(60), ""), part(&long(61), ""), "multipart_header_too_long"),
        (part(NAMED, ""), part(&NAMED.replace("\"a\"", "abc"), ""), "multipart_name_too_long"),
        (part(&file, ""), part(&file.replace("xyz", "wxyz"), ""), "multipart_filename_too_long"),
        (part(NAMED, "abcd"), part(NAMED, "abcde"), "multipart_value_too_long"),
        (part(&file, "abcde"), part(&file, "abcdef"), "multipart_file_too_long"),
    ] {
        assert!(with(&limits, &within).is_ok(), "{reason}");
        assert_eq!(with(&limits, &above), Err(reason));
    }
    let endless = format!("--B-\r\nx{}", "y".repeat(100_000));
    let mut body = Body::new(Some(b"multipart/form-data; boundary=\"B-\""), &limits).unwrap();
    assert!(body.push(endless.as_bytes(), &mut |_: &Value<'_>| Ok(())).is_err());
}

#[test]
fn what_is_held_does_not_grow_with_the_body() {
    let media_type = MediaType::parse(b"multipart/form-data; boundary=B").unwrap();
    let mut body = Multipart::new(&media_type, &Limits::default()).unwrap();
    let mut visitor = |_: &Value<'_>| Ok(());
    body.push(format!("--B\r\n{NAMED}; filename=x\r\n\r\n").as_bytes(), &mut visitor).unwrap();
    body.push(&b"\r\n-".repeat(300_000), &mut visitor).unwrap();
    assert!(body.buffer.len() <= SLICE && body.buffer.capacity() < 4 * SLICE);
}

proptest! {
    /// Values made of what delimiters are made of come out as they went in.
    #[test]
    fn values_survive(values in proptest::collection::vec("(\r\n|-|--B|B|\n|x){0,6}", 1..4)) {
        let sent = values.iter().map(|value| format!("--B-\r\n{NAMED}\r\n\r\n{value}\r\n")).collect::<String>() + "--B---";
        let ambiguous = values.iter().any(|value| {
            let broken = format!("\n{value}");
            broken.contains("\n--B-")
        });
        match multipart(&sent) {
            Ok(seen) => {
                let found: Vec<&String> = seen.iter().skip(1).step_by(2).collect();
                let expected: Vec<String> = values.iter().map(|value| show(Place::Form, "a", value, value)).collect();
                prop_assert!(!ambiguous);
                prop_assert_eq!(found, expected.iter().collect::<Vec<_>>());
            }
            Err(_) => prop_assert!(ambiguous, "{}", sent.escape_debug()),
        }
    }
}
