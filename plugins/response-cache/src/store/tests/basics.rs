#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use gatewright::Timestamp;
use gatewright_testing::proxy::World;

use super::super::*;
use super::support::*;

#[test]
fn what_is_stored_is_found_whole_by_every_worker() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    for (number, length) in
        [0, 1, 12, 13, 40, 41, 42, 43, 60, 61, 62, 63, 99, 100, 101, 199, 200, 201, 1000, 3900].into_iter().enumerate()
    {
        let (key, body) = (one.key(number as u32), pattern(number as u64, length));
        assert_eq!(one.put(&key, &body, &[]), Committed::Stored, "{length}");
        for worker in [&one, &two, &two] {
            assert_eq!(worker.get(&key), [&*body], "{length}");
            let found = worker.store.lookup(&key).unwrap();
            assert_eq!((found[0].meta(), found[0].headers()), (&b"meta"[..], &b"headers"[..]));
            assert_eq!((found[0].body_length(), found[0].soft_purged()), (length, false));
        }
    }
    assert!(one.get(&one.key(99)).is_empty());
}

#[test]
fn a_newer_response_takes_the_place_of_the_older_everywhere() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let key = one.key(1);
    for version in 0..5 {
        one.put(&key, &pattern(version, 300), &[]);
        assert_eq!(two.get(&key), [pattern(version, 300)]);
    }
}

#[test]
fn variants_stand_side_by_side_up_to_their_number() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    for variant in 0..5 {
        let body = pattern(variant, 10);
        let content = Content { variant, ..content(&body, &[]) };
        assert_eq!(one.store.commit(one.lead(&key), &key, &content, NOW), Ok(Committed::Stored));
    }
    assert_eq!(one.get(&key), [pattern(4, 10), pattern(3, 10), pattern(2, 10)]);
    // Newest first, whatever is used most.
    one.store.note_use(&one.store.lookup(&key).unwrap()[2], NOW);
    assert_eq!(one.get(&key), [pattern(4, 10), pattern(3, 10), pattern(2, 10)]);
}

#[test]
fn a_validated_response_keeps_its_body() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    for (number, length) in [5, 1000].into_iter().enumerate() {
        let key = one.key(number as u32);
        // It is of no use any more, but for its validation.
        let body = pattern(7, length);
        let over = Content { keep_until: NOW, ..content(&body, &[]) };
        assert_eq!(one.store.commit(one.lead(&key), &key, &over, NOW), Ok(Committed::Stored));
        for round in 0..3_u8 {
            let found = two.store.lookup(&key).unwrap();
            let fresh = [round; 6];
            let content = Content { headers: &fresh, body: Body::Of(&found[0]), ..content(&[], &[]) };
            assert_eq!(two.store.commit(two.lead(&key), &key, &content, NOW), Ok(Committed::Stored));
            let again = one.store.lookup(&key).unwrap();
            assert_eq!((again.len(), again[0].headers()), (1, &fresh[..]));
            assert_eq!(one.get(&key), [pattern(7, length)]);
        }
    }
}

#[test]
fn a_validated_response_whose_body_is_gone_is_not_stored() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    one.put(&key, &pattern(7, 1000), &[]);
    let found = one.store.lookup(&key).unwrap();
    one.store.invalidate(&key).unwrap();
    let content = Content { body: Body::Of(&found[0]), ..content(&[], &[]) };
    assert_eq!(one.store.commit(one.lead(&key), &key, &content, NOW), Ok(Committed::NoRoom));
    assert!(one.get(&key).is_empty());
}

#[test]
fn one_leads_and_the_others_follow_until_it_is_over() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let key = one.key(1);
    let fill = one.lead(&key);
    for worker in [&one, &two, &two] {
        assert!(matches!(worker.store.begin_fill(&key, NOW), Ok(Begin::Follower(_))));
    }
    drop(fill);
    let fill = two.lead(&key);
    two.store.pass(fill, Duration::from_secs(5), NOW).unwrap();
    for worker in [&one, &two] {
        assert!(matches!(worker.store.begin_fill(&key, NOW), Ok(Begin::Pass)));
    }
    let later = NOW + Duration::from_secs(5);
    assert!(matches!(one.store.begin_fill(&key, later), Ok(Begin::Leader(_))));
}

