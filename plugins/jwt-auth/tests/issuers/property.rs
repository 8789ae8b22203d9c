//! Whatever an issuer does: keys are there until their bound, and not after it.

use gatewright_testing::message::Response;
use gatewright_testing::proxy::Answer;
use proptest::prelude::*;
use serde_json::json;

use crate::support::*;

/// What the issuer does from a moment on.
#[derive(Clone, Debug)]
enum Behaviour {
    Keys { delay: u64, max_age: Option<u64> },
    Body { status: u16, delay: u64, body: Vec<u8> },
    Refuses,
    Hangs,
}

impl Behaviour {
    fn answer(&self) -> Answer {
        match self {
            Self::Keys { delay, max_age: None } => Answer::delay(ms(*delay), jwks(&[OLD])),
            Self::Keys { delay, max_age: Some(age) } => {
                Answer::delay(ms(*delay), jwks(&[OLD]).with_header("cache-control", format!("max-age={age}")))
            }
            Self::Body { status, delay, body } => {
                Answer::delay(ms(*delay), Response::new(*status).with_body(body.clone()))
            }
            Self::Refuses => Answer::refused(),
            Self::Hangs => Answer::never(),
        }
    }

    /// Seconds that keys of this answer are fresh, if it is a good one in time.
    fn fresh_for(&self) -> Option<u64> {
        match self {
            Self::Keys { delay, max_age } if *delay < 1_000 => Some(max_age.unwrap_or(10).clamp(10, 120)),
            _ => None,
        }
    }
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..100),
        Just(br#"{"keys": []}"#.to_vec()),
        Just(b"<html>".to_vec()),
        Just(vec![b' '; 70_000]),
        // The key under another name, and half of a good document.
        Just(document(&[NEW]).into_bytes()),
        (0usize..200).prop_map(|end| document(&[OLD]).into_bytes().into_iter().take(end).collect()),
    ]
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        2 => (0u64..1_500, proptest::option::of(0u64..400)).prop_map(|(delay, max_age)| Behaviour::Keys { delay, max_age }),
        2 => (prop_oneof![Just(500u16), Just(302), Just(404), Just(204)], 0u64..1_500, body())
            .prop_map(|(status, delay, body)| Behaviour::Body { status, delay, body }),
        1 => (0u64..1_500, "\\PC{0,30}").prop_map(|(delay, text)| Behaviour::Body { status: 200, delay, body: text.into() }),
        1 => Just(Behaviour::Refuses),
        1 => Just(Behaviour::Hangs),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn keys_are_never_lost_before_their_bound_nor_used_after_it(
        workers in 1usize..4,
        steps in proptest::collection::vec((behaviour(), 1u64..200), 1..12),
    ) {
        let idp = Idp::new(Answer::refused());
        // Fresh for 10 s, or 120 s at most if the issuer wishes; stale for 60 s.
        let source = json!({"remote": {"upstream": "idp", "uri": "https://idp.example/jwks.json", "timeout": "1s", "max_bytes": "64KiB",
            "refresh_interval": "10s", "min_refresh_interval": "10s", "stale_if_error": "60s", "first_wait": "1s"}});
        let mut proxy = start(builder(&idp, workers).config(config(&source)));
        let (good, mut clock, mut fetched) = (token(OLD), 0u64, None);
        for (behaviour, seconds) in steps {
            idp.serve(behaviour.answer());
            for _ in 0..seconds {
                let asked = idp.count();
                proxy.advance(secs(1));
                clock += 1;
                if let Some(fresh) = behaviour.fresh_for().filter(|_| idp.count() > asked) {
                    fetched = Some((clock, fresh));
                }
                let exchange = send(&mut proxy, clock as usize % workers, &good);
                let status = exchange.status();
                proxy.abort(&exchange);
                match fetched {
                    // The answer may be under way.
                    Some((at, _)) if clock <= at + 1 => {}
                    // The issuer was asked within the second before `at`; how long keys are fresh is known to a tenth.
                    Some((at, fresh)) if clock < at - 1 + fresh * 9 / 10 + 60 => prop_assert_eq!(status, 200, "at {} s", clock),
                    Some((at, fresh)) if clock <= at + fresh * 11 / 10 + 60 => {}
                    _ => prop_assert_ne!(status, 200, "at {} s", clock),
                }
            }
        }
    }
}
