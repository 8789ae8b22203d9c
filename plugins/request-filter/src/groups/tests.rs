use std::collections::HashSet;

use super::*;
use crate::engine::{Budget, ScannerBuilder, Test};
use crate::value::Place;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn all() -> impl Iterator<Item = &'static Signature> {
    Group::ALL.into_iter().flat_map(|group| group.signatures())
}

#[test]
fn every_signature_is_whole_and_has_a_name_of_its_own() {
    let mut ids = HashSet::new();
    for group in Group::ALL {
        let named = serde_json::from_value::<Group>(serde_json::Value::String(group.name().to_owned()));
        assert_eq!(named.unwrap(), group);
        for signature in group.signatures() {
            assert_eq!(signature.group, group, "{}", signature.id);
            assert!(ids.insert(signature.id), "{}", signature.id);
            assert!(!signature.views.is_empty(), "{}", signature.id);
            assert_eq!(signature.headers.is_empty(), signature.id != "scanner-agent");
        }
    }
}

#[test]
fn every_pattern_compiles_within_a_budget() {
    let mut builder = ScannerBuilder::default();
    for (number, signature) in (0..).zip(all()) {
        builder.add(Test::Regex(signature.pattern.to_owned()), false, number);
    }
    let names: Vec<_> = all().map(|signature| signature.id).collect();
    let built = builder.build(&mut Budget::new(8 << 20));
    if let Err((number, error)) = built {
        panic!("{}: {error}", names[number as usize]);
    }
}

#[test]
fn places_are_sets() {
    let set = Places::of(&[Place::Query, Place::Body]);
    assert!(set.contains(Place::Query) && set.contains(Place::Body) && !set.contains(Place::Path));
    assert!(set.and(Places::of(&[Place::Path])).contains(Place::Path));
    assert!(!set.without(Place::Query).contains(Place::Query));
}
