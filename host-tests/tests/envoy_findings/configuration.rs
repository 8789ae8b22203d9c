//! How configuration reaches a plugin, per filter and per route.

use gatewright_host::envoy::Configuration;
use gatewright_host::scenario::{Route, SERVICE, Scene};
use serde_json::json;

use crate::HOST;
use crate::setup::{found, probe, result, start};

#[test]
fn a_route_may_have_a_configuration_of_its_own() {
    let mut scene =
        probe().route(Route::prefix("/a").plugin("a")).route(Route::prefix("/b").plugin("b")).route(Route::prefix("/"));
    scene.plugins.insert("a".into(), Configuration::Text("of a".into()));
    scene.plugins.insert("b".into(), Configuration::Struct(json!({"b": "c"})));
    let mut stage = start(scene);
    assert_eq!(found(&mut *stage, "/a", "config"), ["config=of a"]);
    assert_eq!(found(&mut *stage, "/b", "config"), ["config=0x0a080a016212031a0163"]);
    assert_eq!(found(&mut *stage, "/c", "config"), [""; 0], "a route without a plugin runs none");
    assert_eq!(stage.requests(SERVICE).len(), 3);
}

#[test]
fn struct_config_arrives_as_protobuf() {
    let config = |configuration| result(&mut *start(probe().configuration(configuration)), "request-headers", "config");
    let as_struct = Configuration::Struct(json!({"a": "b"}));
    assert_eq!(config(as_struct), "0x0a080a016112031a0162", "fields: a -> string_value: b");
    assert_eq!(config(Configuration::Text(r#"{"a": "b"}"#.into())), r#"{"a": "b"}"#);
    assert_eq!(config(Configuration::Bytes(vec![0, 0xff])), "0x00ff");
    assert_eq!(config(Configuration::None), "");
}

#[test]
fn a_refused_configuration_stops_the_start() {
    for fatal in ["refuse", "panic"] {
        let refused = text(fatal).start(HOST).err().unwrap();
        let refused = format!("{refused:#}");
        assert!(
            refused.contains(&format!("configured with {fatal}")) || refused.contains("Unable to create"),
            "{refused}"
        );
    }
}

#[test]
fn a_refused_update_leaves_the_old_configuration_serving() {
    let mut stage = start(Scene { workers: 2, ..text("first") });
    assert_eq!(result(&mut *stage, "request-headers", "config"), "first");
    for fatal in ["refuse", "panic"] {
        let refused = stage.configure(&Configuration::Text(fatal.into())).unwrap();
        assert!(refused.is_err(), "{fatal} was accepted");
        for _ in 0..4 {
            assert_eq!(result(&mut *stage, "request-headers", "config"), "first");
        }
    }
    assert_eq!(stage.configure(&Configuration::Text("second".into())).unwrap(), Ok(()));
    assert_eq!(result(&mut *stage, "request-headers", "config"), "second");
    assert_eq!(stage.configure(&Configuration::Text("second".into())).unwrap(), Ok(()), "unchanged");
}

fn text(text: &str) -> Scene {
    probe().configuration(Configuration::Text(text.into()))
}
