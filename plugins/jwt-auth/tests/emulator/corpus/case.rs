//! The corpus: what it says, and the requests that it is made of. Its dates are about [`NOW`] and move with the clock of the host.

#[path = "token.rs"]
mod token;

use gatewright_testing::message::Request;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::{NOW, provider};

const CORPUS: &str = include_str!("../../corpus/tokens.json");

/// All cases and their key sets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corpus {
    #[serde(rename = "about")]
    _about: String,
    weak_jwks: Value,
    mixed_jwks: Value,
    pub(crate) cases: Vec<Case>,
}

/// One token and the request that carries it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) rule: String,
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
    /// Whether it is about one second, and so for a clock that stands still.
    #[serde(default)]
    pub(crate) exact: bool,
    pub(crate) expect: String,
}

impl Corpus {
    /// The corpus for a host whose clock shows `now`, in seconds since the Unix epoch.
    pub(crate) fn at(now: u64) -> Self {
        let corpus: Self = serde_json::from_str(&moved(CORPUS, now)).unwrap();
        assert!(corpus.cases.len() > 400, "only {} cases", corpus.cases.len());
        corpus
    }

    /// The configuration that it is for.
    pub(crate) fn config(&self) -> Value {
        let inline = |set: &Value| json!({"jwks": {"inline": set}});
        let main = json!({"audiences": ["orders"], "claim_to_headers": [{"claim": "sub", "header": "x-user"}]});
        let providers = [
            provider("main", &main),
            provider("weak", &inline(&self.weak_jwks)),
            provider("mixed", &inline(&self.mixed_jwks)),
        ];
        json!({"policy": {"providers": providers}})
    }
}

impl Case {
    /// The request, for a host whose clock shows `now`.
    pub(crate) fn request(&self, now: u64) -> Request {
        let token = token::of(self, now);
        let fill = |text: &str| text.replace("${token}", &token);
        let bearer = || vec![("authorization".to_owned(), "Bearer ${token}".to_owned())];
        let fields = self.send.clone().unwrap_or_else(bearer);
        let request = Request::get(&fill(self.path.as_deref().unwrap_or("/")));
        fields.iter().fold(request, |request, (name, value)| request.with_header(name, fill(value)))
    }

    /// The status that the client gets.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or(if self.expect.is_empty() { 200 } else { 401 })
    }
}

/// The text with every date near [`NOW`] as far from `now`. Milliseconds are a date and three digits more.
fn moved(text: &str, now: u64) -> String {
    const NEAR: &str = "17672";
    let mut parts = text.split(NEAR);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (rest, after) = part.split_at_checked(5).unwrap();
        let date: u64 = format!("{NEAR}{rest}").parse().unwrap();
        out += &format!("{}{after}", date + now - NOW);
    }
    out
}
