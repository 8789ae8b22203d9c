//! rate-limit against Envoy's `local_ratelimit`.

use std::rc::Rc;

use anyhow::Result;
use gatewright_host::envoy::{Configuration, HttpFilter};
use serde_json::{Value, json};

use super::{Bar, Group, Request, Row, answering, floor, wasm};

/// Nobody is refused.
const PLENTY: u64 = 1_000_000_000;

pub(crate) fn group() -> Result<Group> {
    let clients = |variant: &str, keys: u64| {
        // A stride that is prime to the number of keys visits all of them, in no order that a cache likes.
        Request::new(variant).varying("x-client", Rc::new(move |number| format!("c{}", number * 7_368_787 % keys)))
    };
    let exact = ours(&Value::Null)?;
    let servers = vec![
        answering(vec![], vec![clients("no filter", 16)])?,
        answering(vec![local_ratelimit()], vec![clients("local_ratelimit", 16)])?,
        answering(vec![floor::of("rate-limit: within the limit, exact")?], vec![clients("floor, exact", 16)])?,
        answering(vec![floor::of("rate-limit: within the limit, in lots")?], vec![clients("floor, lots", 16)])?,
        answering(
            vec![exact],
            vec![
                clients("rate-limit, exact", 16),
                clients("rate-limit, exact, 10 keys", 10),
                clients("rate-limit, exact, 1,000 keys", 1000),
                clients("rate-limit, exact, 1,000,000 keys", 1_000_000),
            ],
        )?,
        answering(vec![ours(&json!({"size": 32}))?], vec![clients("rate-limit, lots of 32", 16)])?,
    ];
    let rows = vec![
        Row::new("local_ratelimit", "no filter", None, "Envoy's own filter, 16 clients with a descriptor each"),
        Row::new("rate-limit, exact", "local_ratelimit", Some(Bar::Ratio(1.25)), "every request by compare-and-swap"),
        Row::new("rate-limit, lots of 32", "local_ratelimit", Some(Bar::Ratio(1.2)), "32 at a time for a worker"),
        Row::new("floor, exact", "local_ratelimit", None, "only the host calls of the exact limit"),
        Row::new("floor, lots", "local_ratelimit", None, "only the host calls of the limit in lots"),
        Row::new(
            "rate-limit, exact, 1,000 keys",
            "rate-limit, exact, 10 keys",
            None,
            "growth with the number of clients",
        ),
        Row::new("rate-limit, exact, 1,000,000 keys", "rate-limit, exact, 10 keys", None, "the same, most of them new"),
    ];
    Ok(Group { title: "Rate limits, by a client's header", servers, rows })
}

fn ours(lots: &Value) -> Result<HttpFilter> {
    let policy = json!({"rules": [rule(lots)], "memory": "160MiB"});
    wasm("rate-limit", Configuration::Struct(json!({"policy": policy})))
}

pub(super) fn rule(lots: &Value) -> Value {
    let limits = json!([{"rate": format!("{PLENTY}/s")}]);
    let mut rule = json!({"name": "client", "key": [{"header": "x-client"}], "limits": limits});
    if let (Some(fields), false) = (rule.as_object_mut(), lots.is_null()) {
        fields.insert("lots".to_owned(), lots.clone());
    }
    rule
}

pub(super) fn local_ratelimit() -> HttpFilter {
    let bucket = json!({"max_tokens": PLENTY, "tokens_per_fill": PLENTY, "fill_interval": "1s"});
    let descriptor =
        |number: u64| json!({"entries": [{"key": "client", "value": format!("c{number}")}], "token_bucket": bucket});
    let descriptors: Vec<Value> = (0..16).map(descriptor).collect();
    let all = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    let action = json!({"request_headers": {"header_name": "x-client", "descriptor_key": "client"}});
    HttpFilter::new(
        "envoy.filters.http.local_ratelimit",
        "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        json!({
            "stat_prefix": "local", "token_bucket": bucket, "descriptors": descriptors,
            "filter_enabled": all, "filter_enforced": all, "rate_limits": [{"actions": [action]}],
        }),
    )
}
