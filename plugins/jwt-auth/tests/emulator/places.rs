//! Where tokens are taken from.

use gatewright_testing::message::Request;
use serde_json::json;

use crate::support::{bearer, config, issuer, provider, proxy, response, token, verdict};

#[test]
fn a_token_is_stripped_from_wherever_it_was() {
    let places = json!({"from_headers": [{"name": "x-token", "value_prefix": "Key "}], "from_params": ["t"], "from_cookies": ["t"]});
    let mut proxy = proxy(&config(&places, &json!({})));
    let good = token(&json!({}));
    let path = format!("/a%2fb?x=1&t={good}&t2=%20&&y");
    for (request, header, left) in [
        (Request::get("/").with_header("x-token", format!("KEY {good}")), "x-token", None),
        (Request::get(&path), ":path", Some("/a%2fb?x=1&t2=%20&&y")),
        (Request::get("/").with_header("cookie", format!("a=1; t={good}; b=\"2\"")), "cookie", Some("a=1; b=\"2\"")),
        (Request::get("/").with_header("cookie", format!("t={good}")), "cookie", None),
    ] {
        let exchange = proxy.send(request.clone());
        assert_eq!(exchange.status(), 200, "{header}");
        let sent = exchange.upstream_request().unwrap();
        assert_eq!(sent.header(header).as_deref(), left);
        let everything = sent.headers.iter().flat_map(|(_, value)| value.iter().copied()).collect::<Vec<_>>();
        assert!(!String::from_utf8_lossy(&everything).contains(&good), "{header}");
    }
}

#[test]
fn a_token_is_forwarded_where_that_is_asked() {
    let places = json!({"from_params": ["t"], "forward": true});
    let mut proxy = proxy(&config(&places, &json!({})));
    let path = format!("/?a&t={}", token(&json!({})));
    assert_eq!(proxy.send(Request::get(&path)).upstream_request().unwrap().path(), path);
}

#[test]
fn two_tokens_are_none() {
    let places = json!({"from_headers": [{"name": "authorization", "value_prefix": "Bearer "}], "from_params": ["t"], "from_cookies": ["t"]});
    let mut proxy = proxy(&config(&places, &json!({"requires": {"optional": {}}})));
    let good = token(&json!({}));
    for request in [
        bearer(&format!("/?t={good}"), &good),
        bearer("/", &good).with_header("cookie", format!("t={good}")),
        Request::get(&format!("/?t={good}&t={good}")),
        Request::get(&format!("/?t={good}&%74=x")),
        Request::get("/").with_header("cookie", format!("t={good}; t=x")),
        bearer("/", &format!("{good}, Bearer {good}")),
        Request::get("/").with_header("authorization", format!("Basic eDp5, Bearer {good}")),
    ] {
        let exchange = proxy.send(request.clone());
        let answer = response(&exchange);
        assert_eq!(answer.status(), 400, "{request:?}");
        assert_eq!(answer.header("www-authenticate").unwrap(), r#"Bearer realm="api", error="invalid_request""#);
        assert!(exchange.upstream_request().is_none());
    }
}

#[test]
fn a_provider_takes_tokens_only_from_its_own_places() {
    let providers = json!([
        provider("main", &json!({"from_headers": [{"name": "x-main"}]})),
        provider("partner", &json!({"from_headers": [{"name": "x-partner"}]})),
    ]);
    let mut proxy = proxy(&json!({"policy": {"providers": providers}}));
    for (name, header, expected) in [
        ("main", "x-main", ""),
        ("partner", "x-partner", ""),
        ("main", "x-partner", "token_place"),
        ("partner", "x-main", "token_place"),
    ] {
        let token = token(&json!({"iss": issuer(name)}));
        // The second time the token is known.
        for _ in 0..2 {
            let (_, reason) = verdict(&mut proxy, Request::get("/").with_header(header, &token));
            assert_eq!(reason, expected, "{name} {header}");
        }
    }
    assert_eq!(verdict(&mut proxy, bearer("/", &token(&json!({})))).1, "token_missing");
}

#[test]
fn a_token_is_measured_before_it_is_read() {
    let mut proxy = proxy(&config(&json!({}), &json!({"max_token_size": "1KiB"})));
    let good = token(&json!({"x": "y".repeat(300)}));
    assert!(good.len() <= 1024);
    assert_eq!(verdict(&mut proxy, bearer("/", &good)).1, "");
    assert_eq!(verdict(&mut proxy, bearer("/", &token(&json!({"x": "y".repeat(1024)})))).1, "token_too_large");
}
