use std::borrow::Cow;
use std::cell::RefCell;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::{HeaderName, from_value};
use crate::routes::{HeaderCondition, canonical_path};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Clone, Debug, Default)]
struct Request {
    route_name: Option<String>,
    host: Option<String>,
    path: Option<String>,
    method: Option<String>,
    headers: Vec<(&'static str, &'static str)>,
    metadata: Vec<(&'static str, &'static str)>,
    asked: RefCell<Vec<String>>,
}

impl Request {
    fn note(&self, what: impl Into<String>) {
        self.asked.borrow_mut().push(what.into());
    }
}

fn bytes(text: &Option<String>) -> Option<Cow<'_, [u8]>> {
    text.as_ref().map(|text| text.as_bytes().into())
}

fn named<'a>(pairs: &'a [(&str, &str)], name: &str) -> Option<Cow<'a, [u8]>> {
    pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_bytes().into())
}

impl RouteQuery for Request {
    fn route_name(&self) -> Option<Cow<'_, [u8]>> {
        self.note("route_name");
        bytes(&self.route_name)
    }
    fn host(&self) -> Option<Cow<'_, [u8]>> {
        self.note("host");
        bytes(&self.host)
    }
    fn path(&self) -> Option<Cow<'_, [u8]>> {
        self.note("path");
        bytes(&self.path)
    }
    fn method(&self) -> Option<Cow<'_, [u8]>> {
        self.note("method");
        bytes(&self.method)
    }
    fn header(&self, name: &HeaderName) -> Option<Cow<'_, [u8]>> {
        self.note(format!("header {name}"));
        named(&self.headers, name.as_str())
    }
    fn metadata(&self, key: &str) -> Option<Cow<'_, [u8]>> {
        self.note(format!("metadata {key}"));
        named(&self.metadata, key)
    }
}

fn request(host: &str, path: &str) -> Request {
    Request {
        host: Some(host.to_owned()),
        path: Some(path.to_owned()),
        method: Some("GET".to_owned()),
        ..Request::default()
    }
}

fn matches(written: Value) -> RouteMatch {
    from_value(written).unwrap()
}

fn index(written: &[Value]) -> RouteIndex<String> {
    RouteIndex::new(written.iter().map(|value| (matches(value.clone()), value.to_string())).collect()).unwrap()
}

/// The order in which these matches win: the winner, then the winner without it, and so on. Independent of the list's order.
fn winners(written: &[Value], request: &Request) -> Vec<Value> {
    let mut left = written.to_vec();
    let mut order = Vec::new();
    while let Some(found) = index(&left).find(request).map(|found| found.index) {
        let turned: Vec<Value> = left.iter().rev().cloned().collect();
        assert_eq!(index(&turned).find(request).map(|f| turned[f.index].clone()), Some(left[found].clone()));
        order.push(left.remove(found));
    }
    order
}

#[test]
fn the_most_specific_wins_whatever_the_order() {
    let request = Request {
        route_name: Some("r".to_owned()),
        headers: vec![("x-a", "1"), ("x-b", "1")],
        metadata: vec![("k", "v")],
        ..request("a.b.example.com", "/orders/7/items")
    };
    let order = [
        json!({"route_name": "r", "host": "a.b.example.com"}),
        json!({"route_name": "r"}),
        json!({"host": "a.b.example.com", "path": "/orders/7/items"}),
        json!({"host": "a.b.example.com"}),
        json!({"host": "*.b.example.com"}),
        json!({"host": "*.example.com", "path": "/**"}),
        json!({"host": "*.com"}),
        json!({"path": "/orders/7/items"}),
        json!({"path": "/orders/{id}/items", "methods": ["GET"], "headers": [{"name": "x-a", "exact": "1"}]}),
        json!({"path": "/orders/{id}/items", "methods": ["GET"]}),
        json!({"path": "/orders/{id}/items"}),
        json!({"path": "/orders/{id}/{what}"}),
        json!({"path": "/{a}/7/items"}),
        json!({"path": "/{a}/{b}/{c}"}),
        json!({"path": "/orders/7/items/**"}),
        json!({"path": "/{a}/7/items/**"}),
        json!({"path": "/orders/7/**"}),
        json!({"path": "/orders/{id}/**"}),
        json!({"path": "/{a}/7/**"}),
        json!({"path": "/orders/**"}),
        json!({"path": "/{a}/**"}),
        json!({"path": "/**"}),
        json!({"methods": ["GET"], "headers": [{"name": "x-a", "present": true}]}),
        json!({"methods": ["GET"]}),
        json!({"methods": ["GET", "PUT"]}),
        json!({"headers": [{"name": "x-a", "exact": "1"}, {"name": "x-b", "prefix": "1"}], "metadata": {"k": "v"}}),
        json!({"headers": [{"name": "x-a", "exact": "1"}, {"name": "x-b", "exact": "1"}]}),
        json!({"headers": [{"name": "x-a", "present": true}, {"name": "x-b", "exact": "1"}]}),
        json!({"headers": [{"name": "x-b", "exact": "1"}]}),
        json!({"headers": [{"name": "x-a", "prefix": "1"}]}),
        json!({"headers": [{"name": "x-a", "present": true}]}),
        json!({"metadata": {"k": "v"}}),
    ];
    assert_eq!(winners(&order, &request), order);
    let turned: Vec<Value> = order.iter().rev().cloned().collect();
    assert_eq!(winners(&turned, &request), order);
}

