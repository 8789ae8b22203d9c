use proptest::prelude::*;
use regex::bytes::RegexBuilder;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn scanner(tests: &[(Test, bool)]) -> Scanner {
    let mut builder = ScannerBuilder::default();
    for (number, (test, ignore_case)) in tests.iter().enumerate() {
        builder.add(test.clone(), *ignore_case, u32::try_from(number).unwrap());
    }
    builder.build(&mut Budget::new(64 << 20)).unwrap()
}

fn held(scanner: &Scanner, value: &[u8]) -> Vec<u32> {
    let mut hits = Hits::new(1000);
    scanner.scan(value, &mut hits);
    let mut held = hits.all().to_vec();
    held.sort_unstable();
    held
}

fn text(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[test]
fn every_kind_of_test() {
    let list = Rc::new(StringList::new(["/admin"].into_iter(), false));
    let scanner = scanner(&[
        (Test::Present, false),
        (Test::Exact(text("/Admin")), false),
        (Test::Exact(text("/ADMIN")), true),
        (Test::Prefix(text("/a")), false),
        (Test::Suffix(text("MIN")), true),
        (Test::Contains(text("dmi")), false),
        (Test::Regex("^/[a-z]+$".into()), false),
        (Test::Regex("^/ad[a-z]+$".into()), true),
        (Test::Listed(list), false),
        (Test::Prefix(Vec::new()), false),
    ]);
    assert_eq!(held(&scanner, b"/admin"), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(held(&scanner, b"/Admin"), [0, 1, 2, 4, 5, 7, 9]);
    assert_eq!(held(&scanner, b""), [0, 9]);
}

#[test]
fn a_value_does_not_leave_anything_to_the_next() {
    let scanner = scanner(&[(Test::Regex("abc[0-9]".into()), false)]);
    assert_eq!(held(&scanner, b"abcx"), [0u32; 0]);
    assert_eq!(held(&scanner, b"abc1"), [0]);
    assert_eq!(held(&scanner, b"abcx"), [0u32; 0]);
}

#[test]
fn a_bad_pattern_is_named() {
    let mut builder = ScannerBuilder::default();
    builder.add(Test::Regex("a".into()), false, 7);
    builder.add(Test::Regex("a)(b".into()), true, 8);
    assert_eq!(builder.build(&mut Budget::new(1 << 20)).unwrap_err().0, 8);
}

/// Patterns of a small language, so that they often match.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[abc]{1,4}",
        Just("[ab]".to_owned()),
        Just(".".to_owned()),
        Just("\\b".to_owned()),
        Just("[^a]".to_owned())
    ];
    let grow = |inner: BoxedStrategy<String>| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            (inner, prop_oneof![Just("?"), Just("*"), Just("+"), Just("{2,3}"), Just("{0}")])
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
        .boxed()
    };
    (leaf.prop_recursive(3, 12, 4, move |inner| grow(inner.boxed())), any::<(bool, bool)>()).prop_map(
        |(body, (start, end))| format!("{}{body}{}", if start { "^" } else { "" }, if end { "$" } else { "" }),
    )
}

proptest! {
    /// Gate, shards and tables together find what each pattern finds alone, by another engine.
    #[test]
    fn agrees_with_one_regex_after_the_other(
        patterns in prop::collection::vec((pattern(), any::<bool>()), 1..40),
        values in prop::collection::vec("[abcABC ]{0,12}", 1..8),
    ) {
        let tests = patterns.iter().map(|(pattern, ignore_case)| (Test::Regex(pattern.clone()), *ignore_case));
        let scanner = scanner(&tests.collect::<Vec<_>>());
        for value in values {
            let alone = patterns.iter().enumerate().filter(|(_, (pattern, ignore_case))| {
                let regex = RegexBuilder::new(pattern).unicode(false).case_insensitive(*ignore_case).build().unwrap();
                regex.is_match(value.as_bytes())
            });
            let alone = alone.map(|(number, _)| u32::try_from(number).unwrap()).collect::<Vec<_>>();
            prop_assert_eq!(held(&scanner, value.as_bytes()), alone, "{}", value);
        }
    }

    #[test]
    fn literal_tests_agree_with_a_naive_model(
        needles in prop::collection::vec(("[abB]{0,4}", 0..4u8, any::<bool>()), 1..30),
        value in "[abAB]{0,10}",
    ) {
        let fold = |text: &str, ignore_case: bool| if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
        let tests = needles.iter().map(|(needle, kind, ignore_case)| {
            let needle = text(needle);
            let test = match kind {
                0 => Test::Exact(needle),
                1 => Test::Prefix(needle),
                2 => Test::Suffix(needle),
                _ => Test::Contains(needle),
            };
            (test, *ignore_case)
        });
        let scanner = scanner(&tests.collect::<Vec<_>>());
        let naive = needles.iter().enumerate().filter(|(_, (needle, kind, ignore_case))| {
            let (value, needle) = (fold(&value, *ignore_case), fold(needle, *ignore_case));
            match kind {
                0 => value == needle,
                1 => value.starts_with(&needle),
                2 => value.ends_with(&needle),
                _ => value.contains(&needle),
            }
        });
        let naive = naive.map(|(number, _)| u32::try_from(number).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(held(&scanner, value.as_bytes()), naive);
    }
}
