//! What the built-in groups must let pass, and what they must find, generated from tables; each run generates the same.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod attacks;
mod detector;
mod encodings;
mod ordinary;
mod places;
mod policy;
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
    let (mut variants, mut refused) = (0, 0);
    let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for attack in attacks::all() {
        for (encoding, text) in encodings::variants(&attack) {
            for (place, request) in places::requests(&attack, &text) {
                variants += 1;
                // Refused by name is found, too: what cannot be read safely does not pass.
                let found = match detector.inspect(&request) {
                    Ok(hits) => hits.iter().any(|hit| hit.signature.group == attack.group),
                    Err(_) => {
                        refused += 1;
                        true
                    }
                };
                if !found {
                    let class = format!("{:?} {encoding}", attack.group);
                    missed.entry(class).or_default().push(format!("{text} in {place}"));
                }
            }
        }
    }
    assert!(variants >= 20_000, "{variants}");
    assert!(refused * 20 < variants, "{refused} of {variants} variants are refused, not found");
    for (class, texts) in &missed {
        println!("{class}: {} missed, such as {}", texts.len(), texts[0].escape_debug());
    }
    assert!(missed.is_empty(), "{} of {variants} variants missed", missed.values().map(Vec::len).sum::<usize>());
}

/// Attacks that testers try, line by line, as they write them.
const KNOWN: &[(&str, &str)] = &[
    ("sql_injection", include_str!("known/sql_injection.txt")),
    ("cross_site_scripting", include_str!("known/cross_site_scripting.txt")),
    ("path_traversal", include_str!("known/path_traversal.txt")),
    ("command_injection", include_str!("known/command_injection.txt")),
    ("template_injection", include_str!("known/template_injection.txt")),
    ("ssrf", include_str!("known/ssrf.txt")),
];

#[test]
fn known_attacks_are_found_in_every_parameter() {
    let mut detector = Detector::new();
    let (mut count, mut missed) = (0, Vec::new());
    for (file, texts) in KNOWN {
        for text in texts.lines() {
            count += 1;
            let found = places::parameters(text).iter().all(|request| {
                let found = detector.inspect(request);
                found.map_or(true, |hits| !hits.is_empty())
            });
            if !found {
                missed.push(format!("{file}: {text}"));
            }
        }
    }
    assert!(count > 400, "{count}");
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_nearly_is_an_attack_passes() {
    let mut detector = Detector::new();
    let mut wrong = Vec::new();
    for text in include_str!("near_misses.txt").lines() {
        for request in places::parameters(text) {
            let hits = detector.inspect(&request).expect("an ordinary request is well-formed");
            wrong.extend(hits.iter().map(|hit| format!("{}: {text}", hit.signature.id)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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

#[test]
fn ordinary_requests_pass_the_policy() {
    let mut proxy = policy::proxy(&serde_json::json!({}));
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in ordinary::requests(12_000) {
        let (status, details) = policy::send(&mut proxy, &request);
        if status != 200 {
            wrong.entry(format!("{status} {details}")).or_default().push(format!("{request:?}"));
        }
    }
    for (details, requests) in &wrong {
        println!(
            "{details}: {} requests, such as {}",
            requests.len(),
            requests[0].chars().take(600).collect::<String>()
        );
    }
    assert!(wrong.is_empty(), "{} kinds of refusals", wrong.len());
}

#[test]
fn no_variant_of_any_attack_passes_the_policy() {
    // Oddities of spelling pass, so that rules have to find what they spell.
    let accepted =
        ["invalid_percent", "double_encoding", "percent_u", "overlong_utf8", "invalid_utf8", "full_width", "nul"];
    let accepted: serde_json::Value = accepted.into_iter().map(|name| (name, "accept")).collect();
    let mut proxy = policy::proxy(&serde_json::json!({ "normalise": { "values": accepted } }));
    let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut by_rules = 0;
    let mut variants = 0;
    for attack in attacks::all() {
        for (encoding, text) in encodings::variants(&attack) {
            for (place, request) in places::requests(&attack, &text) {
                variants += 1;
                let (status, details) = policy::send(&mut proxy, &request);
                by_rules += usize::from(details.contains(".rule."));
                if status == 200 {
                    missed
                        .entry(format!("{:?} {encoding}", attack.group))
                        .or_default()
                        .push(format!("{text} in {place}"));
                }
            }
        }
    }
    for (class, texts) in &missed {
        println!("{class}: {} missed, such as {}", texts.len(), texts[0].escape_debug());
    }
    assert!(missed.is_empty(), "{} of {variants} variants pass", missed.values().map(Vec::len).sum::<usize>());
    assert!(by_rules * 10 > variants * 9, "{by_rules} of {variants} are found by rules, the others refused");
}
