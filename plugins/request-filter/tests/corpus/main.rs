//! What the built-in groups must let pass, and what they must find, generated from tables; each run generates the same.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod attacks;
mod detector;
mod encodings;
mod ordinary;
mod places;
mod prose;
mod random;
mod request;

use std::collections::BTreeMap;

use detector::Detector;

#[test]
fn ordinary_requests_pass_every_group() {
    let mut detector = Detector::new();
    let mut count = 0;
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for request in ordinary::requests(12_000) {
        count += 1;
        for hit in detector.inspect(&request).expect("an ordinary request is well-formed") {
            wrong.entry(hit.signature.id).or_default().push(hit.shown());
        }
    }
    assert!(count >= 10_000);
    for (id, values) in &wrong {
        println!("{id}: {} hits, such as {}", values.len(), values[0]);
    }
    assert!(wrong.is_empty(), "{} signatures hit ordinary requests", wrong.len());
}

#[test]
fn ordinary_requests_are_many_different_ones() {
    let shown: std::collections::HashSet<String> =
        ordinary::requests(12_000).map(|request| format!("{request:?}")).collect();
    assert!(shown.len() > 11_000, "{}", shown.len());
}

#[test]
fn every_variant_of_every_attack_is_found() {
    let mut detector = Detector::new();
    let mut variants = 0;
    let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for attack in attacks::all() {
        for (encoding, text) in encodings::variants(&attack) {
            for (place, request) in places::requests(&attack, &text) {
                variants += 1;
                // Refused by name is found, too: what cannot be read safely does not pass.
                let found = match detector.inspect(&request) {
                    Ok(hits) => hits.iter().any(|hit| hit.signature.group == attack.group),
                    Err(_) => true,
                };
                if !found {
                    let class = format!("{:?} {encoding}", attack.group);
                    missed.entry(class).or_default().push(format!("{text} in {place}"));
                }
            }
        }
    }
    assert!(variants >= 2_000, "{variants}");
    for (class, texts) in &missed {
        println!("{class}: {} missed, such as {}", texts.len(), texts[0].escape_debug());
    }
    assert!(missed.is_empty(), "{} of {variants} variants missed", missed.values().map(Vec::len).sum::<usize>());
}

#[test]
fn refusals_do_not_stand_in_for_rules() {
    let mut detector = Detector::new();
    let (mut refused, mut variants) = (0, 0);
    for attack in attacks::all() {
        for (_, text) in encodings::variants(&attack) {
            for (_, request) in places::requests(&attack, &text) {
                variants += 1;
                refused += usize::from(detector.inspect(&request).is_err());
            }
        }
    }
    assert!(refused * 20 < variants, "{refused} of {variants} variants are refused, not found");
}

#[test]
fn every_attack_is_found_as_it_is_by_its_own_group() {
    let mut detector = Detector::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for attack in attacks::all() {
        for (place, request) in places::requests(&attack, attack.text) {
            let hits = detector.inspect(&request).expect("not encoded at all");
            let own: Vec<_> = hits.iter().filter(|hit| hit.signature.group == attack.group).collect();
            if own.is_empty() {
                missed.push(format!("{} in {place}", attack.text));
            }
            own.iter().for_each(|hit| *seen.entry(hit.signature.id).or_default() += 1);
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
    let all = request_filter::groups::Group::ALL.into_iter().flat_map(|group| group.signatures());
    let idle: Vec<_> = all.map(|signature| signature.id).filter(|id| !seen.contains_key(id)).collect();
    assert!(idle.is_empty(), "no attack of the corpus shows that these find anything: {idle:?}");
}