#[test]
fn a_more_specific_match_that_fails_gives_way() {
    let index = index(&[
        json!({"host": "a.com", "path": "/x", "methods": ["POST"]}),
        json!({"host": "a.com", "path": "/{v}", "headers": [{"name": "x", "present": true}]}),
        json!({"path": "/x/**"}),
        json!({"route_name": "other"}),
    ]);
    assert_eq!(index.find(&request("a.com", "/x")).map(|found| found.index), Some(2));
    assert_eq!(index.find(&request("a.com", "/y")).map(|found| found.index), None);
}

#[test]
fn paths_are_compared_in_canonical_form_and_hosts_without_port_and_case() {
    let index = index(&[json!({"host": "api.example.com", "path": "/admin/**"})]);
    for path in ["/admin", "/admin/", "/admin/x", "/%61dmin/x", "//admin", "/x/../admin?y", "/admin/%2F"] {
        assert!(index.find(&request("API.Example.com.:8443", path)).is_some(), "{path}");
    }
    for path in ["/administrator", "/Admin", "/x/admin", "/", "/admin/.."] {
        assert!(index.find(&request("api.example.com", path)).is_none(), "{path}");
    }
    assert!(index.find(&request("example.com", "/admin")).is_none());
}

#[test]
fn a_wildcard_needs_a_label_of_its_own() {
    let index = index(&[json!({"host": "*.example.com"})]);
    for (host, expected) in [
        ("a.example.com", true),
        ("a.b.example.com", true),
        ("example.com", false),
        (".example.com", false),
        ("aexample.com", false),
    ] {
        assert_eq!(index.find(&request(host, "/")).is_some(), expected, "{host}");
    }
}

#[test]
fn variables_are_named_as_the_winning_route_names_them() {
    let index = index(&[
        json!({"path": "/t/{a}/o/{b}", "methods": ["PUT"]}),
        json!({"path": "/t/{tenant}/o/{order}"}),
        json!({"path": "/f/{root}/**"}),
    ]);
    let query = request("h", "/t/x%2fy/o/%37");
    let found = index.find(&query).unwrap();
    assert_eq!(found.variables.iter().collect::<Vec<_>>(), [("tenant", "x%2Fy"), ("order", "7")]);
    assert_eq!((found.variables.get("order"), found.variables.get("a")), (Some("7"), None));
    let query = request("h", "/f/r/any/thing");
    assert_eq!(index.find(&query).unwrap().variables.get("root"), Some("r"));
    assert!(index.find(&request("h", "/t//o/1")).is_none());
}

