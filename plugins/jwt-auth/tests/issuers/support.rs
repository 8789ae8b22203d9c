//! An issuer whose answers a test chooses, tokens that it signed, and a proxy before it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Builder, Exchange, Proxy};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use jwt_auth::JwtAuth;
use jwt_auth::jose::base64url;
use serde_json::{Value, json};

/// The two keys that issuers here rotate.
pub(crate) const OLD: &str = "p-256";
pub(crate) const NEW: &str = "p-256-other";
pub(crate) const ISSUER: &str = "https://idp.example";

/// An issuer. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Idp(Arc<Mutex<State>>);

struct State {
    answer: Answer,
    requests: Vec<Request>,
}

impl Idp {
    pub(crate) fn new(answer: impl Into<Answer>) -> Self {
        Self(Arc::new(Mutex::new(State { answer: answer.into(), requests: Vec::new() })))
    }

    /// Answers differently from now on.
    pub(crate) fn serve(&self, answer: impl Into<Answer>) {
        self.0.lock().unwrap().answer = answer.into();
    }

    /// Requests so far.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().requests.len()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0.lock().unwrap().requests.clone()
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let mut state = self.0.lock().unwrap();
        state.requests.push(request.clone());
        state.answer.clone()
    }
}

/// A key set of these test keys.
pub(crate) fn document(ids: &[&str]) -> String {
    let all: Value = serde_json::from_str(include_str!("../keys/jwks.json")).unwrap();
    let keys = all["keys"].as_array().unwrap().iter().filter(|key| ids.contains(&key["kid"].as_str().unwrap()));
    let keys: Vec<_> = keys.cloned().collect();
    assert_eq!(keys.len(), ids.len());
    json!({ "keys": keys }).to_string()
}

/// An answer with a key set of these test keys.
pub(crate) fn jwks(ids: &[&str]) -> Response {
    ok(document(ids))
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Response {
    Response::new(200).with_header("content-type", "application/json").with_body(body)
}

/// A token with this header, signed with the key `id`.
pub(crate) fn token_with(header: &Value, id: &str) -> String {
    let pem: &[u8] = match id {
        OLD => include_bytes!("../keys/p-256.pem"),
        NEW => include_bytes!("../keys/p-256-other.pem"),
        other => panic!("no test key {other}"),
    };
    // 2030: longer than any test lets pass.
    let claims = json!({"iss": ISSUER, "sub": "u", "exp": 1_893_456_000});
    let [header, claims] = [header, &claims].map(|part| base64url::encode(part.to_string().as_bytes()));
    let input = format!("{header}.{claims}");
    let key = EncodingKey::from_ec_pem(pem).unwrap();
    format!("{input}.{}", crypto::sign(input.as_bytes(), &key, Algorithm::ES256).unwrap())
}

/// A good token of the key `id`.
pub(crate) fn token(id: &str) -> String {
    token_with(&json!({"alg": "ES256", "kid": id}), id)
}

/// A token that names a key that does not exist.
pub(crate) fn forged(kid: &str) -> String {
    token_with(&json!({"alg": "ES256", "kid": kid}), OLD)
}

/// A configuration whose keys come from this source.
pub(crate) fn config(jwks: &Value) -> String {
    json!({"policy": {"providers": [{"name": "main", "issuer": ISSUER, "jwks": jwks}]}}).to_string()
}

/// A configuration with keys from the cluster `idp`.
pub(crate) fn remote() -> String {
    config(&json!({"remote": {"upstream": "idp", "uri": "https://idp.example/jwks.json"}}))
}

/// A proxy of so many workers before an issuer.
pub(crate) fn builder(idp: &Idp, workers: usize) -> Builder {
    let idp = idp.clone();
    Proxy::builder().workers(workers).main_thread().config(remote()).upstream("idp", move |request| idp.answer(request))
}

pub(crate) fn start(builder: Builder) -> Proxy {
    builder.policy::<JwtAuth>("jwt-auth").unwrap()
}

/// A proxy that has had the time to fetch.
pub(crate) fn running(idp: &Idp, workers: usize) -> Proxy {
    let mut proxy = start(builder(idp, workers));
    proxy.advance(ms(50));
    proxy
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends a request with this token to a worker.
pub(crate) fn send(proxy: &mut Proxy, worker: usize, token: &str) -> Exchange {
    let request = Request::get("/").with_header("authorization", format!("Bearer {token}"));
    proxy.exchange(request).on_worker(worker).send()
}

/// The status that a request with this token gets at once; 0 if it waits.
pub(crate) fn status(proxy: &mut Proxy, worker: usize, token: &str) -> u16 {
    send(proxy, worker, token).status()
}

/// The events about keys in the log: state and message.
pub(crate) fn events(proxy: &Proxy) -> Vec<(String, String)> {
    let events = proxy.logs().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line.message).ok());
    let events = events.filter(|event| event["event"] == "jwks");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.map(|event| (text(&event["state"]), text(&event["message"]))).collect()
}
