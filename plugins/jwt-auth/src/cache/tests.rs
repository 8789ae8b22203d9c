use gatewright::config::Size;

use super::*;
use crate::jose::Claims;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn cache(max_tokens: u32, max_bytes: u64) -> TokenCache {
    let cache = TokenCache::new();
    cache.grow(config::TokenCache { max_tokens, max_bytes: Size::from_bytes(max_bytes) });
    cache
}

/// A token of its own for each number.
fn key(token: usize) -> Key<'static> {
    Key { place: Place { set: 0, tag: (token as u64) << 32 }, token: token.to_string().leak().as_bytes() }
}

fn good(expires: u64) -> Rc<Verified> {
    let claims = Claims::parse(format!(r#"{{"exp":{expires}}}"#).as_bytes()).unwrap();
    Rc::new(Verified::new(0, claims, 0, 0, None))
}

fn is_good(cache: &TokenCache, key: &Key<'_>, now: u64) -> bool {
    matches!(cache.get(key, now), Some(Known::Good(_)))
}

#[test]
fn a_token_is_that_token_under_those_providers() {
    let cache = cache(10, 1 << 20);
    cache.insert(&cache.key(0, b"a"), &good(100));
    assert!(is_good(&cache, &cache.key(0, b"a"), 0));
    for other in [cache.key(0, b"b"), cache.key(1, b"a"), cache.key(0, b"")] {
        assert!(cache.get(&other, 0).is_none());
    }
}

#[test]
fn an_entry_dies_with_its_token() {
    let cache = cache(10, 1 << 20);
    cache.insert(&key(1), &good(100));
    assert!(is_good(&cache, &key(1), 99));
    assert!(cache.get(&key(1), 100).is_none());
    assert_eq!(cache.inner.borrow().bytes, 0);
}

#[test]
fn the_least_used_go_first() {
    let cache = cache(3, 1 << 20);
    for token in 0..3 {
        cache.insert(&key(token), &good(100));
    }
    assert!(is_good(&cache, &key(0), 0));
    cache.insert(&key(3), &good(100));
    assert_eq!([0, 1, 2, 3].map(|token| is_good(&cache, &key(token), 0)), [true, false, true, true]);
}

#[test]
fn bytes_are_bounded_too() {
    let cost = good(100).cost() + 1;
    let cache = cache(1000, 4 * cost as u64);
    for token in 0..10 {
        cache.insert(&key(token), &good(100));
        // The same again replaces it and costs nothing more.
        cache.insert(&key(token), &good(100));
    }
    assert_eq!(cache.inner.borrow().good.len(), 4);
    assert_eq!(cache.inner.borrow().bytes, 4 * cost);
}

#[test]
fn forged_tokens_are_few_and_never_good() {
    let cache = cache(10_000, 1 << 20);
    let forged = Forged { provider: 0, generation: 1 };
    for token in 0..MAX_FORGED + 5 {
        cache.insert_forged(&key(token), forged);
    }
    assert_eq!(cache.inner.borrow().forged.len(), MAX_FORGED);
    assert!(matches!(cache.get(&key(MAX_FORGED), 0), Some(Known::Forged(found)) if found == forged));
    // A key came that verifies it.
    cache.insert(&key(MAX_FORGED), &good(100));
    assert!(is_good(&cache, &key(MAX_FORGED), 0));
    assert_eq!(cache.inner.borrow().forged.len(), MAX_FORGED - 1);
}

#[test]
fn tokens_with_the_same_end_are_different_tokens() {
    const END: &[u8] = b".0123456789abcdef0123456789abcdef";
    let cache = cache(10, 1 << 20);
    let tokens = [[b"a.b", END].concat(), [b"c.d", END].concat(), [b"e.f", END].concat()];
    let [one, other, forged] = [0, 1, 2].map(|number| cache.key(0, &tokens[number]));
    assert!(one.place == other.place);
    cache.insert(&one, &good(100));
    assert!(cache.get(&other, 0).is_none());
    // A forged one neither spoils a good one nor another one that was not seen yet.
    cache.insert_forged(&forged, Forged { provider: 0, generation: 0 });
    assert!(is_good(&cache, &one, 0) && cache.get(&other, 0).is_none());
    assert!(matches!(cache.get(&forged, 0), Some(Known::Forged(_))));
    // There is room for one of them.
    cache.insert(&other, &good(100));
    assert!(is_good(&cache, &other, 0) && cache.get(&one, 0).is_none() && cache.get(&forged, 0).is_none());
    assert_eq!(cache.inner.borrow().bytes, good(100).cost() + other.token.len());
}

#[test]
fn a_token_that_turns_out_forged_is_good_no_more() {
    let cache = cache(10, 1 << 20);
    cache.insert(&key(1), &good(100));
    cache.insert_forged(&key(1), Forged { provider: 0, generation: 1 });
    assert!(matches!(cache.get(&key(1), 0), Some(Known::Forged(_))));
    assert_eq!(cache.inner.borrow().bytes, 0);
}

#[test]
fn none_remembers_nothing() {
    let cache = cache(0, 1 << 20);
    cache.insert(&key(0), &good(100));
    cache.insert_forged(&key(1), Forged { provider: 0, generation: 0 });
    assert!(cache.get(&key(0), 0).is_none() && cache.get(&key(1), 0).is_none());
}