#[test]
fn only_what_is_needed_is_asked_and_only_once() {
    let index = index(&[
        json!({"host": "a.com", "path": "/x", "headers": [{"name": "x-a", "exact": "1"}]}),
        json!({"host": "a.com", "path": "/x", "headers": [{"name": "x-a", "exact": "2"}]}),
        json!({"host": "a.com", "path": "/x", "headers": [{"name": "x-a", "exact": "3"}], "metadata": {"k": "v"}}),
    ]);
    let other = request("b.com", "/x");
    assert!(index.find(&other).is_none());
    assert_eq!(*other.asked.borrow(), ["host"]);
    let query = request("a.com", "/x");
    assert!(index.find(&query).is_none());
    assert_eq!(*query.asked.borrow(), ["host", "path", "header x-a"]);
    let needs = index.needs();
    assert!(needs.host && needs.path && !needs.route_name && !needs.method);
    assert_eq!(needs.headers.iter().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-a"]);
    assert_eq!(needs.metadata.iter().collect::<Vec<_>>(), ["k"]);

    let none = RouteIndex::<()>::new(Vec::new()).unwrap();
    let query = request("a.com", "/x");
    assert!(none.find(&query).is_none() && query.asked.borrow().is_empty());
    assert_eq!(none.needs(), &Needs::default());
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let error = |written: &[Value]| {
        RouteIndex::new(written.iter().map(|value| (matches(value.clone()), ())).collect()).unwrap_err().to_string()
    };
    let twice = [
        json!({"path": "/a/{x}", "methods": ["GET", "PUT"]}),
        json!({"host": "b"}),
        json!({"path": "/a/{y}", "methods": ["PUT", "GET"]}),
    ];
    assert_eq!(error(&twice), "[2].match: matches exactly the same requests as routes[0].match; keep one");
    assert!(error(&[json!({"host": "a"}), json!({})]).starts_with("[1].match: an empty match is every request"));
}

/// Steps of the search in an index with `count` routes of each of several kinds.
fn steps(count: usize, query: &Request) -> usize {
    let written = (0..count).flat_map(|n| {
        [
            json!({"route_name": format!("r{n}")}),
            json!({"host": format!("h{n}.example.com"), "path": "/orders/{id}"}),
            json!({"host": format!("*.w{n}.example.com")}),
            json!({"path": format!("/p{n}/{{id}}/items")}),
            json!({"path": format!("/q/{{id}}/x{n}/**")}),
        ]
    });
    let index = RouteIndex::new(written.map(|value| (matches(value), ())).collect()).unwrap();
    let search = Search::new(query, &index.matches);
    assert!(index.search(&search).is_some());
    search.steps()
}

#[test]
fn ten_thousand_routes_cost_as_many_steps_as_ten() {
    let queries = [
        Request { route_name: Some("r1".to_owned()), ..request("x", "/") },
        request("h1.example.com", "/orders/7"),
        request("a.b.w1.example.com", "/"),
        request("x", "/p1/7/items"),
        request("h1.example.com", "/q/7/x1/y/z"),
    ];
    for query in queries {
        let (few, many) = (steps(2, &query), steps(2_000, &query));
        assert_eq!(few, many, "{query:?}");
        assert!(many < 20, "{many} steps for {query:?}");
    }
}

#[test]
fn a_hostile_path_or_host_costs_no_more_than_the_patterns_are_deep() {
    let index = index(&[json!({"path": "/{a}/{b}/c"}), json!({"host": "*.example.com"})]);
    let query = request(&format!("{}com", "a.".repeat(30_000)), &"/x".repeat(30_000));
    let search = Search::new(&query, &index.matches);
    assert!(index.search(&search).is_none());
    assert!(search.steps() < 10, "{}", search.steps());
}

// The naive model: every match is tested by itself, and the winner is the largest by a key that follows the documented order.

fn model_path(pattern: &str, path: &str) -> bool {
    let want: Vec<&str> = pattern.split('/').skip(1).collect();
    let have: Vec<&str> = path.split('/').skip(1).collect();
    let fits = |want: &[&str], have: &[&str]| {
        want.iter().zip(have).all(|(w, h)| if w.starts_with('{') { !h.is_empty() } else { w == h })
    };
    match want.split_last() {
        Some((&"**", want)) => have.len() >= want.len() && fits(want, &have),
        _ => have.len() == want.len() && fits(&want, &have),
    }
}

fn model_matches(matches: &RouteMatch, request: &Request) -> bool {
    let host = request.host.as_deref().unwrap_or("").to_lowercase();
    let path = request.path.as_deref().map(|path| canonical_path(path.as_bytes()));
    let host_fits = |pattern: String| match pattern.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => host == pattern,
    };
    matches.route_name.as_ref().is_none_or(|name| Some(name) == request.route_name.as_ref())
        && matches.host.as_ref().is_none_or(|pattern| host_fits(pattern.to_string()))
        && matches.path.as_ref().is_none_or(|p| path.is_some_and(|path| model_path(&p.to_string(), &path)))
        && (matches.methods.is_empty()
            || matches.methods.iter().any(|method| Some(method.as_str()) == request.method.as_deref()))
        && matches.headers.iter().all(|header| {
            let sent = request.headers.iter().find(|(name, _)| *name == header.name.as_str());
            sent.is_some_and(|(_, value)| match &header.condition {
                HeaderCondition::Present => true,
                HeaderCondition::Prefix(prefix) => value.starts_with(&**prefix),
                HeaderCondition::Exact(exact) => *value == exact.as_str(),
            })
        })
        && matches.metadata.iter().all(|(key, value)| request.metadata.contains(&(key.as_str(), value.as_str())))
}

type ModelKey = (bool, (u8, usize), (u8, usize, Vec<bool>), bool, usize, usize);

