#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use gatewright_testing::proxy::World;

use super::super::events::MAX_EVENTS;
use super::super::*;
use super::support::*;

/// Three responses, of which selectors choose some.
fn stored(one: &Worker) -> [Key; 3] {
    let keys = [&b"a.com/img/1"[..], b"a.com/img/12", b"b.com/"].map(|url| one.store.key(url, &[]));
    one.put(&keys[0], b"0", &[b"red", b"blue"]);
    one.put(&keys[1], &pattern(1, 500), &[b"blue"]);
    one.put(&keys[2], b"2", &[]);
    keys
}

const CASES: [(Selector<'static>, [bool; 3]); 9] = [
    (Selector::All, [true, true, true]),
    (Selector::Url(b"a.com/img/1"), [true, false, false]),
    (Selector::Url(b"a.com/img/"), [false, false, false]),
    (Selector::Prefix(b"a.com/img/1"), [true, true, false]),
    (Selector::Prefix(b"a.com/im"), [true, true, false]),
    (Selector::Prefix(b""), [true, true, true]),
    (Selector::Tag(b"blue"), [true, true, false]),
    (Selector::Tag(b"red"), [true, false, false]),
    (Selector::Tag(b"re"), [false, false, false]),
];

#[test]
fn a_purge_is_in_force_on_every_worker_when_it_returns() {
    for (selector, chosen) in CASES {
        for purge in [Purge::Hard, Purge::Soft] {
            let world = World::default();
            let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
            let keys = stored(&one);
            // Both have hot copies.
            keys.iter().for_each(|key| assert_eq!((one.get(key).len(), two.get(key).len()), (1, 1)));
            one.store.purge(selector, purge).unwrap();
            for worker in [&two, &one, &two] {
                for (key, chosen) in keys.iter().zip(chosen) {
                    let found = worker.store.lookup(key).unwrap();
                    let soft: Vec<bool> = found.iter().map(Variant::soft_purged).collect();
                    let expected = match (chosen, purge) {
                        (true, Purge::Hard) => vec![],
                        (true, Purge::Soft) => vec![true],
                        (false, _) => vec![false],
                    };
                    assert_eq!(soft, expected, "{selector:?} {purge:?} {key:?}");
                }
            }
        }
    }
}

#[test]
fn an_answer_under_way_is_not_stored_after_a_purge_of_it() {
    for (selector, chosen) in CASES {
        for purge in [Purge::Hard, Purge::Soft] {
            let world = World::default();
            let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
            let key = one.store.key(b"a.com/img/12", &[]);
            let fill = one.lead(&key);
            two.store.purge(selector, purge).unwrap();
            // The tag is known only now.
            let committed = one.store.commit(fill, &key, &content(b"old", &[b"blue"]), NOW).unwrap();
            assert_eq!(committed, if chosen[1] { Committed::Fenced } else { Committed::Stored }, "{selector:?}");
            assert_eq!(two.get(&key).len(), usize::from(!chosen[1]));
            assert_eq!(one.put(&key, b"new", &[b"blue"]), Committed::Stored);
            assert_eq!(two.get(&key), [b"new"]);
        }
    }
}

#[test]
fn an_answer_under_way_is_not_stored_after_an_invalidation() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let key = one.key(1);
    let fill = one.lead(&key);
    two.store.invalidate(&one.key(2)).unwrap();
    two.store.invalidate(&key).unwrap();
    // A new fetch may begin at once: it sees what the origin has now.
    let newer = two.lead(&key);
    assert_eq!(one.store.commit(fill, &key, &content(b"old", &[]), NOW), Ok(Committed::Fenced));
    assert_eq!(two.store.commit(newer, &key, &content(b"new", &[]), NOW), Ok(Committed::Stored));
    assert_eq!(one.get(&key), [b"new"]);
    two.store.invalidate(&key).unwrap();
    assert!(one.get(&key).is_empty());
}

#[test]
fn a_soft_purged_response_is_fresh_again_once_validated() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let [key, ..] = stored(&one);
    one.store.purge(Selector::Tag(b"red"), Purge::Soft).unwrap();
    let found = two.store.lookup(&key).unwrap();
    let content = Content { body: Body::Of(&found[0]), ..content(b"", &[b"red"]) };
    assert_eq!(two.store.commit(two.lead(&key), &key, &content, NOW), Ok(Committed::Stored));
    assert!(!one.store.lookup(&key).unwrap()[0].soft_purged());
}

#[test]
fn what_is_stored_outlives_any_number_of_other_purges() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let keys = stored(&one);
    one.store.purge(Selector::Tag(b"red"), Purge::Soft).unwrap();
    for number in 0..3 * MAX_EVENTS {
        one.store.purge(Selector::Tag(format!("other {number}").as_bytes()), Purge::Hard).unwrap();
    }
    let soft = keys.map(|key| two.store.lookup(&key).unwrap().iter().map(Variant::soft_purged).collect::<Vec<_>>());
    assert_eq!(soft, [vec![true], vec![false], vec![false]]);
}

#[test]
fn an_answer_that_took_longer_than_the_list_of_purges_remembers_is_not_stored() {
    for (purges, expected) in [(MAX_EVENTS, Committed::Stored), (MAX_EVENTS + 1, Committed::Fenced)] {
        let world = World::default();
        let one = Worker::start(&world, 0, ROOMY);
        let key = one.key(1);
        let fill = one.lead(&key);
        for number in 0..purges {
            one.store.purge(Selector::Tag(format!("other {number}").as_bytes()), Purge::Hard).unwrap();
        }
        assert_eq!(one.store.commit(fill, &key, &content(b"", &[]), NOW), Ok(expected));
    }
}

#[test]
fn a_purge_that_fails_says_so() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    stored(&one);
    for nth in 1..=1 + ROOMY.buckets as u64 {
        world.fail_nth_call("proxy_set_shared_data", nth, gatewright::host::Status::InternalFailure);
        assert!(one.store.purge(Selector::Tag(b"red"), Purge::Hard).is_err(), "write {nth}");
    }
    world.inject_cas_mismatches(1.0);
    assert!(one.store.purge(Selector::Tag(b"red"), Purge::Hard).is_err());
    assert!(one.store.begin_fill(&one.key(9), NOW).is_err());
}

#[test]
fn several_selectors_are_one_purge() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let keys = stored(&one);
    let fill = two.lead(&two.key(7));
    one.store
        .purge_each(&[Selector::Tag(b"green"), Selector::Tag(b"red"), Selector::Url(b"b.com/")], Purge::Hard)
        .unwrap();
    assert_eq!(keys.map(|key| two.get(&key).len()), [0, 1, 0]);
    let committed = two.store.commit(fill, &two.key(7), &content(b"", &[b"green"]), NOW);
    assert_eq!(committed, Ok(Committed::Fenced));
    assert!(one.store.purge_each(&[Selector::All; MAX_EVENTS], Purge::Hard).is_err());
    assert!(one.store.purge_each(&[], Purge::Hard).is_ok());
}
