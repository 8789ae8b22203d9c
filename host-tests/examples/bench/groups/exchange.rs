//! What the exchange model costs, against nothing and against callbacks written by hand.

use anyhow::Result;
use gatewright_host::envoy::Configuration;
use serde_json::json;

use super::{Bar, Group, Request, Row, answering, floor, wasm, with_log};

/// Its preimage is `secret`.
const KEY_HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

pub(crate) fn group() -> Result<Group> {
    let settings = json!({"header": "x-api-key", "keys": [KEY_HASH]});
    let by_hand = Configuration::Text(settings.to_string());
    let with_sdk = Configuration::Struct(json!({"policy": settings}));
    let nothing = Configuration::Struct(json!({"policy": {}}));
    let plain = |variant| vec![Request::new(variant)];
    let allowed = |variant| Request::new(variant).with("x-api-key", "secret");
    let denied = |variant| Request::new(variant).with("x-api-key", "guess").answered(403);
    let servers = vec![
        answering(vec![], plain("no filter"))?,
        answering(vec![floor::empty()?], plain("floor"))?,
        answering(vec![wasm("guest-baseline", Configuration::None)?], plain("crate, empty"))?,
        answering(vec![wasm("guest-empty", nothing)?], plain("SDK, empty"))?,
        answering(
            vec![wasm("guest-callbacks", by_hand)?],
            vec![allowed("by hand, allowed"), denied("by hand, denied")],
        )?,
        answering(vec![wasm("api-key", with_sdk.clone())?], vec![allowed("SDK, allowed"), denied("SDK, denied")])?,
        with_log(vec![wasm("api-key", with_sdk)?], "info", vec![denied("SDK, denied and logged")])?,
    ];
    let rows = vec![
        Row::new("floor", "no filter", None, "a wasm filter with one callback, in which nothing is done"),
        Row::new("crate, empty", "no filter", None, "the `proxy-wasm` crate with all its callbacks"),
        Row::new("SDK, empty", "no filter", Some(Bar::Micros(3.5)), "a policy that returns `request.forward()`"),
        Row::new("SDK, empty", "crate, empty", None, "the same against the crate"),
        Row::new("by hand, allowed", "no filter", None, "API key, callbacks written by hand"),
        Row::new("SDK, allowed", "by hand, allowed", Some(Bar::Micros(2.0)), "API key: what the exchange model costs"),
        Row::new("by hand, denied", "no filter", None, "API key, callbacks written by hand"),
        Row::new("SDK, denied", "by hand, denied", Some(Bar::Micros(2.0)), "API key: what the exchange model costs"),
        Row::new("SDK, denied and logged", "SDK, denied", None, "the decision event, at log level `info`"),
    ];
    Ok(Group { title: "The exchange model", servers, rows })
}
