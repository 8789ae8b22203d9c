//! The events, metrics and response code details in `docs/events.md` are those of a run.

use api_key::ApiKey;
use gatewright::prelude::*;
use gatewright_testing::message::{Request as Sent, Response as Answered};
use gatewright_testing::proxy::{Answer, Builder, Exchange, Proxy};
use jwt_auth::JwtAuth;

use crate::markdown::page;

/// A key set.
const KEYS: &str = r#"{"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

/// What a run left behind.
#[derive(Default)]
struct Seen {
    events: Vec<String>,
    metrics: Vec<String>,
    details: Vec<String>,
}

/// Answers from a session service: the policy of the guide, cut down to what can go wrong.
struct Sessions;

#[derive(Deserialize, JsonSchema)]
struct NoSettings {}

impl Policy for Sessions {
    type Config = NoSettings;

    fn new(_: NoSettings, _: &Setup) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        if request.method() == "OPTIONS" {
            return Ok(Reply::answer(204, "preflight").into());
        }
        let upstream: Upstream = "session-store".parse().map_err(|_| Fault::new(Cause::Misuse, "a bad name"))?;
        cx.http(&upstream, std::time::Duration::from_millis(200)).get("/").send().await?.success()?;
        Ok(request.forward().into())
    }
}

impl Seen {
    fn run(&mut self, started: Result<Proxy, impl std::fmt::Debug>, requests: Vec<Sent>) {
        let mut proxy = started.unwrap();
        proxy.world().set_log_level(LogLevel::Debug);
        let exchanges: Vec<Exchange> = requests
            .into_iter()
            .map(|request| {
                proxy.exchange(request).property(&["request", "id"], "0198c5d1-6d0e-7c7e-9d3e-8a2b1f4c5d6e").send()
            })
            .collect();
        proxy.advance(std::time::Duration::from_secs(2));
        self.details.extend(exchanges.iter().filter_map(Exchange::details));
        self.events.extend(proxy.logs().into_iter().map(|line| format!("{:?} {}", line.level, line.message)));
        let names = proxy.world().metric_names();
        self.metrics.extend(names.into_iter().map(|name| format!("{name}: {}", proxy.metric(&name).unwrap_or(0))));
    }
}

fn seen() -> Seen {
    let key = |value: &str| Sent::get("/").with_header("x-api-key", value);
    let keys = r#""policy": {"header": "x-api-key", "keys": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]}"#;
    let routes = r#""routes": [{"match": {"path": "/beta/**"}, "mode": "shadow"}]"#;
    let issuer =
        r#"{"policy": {"providers": [{"name": "main", "issuer": "https://issuer.example", "audiences": ["orders"],
        "jwks": {"inline": KEYS}}]}}"#
            .replace("KEYS", KEYS);
    let config = |config: &str| -> Builder { Proxy::builder().config(config) };

    let mut seen = Seen::default();
    let api_key = config(&format!("{{{keys}, {routes}}}")).policy::<ApiKey>("api-key");
    seen.run(api_key, vec![key("secret"), key("guess"), Sent::get("/beta/new")]);
    seen.run(config(&issuer).policy::<JwtAuth>("jwt-auth"), vec![Sent::get("/")]);
    let served = r#"{"policy": {"providers": [{"name": "main", "issuer": "https://idp.example",
        "jwks": {"remote": {"upstream": "idp", "uri": "https://idp.example/jwks.json", "refresh_interval": "1s", "min_refresh_interval": "1s"}}}]}}"#;
    let idp = |answers: usize| {
        let mut asked = 0;
        config(served).upstream("idp", move |_| {
            asked += 1;
            if asked > answers {
                Answer::response(Answered::new(503))
            } else {
                Answer::response(Answered::new(200).with_body(KEYS))
            }
        })
    };
    seen.run(idp(0).policy::<JwtAuth>("jwt-auth"), Vec::new());
    seen.run(idp(1).policy::<JwtAuth>("jwt-auth"), Vec::new());
    let sessions = config("{}").upstream("session-store", |_| Answer::timeout()).policy::<Sessions>("sessions");
    seen.run(sessions, vec![Sent::get("/"), Sent::new("OPTIONS", "/")]);
    seen
}

#[test]
fn examples_are_from_a_run() {
    let seen = seen();
    let mut counts = [0; 3];
    for block in page("docs/events.md").blocks() {
        let (index, found) = match block.info.as_str() {
            "json event" => (0, &seen.events),
            "text metric" => (1, &seen.metrics),
            "text details" => (2, &seen.details),
            _ => continue,
        };
        for line in block.text.lines() {
            assert!(
                found.iter().any(|entry| entry.trim_start_matches(char::is_alphabetic).trim() == line || entry == line),
                "{}: no run gave\n{line}\nbut\n{}",
                block.place,
                found.join("\n")
            );
            counts[index] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count >= 4), "{counts:?} examples: where are the others?");
}