#[test]
fn a_leader_that_died_is_followed_after_its_lease_and_stores_nothing_then() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let (key, lease) = (one.key(1), settings().lease);
    let slow = one.lead(&key);
    let just_before = Timestamp::from_nanos((NOW + lease).nanos() - 1);
    assert!(matches!(two.store.begin_fill(&key, just_before), Ok(Begin::Follower(_))));
    let Ok(Begin::Leader(next)) = two.store.begin_fill(&key, NOW + lease) else { panic!() };
    let late = one.store.commit(slow, &key, &content(b"old", &[]), NOW + lease);
    assert_eq!(late, Ok(Committed::Fenced));
    assert_eq!(two.store.commit(next, &key, &content(b"new", &[]), NOW + lease), Ok(Committed::Stored));
    assert_eq!(one.get(&key), [b"new"]);
}

#[test]
fn a_clock_set_back_does_not_keep_a_key_from_being_fetched() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    std::mem::forget(one.lead(&key));
    let long_ago = Timestamp::from_seconds(NOW.seconds() - 7200);
    assert!(matches!(one.store.begin_fill(&key, long_ago), Ok(Begin::Leader(_))));
}

#[test]
fn more_fetches_than_fit_pass_and_what_is_only_remembered_gives_way() {
    let world = World::default();
    let one = Worker::start(&world, 0, Worker::one_bucket(TIGHT));
    let passing = one.key(100);
    one.store.pass(one.lead(&passing), Duration::from_secs(50), NOW).unwrap();
    let fills: Vec<_> = (0..3).map(|number| one.lead(&one.key(number))).collect();
    assert!(matches!(one.store.begin_fill(&one.key(3), NOW), Ok(Begin::Pass)));
    drop(fills);
    assert!(matches!(one.store.begin_fill(&one.key(3), NOW), Ok(Begin::Leader(_))));
}

#[test]
fn two_keys_of_one_url_are_two() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let (a, b) = (one.store.key(b"/", &[b"ab", b"c"]), one.store.key(b"/", &[b"a", b"bc"]));
    one.put(&a, b"first", &[]);
    assert!(one.get(&b).is_empty());
}

#[test]
fn too_large_a_response_is_not_stored() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    assert_eq!(one.put(&key, &[0; 4096], &[]), Committed::NoRoom);
    assert_eq!(one.put(&key, &[0; 3900], &[&[1; 200]]), Committed::Stored);
    // The head must fit in one chunk.
    let content = Content { headers: &[0; 100], ..content(b"", &[]) };
    assert_eq!(one.store.commit(one.lead(&key), &key, &content, NOW), Ok(Committed::NoRoom));
}

#[test]
fn a_chunk_that_is_another_responses_is_never_served() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let key = one.key(1);
    for (damaged, length) in [(0, 10), (0, 1000), (3, 1000)] {
        one.put(&key, &pattern(1, length), &[]);
        let bucket = key.bucket(ROOMY.buckets);
        let mark = super::super::inner::Mark { generation: 1, part: damaged };
        let value = (0..100).find(|chunk| one.chunk_starts(bucket, *chunk, damaged)).unwrap();
        one.store.0.write_chunk(bucket, value, mark, &[b"somebody else's"]).unwrap();
        assert!(two.get(&key).is_empty(), "part {damaged} of {length}");
        assert!(two.store.lookup(&key).unwrap().is_empty(), "it is still in the index");
    }
}

#[test]
fn two_keys_of_one_hash_are_two() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    let forged = one.key(2).with_hash_of(&key);
    one.put(&key, b"first", &[]);
    assert!(one.get(&forged).is_empty());
    assert_eq!(one.get(&key), [b"first"]);
}
