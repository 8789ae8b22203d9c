//! Settings that are refused.

use gatewright_testing::proxy::World;

use super::*;

fn refusal(policy: Value) -> String {
    let world = World::default();
    let config = json!({"policy": policy}).to_string();
    assert!(Proxy::builder().world(&world).config(config).policy::<ResponseCache>("response-cache").is_err());
    let message = world.logs().first().unwrap().message.clone();
    message.strip_prefix("gatewright: response-cache: configuration refused: ").unwrap().to_owned()
}

#[test]
fn what_is_refused_names_the_setting_and_says_what_to_write() {
    for (policy, wanted) in [
        (json!({"max_body": "0B"}), "policy.max_body: 0B is out of range; write 1B to 64MiB"),
        (json!({"vary": {"max_variants": 0}}), "policy.vary.max_variants: 0 is out of range; write 1 to 64"),
        (json!({"vary": {"max_fields": 33}}), "policy.vary.max_fields: 33 is out of range; write 0 to 32"),
        (json!({"purge": {"secrets": []}}), "policy.purge.secrets: found 0 secrets; write 1 to 16"),
        (json!({"name": "A b"}), "policy.name: \"A b\" is no name; write 1 to 32 of a-z, 0-9, _ and -"),
        (json!({"cache_status": "a b"}), "policy.cache_status: \"a b\" is no token; write a name such as gatewright"),
        (
            json!({"ttl": {"by_status": {"304": "1s"}}}),
            "policy.ttl.by_status.304: is no final status; write one such as 404",
        ),
    ] {
        assert_eq!(refusal(policy), wanted);
    }
    assert!(refusal(json!({"ttl": {"default": 5}})).starts_with("policy.ttl.default: 5 is not a duration"));
    assert!(refusal(json!({"tll": {}})).contains("did you mean `ttl`?"));
}

#[test]
fn sizes_are_the_same_in_all_routes() {
    let config = json!({"policy": {}, "routes": [{"match": {"path": "/a"}, "policy": {"memory": "32MiB"}}]});
    let world = World::default();
    let started = Proxy::builder().world(&world).config(config.to_string()).policy::<ResponseCache>("response-cache");
    assert!(started.is_err());
    assert!(world.logs().first().unwrap().message.contains("memory: is different elsewhere in this configuration"));
}

#[test]
fn routes_have_settings_of_their_own_and_one_store() {
    let config = json!({"policy": {}, "routes": [
        {"match": {"path": "/off"}, "mode": "off"},
        {"match": {"path": "/short"}, "policy": {"name": "short", "ttl": {"max": "1s"}}},
    ]});
    let mut cache = Cached::start(Proxy::builder(), config);
    cache.origin(fresh("x"));
    for path in ["/off", "/short", "/long"] {
        cache.send(Request::get(path));
    }
    cache.advance(2);
    let hits: Vec<_> =
        ["/off", "/short", "/long"].into_iter().filter(|path| cache.send(Request::get(path)).hit()).collect();
    assert_eq!(hits, ["/long"]);
    assert_eq!((cache.metric("hit"), cache.metric("miss"), cache.metric("short.miss")), (1, 1, 2));
}

#[test]
fn the_settings_of_the_page_are_accepted() {
    let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let policy = json!({
        "memory": "256MiB",
        "max_body": "1MiB",
        "key": {"query": {"sort": true, "deny": ["utm_*", "gclid"]}},
        "ttl": {"max": "1d", "by_status": {"404": "30s"}},
        "stale": {"if_error": "1h"},
        "purge": {"secrets": [digest]},
    });
    let routes = json!([
        {"match": {"path": "/account/**"}, "mode": "off"},
        {"match": {"path": "/static/**"}, "policy": {"ttl": {"override": "1d"}}},
    ]);
    let mut cache = Cached::start(Proxy::builder(), json!({"policy": policy, "routes": routes}));
    cache.origin(fresh("x")).send(Request::get("/static/a"));
    assert!(cache.advance(3600).send(Request::get("/static/a")).hit());
}
