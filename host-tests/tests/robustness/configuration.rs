//! Wrong configurations: what is said about them, and what goes on.

use gatewright_host::envoy::Configuration;
use gatewright_host::scenario::{Host, Stage};
use gatewright_testing::message::Request;
use serde_json::{Value, json};

use crate::setup::{jwt_auth, jwt_config, status, still_serves, trouble, with_token};

on_both!(
    a_typo_is_named_at_the_start,
    a_typo_in_an_update_leaves_the_old_configuration_serving,
    a_panic_in_an_update_leaves_the_old_configuration_serving,
);

/// Where the typo is, what was meant, and what else there is.
const SAID: [&str; 3] = ["policy.providers[0].isuer", "issuer", "clock_skew"];

fn typo() -> Configuration {
    let mut config = jwt_config("api");
    let provider = config.pointer_mut("/policy/providers/0").and_then(Value::as_object_mut).unwrap();
    let issuer = provider.remove("issuer").unwrap();
    provider.insert("isuer".into(), issuer);
    Configuration::Struct(config)
}

fn a_typo_is_named_at_the_start(host: Host) {
    let error = jwt_auth().configuration(typo()).start(host).err().unwrap();
    let error = format!("{error:#}");
    for said in SAID {
        assert!(error.contains(said), "{said} in {error}");
    }
}

fn a_typo_in_an_update_leaves_the_old_configuration_serving(host: Host) {
    let mut stage = jwt_auth().start(host).unwrap();
    assert_eq!(realm(&mut *stage), "api");
    assert!(stage.configure(&typo()).unwrap().is_err());
    let log = stage.log().unwrap().join("\n");
    for said in SAID {
        assert!(log.contains(said), "{said} in {log}");
    }
    assert_eq!(realm(&mut *stage), "api");
    still_serves(&mut *stage, &with_token());

    assert_eq!(stage.configure(&Configuration::Struct(jwt_config("new"))).unwrap(), Ok(()));
    assert_eq!(realm(&mut *stage), "new");
    assert_eq!(status(&mut *stage, &with_token()), 200);
}

fn a_panic_in_an_update_leaves_the_old_configuration_serving(host: Host) {
    let config = |mark: &str, panic: bool| {
        Configuration::Struct(json!({"policy": {"idp": "idp", "mark": mark, "panic": panic}}))
    };
    let mut stage = trouble().configuration(config("old", false)).start(host).unwrap();
    let mark = |stage: &mut dyn Stage| stage.answer(&Request::get("/")).unwrap().header("x-mark").unwrap();
    assert_eq!(mark(&mut *stage), "old");
    assert!(stage.configure(&config("broken", true)).unwrap().is_err());
    assert_eq!(mark(&mut *stage), "old");
    assert_eq!(stage.configure(&config("new", false)).unwrap(), Ok(()));
    assert_eq!(mark(&mut *stage), "new");
}

/// What a client without a token is told.
fn realm(stage: &mut dyn Stage) -> String {
    let refused = stage.answer(&Request::get("/")).unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.header("www-authenticate").unwrap();
    challenge.strip_prefix("Bearer realm=\"").and_then(|rest| rest.strip_suffix('"')).unwrap().to_owned()
}
