use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ALL: [Transform; 9] = [
    Transform::Lowercase,
    Transform::PercentDecode,
    Transform::HtmlDecode,
    Transform::JsDecode,
    Transform::CompressWhitespace,
    Transform::RemoveWhitespace,
    Transform::ReplaceComments,
    Transform::RemoveNulls,
    Transform::CommandLine,
];

/// What steps change, and what they do not.
const FRAGMENTS: &[&str] = &[
    "&#x61;", "&lt", "%41", "\\x41", "\\", "/*", "*/", "/*!5", "/", "(", " ", "\t", "\0", "\u{a0}", "A", "a", ",", ";",
    "'", "\"", "^", "~",
];

#[test]
fn each_step() {
    for (step, value, expected) in [
        (Transform::Lowercase, "SeLect É", "select É"),
        (Transform::PercentDecode, "%3c%2541%", "<%41%"),
        (Transform::HtmlDecode, "&lt;&#60;&#x3C&LT;a&amp;lt;&;&#;&colon;&unknown;", "<<<<a&lt;&;&#;:&unknown;"),
        (Transform::JsDecode, r"\x3c\u003c\u{3c}\74\a\n\\x\", "<<<<a\n\\x\\"),
        (Transform::CompressWhitespace, "a \t\u{a0}\u{2003}b\u{3000}c", "a b c"),
        (Transform::RemoveWhitespace, " a \t b\n", "ab"),
        (Transform::ReplaceComments, "un/**/ion/*x*/se/*!50000lect*/ 1*/2/*", "un ion se lect  1*/2 "),
        (Transform::RemoveNulls, "a\0b", "ab"),
        (Transform::CommandLine, "C\\A't' ,; /etc^/pass\"wd", "cat/etc/passwd"),
    ] {
        let steps = [step];
        assert_eq!(
            apply(&steps, value.as_bytes()).escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string(),
            "{step:?}"
        );
    }
}

#[test]
fn steps_follow_each_other() {
    let steps = [Transform::PercentDecode, Transform::HtmlDecode, Transform::Lowercase];
    assert_eq!(apply(&steps, b"%26lt;SCRIPT").as_ref(), b"<script");
}

#[test]
fn what_does_not_change_is_not_copied() {
    let all_but_one = ALL.iter().copied().filter(|step| *step != Transform::CommandLine).collect::<Vec<_>>();
    assert!(matches!(apply(&all_but_one, b"select-1/2"), Cow::Borrowed(_)));
}

proptest! {
    /// A shortcut is one only where nothing changes.
    #[test]
    fn no_shortcut_leaves_out_a_change(value in "[ a\\t\u{a0}\u{3000}]{0,12}") {
        let compressed = apply(&[Transform::CompressWhitespace], value.as_bytes()).into_owned();
        let whole = value.split(['\t', '\u{a0}', '\u{3000}', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let trimmed = String::from_utf8(compressed.clone()).unwrap();
        prop_assert_eq!(trimmed.trim(), whole);
        prop_assert!(!compressed.windows(2).any(|pair| pair == b"  "));
    }

    /// What a shape says of a step is so for each value of the shape.
    #[test]
    fn shapes_foresee_what_steps_do(value in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        prop::collection::vec(prop::sample::select(FRAGMENTS), 0..6).prop_map(|parts| parts.concat().into_bytes()),
        "[a /*!]{0,8}".prop_map(String::into_bytes),
    ]) {
        let shape = Shape::of(&value);
        for step in ALL {
            let after = apply(&[step], &value).into_owned();
            prop_assert!(shape_after(&[step], shape).holds(Shape::of(&after)), "{:?}", step);
            prop_assert!(!step.is_idle(shape) || after == value, "{:?}", step);
        }
        prop_assert_eq!(apply_to(&ALL, &value, shape), apply(&ALL, &value));
        for steps in (0..ALL.len()).map(|start| &ALL[start..]).chain(ALL.chunks(1)).chain([[].as_slice()]) {
            let folded = if folds(steps) { value.to_ascii_lowercase() } else { value.clone() };
            let only_folded = is_calm(shape) && !shape.meets(moved_in_calm(steps));
            prop_assert!(!only_folded || apply(steps, &value).as_ref() == folded, "{:?}", steps);
        }
    }

    #[test]
    fn no_step_makes_a_value_longer(value in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        "[&#x0-9;\\\\u{}/*! %a-f]{0,40}".prop_map(String::into_bytes),
    ]) {
        for step in ALL {
            let steps = [step];
            prop_assert!(apply(&steps, &value).len() <= value.len(), "{:?}", step);
        }
    }
}
