use proptest::prelude::*;
use regex::bytes::RegexBuilder;

use super::*;
use crate::transform::apply;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn selector(places: &[Place], name: Option<&str>, sees: Sees, transforms: &[Transform]) -> Selector {
    let name = name.map(|name| name.as_bytes().into());
    Selector { places: places.to_vec(), name, sees, views: vec![transforms.to_vec()] }
}

fn contains(text: &str) -> Test {
    Test::Contains(text.as_bytes().to_vec())
}

fn held(engine: &Engine, place: Place, name: &str, raw: &str, decoded: &str) -> Vec<u32> {
    let mut hits = Hits::new(100);
    let value = Value { place, name: name.as_bytes(), raw: raw.as_bytes(), decoded: decoded.as_bytes() };
    let _ = engine.inspect(&value, &mut hits);
    let mut held = hits.all().to_vec();
    held.sort_unstable();
    held
}

#[test]
fn each_test_sees_its_form_of_its_places() {
    let mut builder = EngineBuilder::default();
    let params = [Place::Query, Place::Form];
    builder.add(&selector(&params, None, Sees::Raw, &[]), contains("<"), false, 0);
    builder.add(&selector(&params, None, Sees::Canonical, &[]), contains("<"), false, 1);
    builder.add(&selector(&params, None, Sees::Both, &[]), contains("%3c"), false, 2);
    builder.add(&selector(&params, Some("q"), Sees::Both, &[]), contains("<"), false, 3);
    builder.add(&selector(&[Place::Form], None, Sees::Canonical, &[Transform::Lowercase]), contains("<a"), false, 4);
    let engine = builder.build(&mut Budget::new(1 << 20)).unwrap();

    assert_eq!(held(&engine, Place::Query, "q", "<", "<"), [0, 1, 3]);
    assert_eq!(held(&engine, Place::Query, "x", "%3C", "<"), [1]);
    // Encoded twice: a service that decodes once sees the single encoding, a lax one the character.
    assert_eq!(held(&engine, Place::Query, "q", "%253c", "%3c"), [1, 2, 3]);
    assert_eq!(held(&engine, Place::Form, "x", "%3CA", "<A"), [1, 4]);
    assert_eq!(held(&engine, Place::Cookie, "q", "<", "<"), [0u32; 0]);
    assert!(engine.looks_at(Place::Form) && !engine.looks_at(Place::Cookie));
}

const PIPELINES: [&[Transform]; 7] = [
    &[],
    &[Transform::Lowercase],
    &[Transform::RemoveNulls, Transform::Lowercase, Transform::CompressWhitespace],
    &[Transform::RemoveNulls, Transform::ReplaceComments, Transform::Lowercase, Transform::CompressWhitespace],
    &[
        Transform::HtmlDecode,
        Transform::JsDecode,
        Transform::RemoveNulls,
        Transform::Lowercase,
        Transform::RemoveWhitespace,
    ],
    &[Transform::RemoveNulls, Transform::CommandLine],
    &[Transform::PercentDecode, Transform::CompressWhitespace],
];

const PATTERNS: [&str; 12] = [
    "ab",
    "['\"] ?or",
    "^a? ?b$",
    "(?:ab|<)c",
    "a /b|;",
    "a\\s+b",
    "AB",
    "/(?:ab|ba)",
    "a b",
    "^$",
    "[(=]a",
    "%|&|\\\\",
];

proptest! {
    /// Shapes, sieve, gates and shared texts find what each pattern finds alone in each text.
    #[test]
    fn agrees_with_one_pattern_and_pipeline_after_the_other(
        tests in prop::collection::vec((0..PATTERNS.len(), prop::collection::vec(0..PIPELINES.len(), 1..3), 0..3u8), 1..24),
        values in prop::collection::vec(prop_oneof![
            "[abAB ]{0,6}",
            "[abcAB '\"or;,/(=<]{0,10}",
            "[ab\\\\&#x61;%41/* \t\0\u{ff21}]{0,12}",
        ], 1..12),
    ) {
        let sees = |kind: u8| [Sees::Canonical, Sees::Both, Sees::Raw][usize::from(kind)];
        let mut builder = EngineBuilder::default();
        for (number, (pattern, views, kind)) in (0..).zip(&tests) {
            let views = views.iter().map(|view| PIPELINES[*view].to_vec()).collect();
            let selector = Selector { places: vec![Place::Query], name: None, sees: sees(*kind), views };
            builder.add(&selector, Test::Regex(PATTERNS[*pattern].to_owned()), false, number);
        }
        let engine = builder.build(&mut Budget::new(1 << 24)).unwrap();
        for value in &values {
            let (raw, canonical) = (value.as_bytes(), canonical_text(value.as_bytes(), &mut Conditions::default()).into_owned());
            let naive = (0..).zip(&tests).filter(|(_, (pattern, views, kind))| {
                let regex = RegexBuilder::new(PATTERNS[*pattern]).unicode(false).build().unwrap();
                let seen = views.iter().any(|view| regex.is_match(&apply(PIPELINES[*view], &canonical)));
                (*kind < 2 && seen) || (*kind > 0 && regex.is_match(raw))
            });
            let naive = naive.map(|(number, _)| number).collect::<Vec<u32>>();
            prop_assert_eq!(held(&engine, Place::Query, "q", value, value), naive, "{:?}", value);
        }
    }
}