fn model_key(matches: &RouteMatch) -> ModelKey {
    let host = matches.host.as_ref().map_or((0, 0), |pattern| {
        let text = pattern.to_string();
        if text.starts_with('*') { (1, text.split('.').count()) } else { (2, 0) }
    });
    let path = matches.path.as_ref().map_or((0, 0, Vec::new()), |pattern| {
        let text = pattern.to_string();
        let literal: Vec<bool> = text.trim_end_matches("/**").split('/').skip(1).map(|s| !s.starts_with('{')).collect();
        if text.ends_with("/**") { (1, literal.len(), literal) } else { (2, 0, literal) }
    });
    (
        matches.route_name.is_some(),
        host,
        path,
        !matches.methods.is_empty(),
        matches.headers.len(),
        matches.metadata.len(),
    )
}

fn any_match() -> impl Strategy<Value = Value> {
    let maybe = |options: &'static [&'static str]| prop::option::of(prop::sample::select(options));
    let subset = |options: &'static [&'static str]| prop::sample::subsequence(options, 0..=options.len());
    let header = prop::option::of(prop::sample::select(vec![
        json!({"name": "x", "exact": "1"}),
        json!({"name": "x", "prefix": "1"}),
        json!({"name": "x", "present": true}),
    ]));
    let second = prop::option::of(Just(json!({"name": "y", "exact": "1"})));
    (
        prop::option::weighted(0.2, prop::sample::select(&["r", "s"][..])),
        maybe(&["a.b.c", "*.b.c", "*.c", "b.c", "*.a.b.c"]),
        maybe(&[
            "/",
            "/a",
            "/a/",
            "/a/b",
            "/{x}",
            "/a/{x}",
            "/{x}/b",
            "/{x}/{y}",
            "/a/{x}/c",
            "/{x}/b/c",
            "/**",
            "/a/**",
            "/{x}/**",
            "/a/b/**",
            "/{x}/b/**",
            "/a/{x}/**",
        ]),
        subset(&["GET", "PUT"]),
        (header, second),
        prop::option::weighted(0.3, Just(json!({"k": "v"}))),
    )
        .prop_map(|(route_name, host, path, methods, (one, two), metadata)| {
            let headers: Vec<Value> = one.into_iter().chain(two).collect();
            json!({
                "route_name": route_name, "host": host, "path": path, "methods": methods, "headers": headers,
                "metadata": metadata.unwrap_or(json!({})),
            })
        })
}

fn any_request() -> impl Strategy<Value = Request> {
    let owned = |options: &'static [&'static str]| {
        prop::option::weighted(0.9, prop::sample::select(options)).prop_map(|text| text.map(str::to_owned))
    };
    (
        owned(&["r", "t"]),
        owned(&["a.b.c", "A.b.C", "x.b.c", "b.c", "x.y.c", "z", "x.a.b.c", ""]),
        owned(&[
            "/", "/a", "/a/", "/a/b", "/z", "/z/b", "/a/z", "/a/b/c", "/z/b/c", "/a//b", "/a/./b?q", "/%61/b",
            "/a/b/c/d",
        ]),
        owned(&["GET", "PUT", "POST"]),
        prop::sample::subsequence(vec![("x", "1"), ("y", "1")], 0..=2),
        prop::sample::subsequence(vec![("k", "v")], 0..=1),
    )
        .prop_map(|(route_name, host, path, method, headers, metadata)| Request {
            route_name,
            host,
            path,
            method,
            headers,
            metadata,
            asked: RefCell::default(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_testing_every_match(written in prop::collection::vec(any_match(), 0..24), request in any_request()) {
        let mut routes: Vec<(RouteMatch, ())> = Vec::new();
        for read in written.into_iter().map(matches) {
            let is_new = routes.iter().all(|(earlier, ())| earlier.normal() != read.normal());
            if read.check().is_ok() && is_new {
                routes.push((read, ()));
            }
        }
        let matching: Vec<usize> = (0..routes.len()).filter(|at| model_matches(&routes[*at].0, &request)).collect();
        let best = matching.iter().map(|at| model_key(&routes[*at].0)).max();
        let found = RouteIndex::new(routes.clone()).unwrap().find(&request).map(|found| found.index);
        let mut asked = request.asked.take();
        asked.sort();
        prop_assert!(asked.windows(2).all(|pair| pair[0] != pair[1]), "asked twice: {asked:?}");
        prop_assert_eq!(found.is_some(), best.is_some());
        if let Some(at) = found {
            prop_assert!(matching.contains(&at), "{:?} does not match", routes[at].0);
            prop_assert_eq!(Some(model_key(&routes[at].0)), best);
        }
        // The order of the list never matters, not even between matches that the model holds for equal.
        let winner = found.map(|at| routes[at].0.clone());
        routes.reverse();
        let turned = RouteIndex::new(routes.clone()).unwrap().find(&request).map(|found| routes[found.index].0.clone());
        prop_assert_eq!(turned, winner);
    }
}
