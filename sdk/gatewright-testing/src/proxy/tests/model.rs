//! Bodies against a naive model: whatever the pieces and the guest's codes, what is seen and what is passed on follow the rules.

use std::collections::VecDeque;

use gatewright_core::host::BufferKind;
use proptest::prelude::*;

use super::*;

/// What the guest sees in each callback, and what the upstream gets; without an end, nothing may have arrived.
fn model(pieces: &[Vec<u8>], codes: &[u32]) -> (Vec<Vec<u8>>, Vec<u8>, bool) {
    let (mut seen, mut held, mut upstream) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shows_all, mut ended) = (false, false);
    for (at, code) in codes.iter().enumerate() {
        let last = at == pieces.len();
        let piece = pieces.get(at).cloned().unwrap_or_default();
        let view = if shows_all { [held.clone(), piece.clone()].concat() } else { piece.clone() };
        seen.push(view);
        // A piece that joined what the guest sees is held already; else "no buffer" loses it.
        if shows_all || *code != 3 {
            held.extend(piece);
        }
        if *code == 0 {
            upstream.append(&mut held);
            ended = last;
        }
        shows_all = *code == 1;
    }
    (seen, upstream, ended)
}

proptest! {
    #[test]
    fn any_body_with_any_codes_follows_the_model(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..5), 1..6),
        codes in prop::collection::vec(0u32..4, 7),
    ) {
        let codes: Vec<u32> = codes.into_iter().take(pieces.len() + 1).collect();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let (noted, script) = (seen.clone(), codes.clone());
        let mut proxy = start(move |host| {
            use gatewright_core::host::Host;
            let (host, noted, mut script) = (host.clone(), noted.clone(), VecDeque::from(script.clone()));
            Scripted::new().on_request_body(move |_, size, _| {
                let view = host.buffer(BufferKind::RequestBody, 0, 999).unwrap();
                assert_eq!(view.len(), size as usize);
                noted.borrow_mut().push(view);
                Ok(script.pop_front().unwrap())
            })
        });
        let exchange = proxy.send(pieces.iter().cloned().fold(Request::new("POST", "/"), Request::with_body));
        let (expected_views, expected_body, ended) = model(&pieces, &codes);
        prop_assert_eq!(&*seen.borrow(), &expected_views);
        prop_assert_eq!(exchange.upstream_so_far().unwrap().body_bytes(), expected_body);
        prop_assert_eq!(exchange.upstream_request().is_some(), ended);
        prop_assert_eq!(exchange.is_pending(), !ended);
    }

    #[test]
    fn shared_data_follows_a_map(operations in prop::collection::vec((0u8..3, 0u32..6, any::<u8>()), 0..40)) {
        let mut data = super::super::shared_data::SharedData::default();
        let mut model: std::collections::BTreeMap<u8, (u8, u32)> = std::collections::BTreeMap::new();
        let mut written = 0;
        for (key, version, value) in operations {
            let current = model.get(&key).map(|(_, version)| *version);
            let taken = version == 0 || current.is_none_or(|current| current == version);
            prop_assert_eq!(data.set("vm", &[key], &[value], version).is_ok(), taken);
            if taken {
                written += 1;
                model.insert(key, (value, written));
            }
            let expected = model.get(&key).map(|(value, version)| (vec![*value], *version));
            prop_assert_eq!(data.get("vm", &[key]).ok(), expected);
        }
    }
}
