//! The corpus of attacks: `tests/corpus/tokens.json`.

mod token;

use gatewright_testing::message::Request;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::{provider, proxy, reason};

const CORPUS: &str = include_str!("../corpus/tokens.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    #[serde(rename = "about")]
    _about: String,
    weak_jwks: Value,
    cases: Vec<Case>,
}

/// One token and the request that carries it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    name: String,
    rule: String,
    #[serde(default)]
    header: Map<String, Value>,
    header_text: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
    payload_text: Option<String>,
    raw: Option<String>,
    key: Option<String>,
    sign_as: Option<String>,
    #[serde(default)]
    then: Vec<String>,
    path: Option<String>,
    send: Option<Vec<(String, String)>>,
    status: Option<u16>,
    expect: String,
}

#[test]
fn every_token_meets_its_fate() {
    let corpus: Corpus = serde_json::from_str(CORPUS).unwrap();
    assert!(corpus.cases.len() > 300, "only {} cases", corpus.cases.len());
    let providers = json!([
        provider("main", &json!({"audiences": ["orders"]})),
        provider("weak", &json!({"jwks": {"inline": corpus.weak_jwks}})),
    ]);
    let mut proxy = proxy(&json!({"policy": {"providers": providers}}));
    let mut wrong = Vec::new();
    for case in &corpus.cases {
        assert!(!case.rule.is_empty(), "{}", case.name);
        let request = case.request();
        // The second time it may be remembered: nothing changes.
        for time in ["first", "second"] {
            let exchange = proxy.send(request.clone());
            let found = (exchange.status(), reason(&proxy));
            let status = case.status.unwrap_or(if case.expect.is_empty() { 200 } else { 401 });
            if found != (status, case.expect.clone()) {
                wrong.push(format!("{} ({time} time): {found:?}, not {status} {:?}", case.name, case.expect));
            }
            assert_eq!(exchange.upstream_request().is_some(), found.0 == 200, "{}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

impl Case {
    fn request(&self) -> Request {
        let token = token::of(self);
        let fill = |text: &str| text.replace("${token}", &token);
        let bearer = || vec![("authorization".to_owned(), "Bearer ${token}".to_owned())];
        let fields = self.send.clone().unwrap_or_else(bearer);
        let request = Request::get(&fill(self.path.as_deref().unwrap_or("/")));
        fields.iter().fold(request, |request, (name, value)| request.with_header(name, fill(value)))
    }
}
