use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn asked(field: &str, length: u64) -> Ranges {
    requested(Some(field.as_bytes()), length)
}

fn parts(list: &[(u64, u64)]) -> Ranges {
    Ranges::Parts(list.iter().map(|(first, last)| Span { first: *first, last: *last }).collect())
}

#[test]
fn rfc9110_14_1_2_single_ranges() {
    assert_eq!(asked("bytes=0-1", 11), parts(&[(0, 1)]));
    assert_eq!(asked("bytes=1-", 11), parts(&[(1, 10)]));
    assert_eq!(asked("bytes=-1", 11), parts(&[(10, 10)]));
    assert_eq!(asked("bytes=-99", 11), parts(&[(0, 10)]));
    assert_eq!(asked("bytes=5-99", 11), parts(&[(5, 10)]));
    assert_eq!(asked("BYTES=0-0", 11), parts(&[(0, 0)]));
    assert_eq!(asked("bytes=0-99999999999999999999999", 11), parts(&[(0, 10)]));
}

#[test]
fn rfc9110_14_2_what_cannot_be_read_is_ignored() {
    for field in [
        "",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=-",
        "bytes=1",
        "lines=0-1",
        "bytes=0-1, x",
        "bytes 0-1",
    ] {
        assert_eq!(asked(field, 11), Ranges::Whole, "{field}");
    }
    assert_eq!(requested(None, 11), Ranges::Whole);
}

#[test]
fn rfc9110_15_5_17_what_does_not_exist_is_unsatisfiable() {
    for field in ["bytes=11-", "bytes=11-12", "bytes=-0", "bytes=20-30, 40-50"] {
        assert_eq!(asked(field, 11), Ranges::Unsatisfiable, "{field}");
    }
    assert_eq!(asked("bytes=0-", 0), Ranges::Unsatisfiable);
    assert_eq!(asked("bytes=20-30, 0-1", 11), parts(&[(0, 1)]));
}

#[test]
fn rfc9110_14_2_overlapping_ranges_are_united_and_too_many_are_the_whole() {
    assert_eq!(asked("bytes=0-1, 9-9", 11), parts(&[(0, 1), (9, 9)]));
    assert_eq!(asked("bytes=9-9, 0-1", 11), parts(&[(9, 9), (0, 1)]));
    assert_eq!(asked("bytes=4-6, 0-4", 11), parts(&[(0, 6)]));
    assert_eq!(asked("bytes=0-1, 2-3", 11), parts(&[(0, 3)]));
    let many = (0..17).map(|n| format!("{}-{}", n * 10, n * 10)).collect::<Vec<_>>().join(",");
    assert_eq!(asked(&format!("bytes={many}"), 1000), Ranges::Whole);
}

#[test]
fn rfc9110_14_4_content_range() {
    let read = |text: &str| content_range(text.as_bytes());
    assert_eq!(read("bytes 4-9/10"), Some(ContentRange { span: Span { first: 4, last: 9 }, length: Some(10) }));
    assert_eq!(read("bytes 4-9/*"), Some(ContentRange { span: Span { first: 4, last: 9 }, length: None }));
    for bad in
        ["bytes */10", "bytes 4-10/10", "bytes 9-4/10", "bytes=4-9/10", "4-9/10", "bytes 4-9", "", "bytes 4-x/10"]
    {
        assert_eq!(read(bad), None, "{bad}");
    }
    assert_eq!(content_range_value(Span { first: 0, last: 1 }, 9), "bytes 0-1/9");
}

#[test]
fn rfc9110_14_6_multipart() {
    let spans = [Span { first: 0, last: 1 }, Span { first: 4, last: 4 }];
    let text = String::from_utf8(multipart(b"01234", &spans, b"text/plain", "B")).unwrap();
    let wanted = "--B\r\ncontent-type: text/plain\r\ncontent-range: bytes 0-1/5\r\n\r\n01\r\n--B\r\ncontent-type: text/plain\r\ncontent-range: bytes 4-4/5\r\n\r\n4\r\n--B--\r\n";
    assert_eq!(text, wanted);
}

#[test]
fn rfc9111_3_3_of_a_part_that_is_cut_the_first_bytes_are_known_and_nothing_of_the_whole() {
    let announced = content_range(b"bytes 4-9/10").unwrap();
    assert_eq!(announced.received(6), Some(announced));
    assert_eq!(announced.received(5), Some(ContentRange { span: Span { first: 4, last: 8 }, length: None }));
    assert_eq!((announced.received(0), announced.received(7)), (None, None));
}

#[test]
fn the_same_range_may_be_written_differently() {
    assert!(same_request(b"bytes=0-1, 5-6", b"Bytes=0-1,5-6"));
    assert!(!same_request(b"bytes=0-1", b"bytes=0-11"));
}

proptest! {
    /// A naive model: the set of bytes that each member names.
    #[test]
    fn every_byte_asked_for_is_sent_and_no_other(length in 0u64..30, specs in proptest::collection::vec((0u64..40, proptest::option::of(0u64..40)), 1..5)) {
        let text = specs.iter().map(|(first, last)| last.map_or(format!("{first}-"), |last| format!("{first}-{}", first + last))).collect::<Vec<_>>().join(",");
        let wanted: Vec<u64> = (0..length).filter(|byte| specs.iter().any(|(first, more)| byte >= first && more.is_none_or(|more| *byte <= first + more))).collect();
        match asked(&format!("bytes={text}"), length) {
            Ranges::Whole => prop_assert!(u64::try_from(wanted.len()).unwrap() >= length.min(1)),
            Ranges::Unsatisfiable => prop_assert!(wanted.is_empty()),
            Ranges::Parts(parts) => {
                let mut sent: Vec<u64> = parts.iter().flat_map(|part| part.first..=part.last).collect();
                sent.sort_unstable();
                prop_assert_eq!(sent, wanted);
            }
        }
    }
}
