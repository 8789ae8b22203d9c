//! The cache against a list: random origins, requests, invalidations, purges and clocks, on two workers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Proxy};
use proptest::prelude::*;
use response_cache::ResponseCache;

/// SHA-256 of `secret`.
const CONFIG: &str =
    r#"{"policy": {"purge": {"secrets": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]}}}"#;

#[derive(Clone, Debug)]
enum Step {
    /// A request, and what the origin says if it is asked.
    Get {
        path: u8,
        lang: Option<u8>,
        says: Says,
    },
    Advance(u64),
    Post {
        path: u8,
        status: u16,
    },
    PurgeUrl(u8),
    PurgeTag(u8),
    PurgeAll,
}

/// What the origin says of a response, beside its body, which is different each time.
#[derive(Clone, Copy, Debug)]
struct Says {
    max_age: u64,
    no_store: bool,
    vary: bool,
    tag: u8,
}

/// A response in the list.
struct Listed {
    path: u8,
    lang: Option<Option<u8>>,
    body: String,
    came: u64,
    max_age: u64,
    tag: u8,
}

/// The naive cache: everything in a list, newest last.
#[derive(Default)]
struct Model {
    list: Vec<Listed>,
    now: u64,
}

impl Model {
    /// What must be sent, and what may be: a stale response counts only until the store has forgotten it.
    fn find(&self, path: u8, lang: Option<u8>) -> (Option<&Listed>, Option<&Listed>) {
        let fits = |listed: &&Listed| listed.path == path && listed.lang.is_none_or(|wanted| wanted == lang);
        let fresh = |listed: &&Listed| self.now - listed.came < listed.max_age;
        let mut fitting = self.list.iter().rev().filter(fits).peekable();
        (fitting.peek().copied().filter(fresh), fitting.find(fresh))
    }

    fn store(&mut self, path: u8, lang: Option<u8>, says: Says, body: String) {
        if says.no_store || says.max_age == 0 {
            return;
        }
        let lang = says.vary.then_some(lang);
        self.list.retain(|listed| listed.path != path || listed.lang != lang);
        self.list.push(Listed { path, lang, body, came: self.now, max_age: says.max_age, tag: says.tag });
    }
}

fn says() -> impl Strategy<Value = Says> {
    let max_age = prop_oneof![Just(0u64), 1u64..4, Just(100u64)];
    (max_age, prop::bool::weighted(0.1), any::<bool>(), 0u8..3).prop_map(|(max_age, no_store, vary, tag)| Says {
        max_age,
        no_store,
        vary,
        tag,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let get = (0u8..3, prop::option::of(0u8..3), says());
    prop_oneof![
        12 => get.prop_map(|(path, lang, says)| Step::Get { path, lang, says }),
        3 => (1u64..4).prop_map(Step::Advance),
        1 => (0u8..3, prop::sample::select(vec![200u16, 204, 303, 404, 500])).prop_map(|(path, status)| Step::Post { path, status }),
        1 => (0u8..3).prop_map(Step::PurgeUrl),
        1 => (0u8..3).prop_map(Step::PurgeTag),
        1 => Just(Step::PurgeAll),
    ]
}

fn response(says: Says, body: &str) -> Response {
    let no_store = if says.no_store { ", no-store" } else { "" };
    let response = Response::new(200)
        .with_header("cache-control", format!("max-age={}{no_store}", says.max_age))
        .with_header("surrogate-key", format!("k{}", says.tag))
        .with_body(body);
    if says.vary { response.with_header("vary", "lang") } else { response }
}

fn purge(path: &str) -> Request {
    Request::new("PURGE", path).with_header("x-purge-key", "secret")
}

fn check(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let next = Arc::new(Mutex::new(Response::new(200)));
    let answer = Arc::clone(&next);
    let origin = move |_: &Request| Answer::response(answer.lock().unwrap().clone());
    // What cannot be stored is not remembered: the list does not either.
    let config = CONFIG.replacen(r#"{"purge""#, r#"{"coalesce": {"uncacheable": "0s"}, "purge""#, 1);
    let builder = Proxy::builder().workers(2).config(config).upstream("upstream", origin);
    let mut proxy = builder.policy::<ResponseCache>("response-cache").unwrap();
    let mut model = Model::default();
    for (index, step) in steps.into_iter().enumerate() {
        // No two things happen at the same moment.
        proxy.advance(Duration::from_millis(1));
        let mut send = |request| proxy.exchange(request).on_worker(index % 2).send();
        match step {
            Step::Advance(seconds) => {
                proxy.advance(Duration::from_secs(seconds));
                model.now += seconds;
            }
            Step::Post { path, status } => {
                *next.lock().unwrap() = Response::new(status);
                send(Request::new("POST", &format!("/{path}")));
                model.list.retain(|listed| listed.path != path || status >= 400);
            }
            Step::PurgeUrl(path) => {
                send(purge(&format!("/{path}")));
                model.list.retain(|listed| listed.path != path);
            }
            Step::PurgeTag(tag) => {
                send(purge("/").with_header("surrogate-key", format!("k{tag}")));
                model.list.retain(|listed| listed.tag != tag);
            }
            Step::PurgeAll => {
                send(purge("/").with_header("x-purge-scope", "all"));
                model.list.clear();
            }
            Step::Get { path, lang, says } => {
                let body = format!("body {index}");
                *next.lock().unwrap() = response(says, &body);
                let request = Request::get(&format!("/{path}"));
                let got =
                    send(lang.iter().fold(request, |request, lang| request.with_header("lang", lang.to_string())));
                let text = got.response().unwrap().text();
                let (must, may) = model.find(path, lang);
                if got.upstream_request().is_none() {
                    prop_assert_eq!(Some(&text), may.map(|listed| &listed.body), "step {}", index);
                } else {
                    prop_assert!(must.is_none(), "step {}: {} was to be sent", index, must.unwrap().body);
                    prop_assert_eq!(&text, &body);
                    model.store(path, lang, says, body);
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_sends_what_a_list_would(steps in prop::collection::vec(step(), 1..60)) {
        check(steps)?;
    }
}
