//! Which tokens a provider takes.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use crate::support::{NOW, bearer, claims, config, issuer, provider, proxy, response, sign, start, token, verdict};

fn check(settings: &Value, cases: &[(Value, &str)]) {
    let mut proxy = proxy(&config(settings, &json!({})));
    for (claims, expected) in cases {
        let (status, reason) = verdict(&mut proxy, bearer("/", &token(claims)));
        assert_eq!(reason, *expected, "{settings} {claims}");
        assert_eq!(status, if expected.is_empty() { 200 } else { 401 }, "{settings} {claims}");
    }
}

#[test]
fn audiences_and_subjects() {
    check(
        &json!({"audiences": ["a", "b"], "subjects": ["anna", "berta"]}),
        &[
            (json!({"aud": "a"}), ""),
            (json!({"aud": ["x", "b"]}), ""),
            (json!({"aud": "x"}), "audience"),
            (json!({"aud": []}), "audience"),
            (json!({}), "claim_missing"),
            (json!({"aud": "a", "sub": "carla"}), "subject"),
            (json!({"aud": "a", "sub": null}), "claim_missing"),
        ],
    );
}

#[test]
fn dates() {
    check(
        &json!({"clock_skew": "10s"}),
        &[
            (json!({"exp": NOW - 9}), ""),
            (json!({"exp": NOW - 10}), "expired"),
            (json!({"nbf": NOW + 10}), ""),
            (json!({"nbf": NOW + 11}), "not_yet_valid"),
            (json!({"iat": NOW + 11}), "issued_in_future"),
            (json!({"exp": null}), "claim_missing"),
        ],
    );
    check(&json!({"require_expiration": false}), &[(json!({"exp": null}), "")]);
}

#[test]
fn lifetimes() {
    check(
        &json!({"max_lifetime": "5m", "clock_skew": "0s"}),
        &[
            (json!({}), ""),
            (json!({"iat": NOW - 1}), "lifetime"),
            (json!({"iat": null, "exp": NOW + 300}), ""),
            (json!({"iat": null, "exp": NOW + 301}), "lifetime"),
        ],
    );
}

#[test]
fn required_claims() {
    check(
        &json!({"required_claims": ["jti", "org.id", ["https://a.b"]]}),
        &[
            (json!({"jti": "1", "org": {"id": 0}, "https://a.b": false}), ""),
            (json!({"jti": "1", "org": {}, "https://a.b": false}), "claim_missing"),
            (json!({"jti": "1", "org": {"id": null}, "https://a.b": false}), "claim_missing"),
        ],
    );
}

#[test]
fn algorithms_and_types() {
    let mut proxy = proxy(&config(&json!({"algorithms": ["ES256"], "typ": "at+jwt"}), &json!({})));
    for (header, key, expected) in [
        (json!({"alg": "ES256", "typ": "at+jwt"}), "p-256", ""),
        (json!({"alg": "ES256", "typ": "application/AT+JWT"}), "p-256", ""),
        (json!({"alg": "ES256", "typ": "JWT"}), "p-256", "type"),
        (json!({"alg": "ES256"}), "p-256", "type"),
        (json!({"alg": "ES384", "typ": "at+jwt"}), "p-384", "algorithm"),
    ] {
        let token = sign(&header, key, &claims(&json!({})));
        assert_eq!(verdict(&mut proxy, bearer("/", &token)).1, expected, "{header}");
    }
}

#[test]
fn the_issuer_picks_the_provider() {
    let providers =
        json!([provider("main", &json!({"audiences": ["a"]})), provider("partner", &json!({"audiences": ["b"]}))]);
    let mut proxy = proxy(&json!({"policy": {"providers": providers}}));
    for (name, audience, expected) in [
        ("main", "a", ""),
        ("partner", "b", ""),
        ("main", "b", "audience"),
        ("partner", "a", "audience"),
        ("other", "a", "issuer"),
    ] {
        let token = token(&json!({"iss": issuer(name), "aud": audience}));
        assert_eq!(verdict(&mut proxy, bearer("/", &token)).1, expected, "{name} {audience}");
    }
    let nobody = token(&json!({"iss": null, "aud": "a"}));
    assert_eq!(verdict(&mut proxy, bearer("/", &nobody)).1, "claim_missing");
}

#[test]
fn the_answer_says_no_more_than_the_rfc() {
    let mut proxy = proxy(&config(&json!({}), &json!({"realm": "orders", "problem_json": true})));
    let expired = token(&json!({"exp": NOW - 100}));
    for (request, status, challenge, title) in [
        (Request::get("/"), 401, r#"Bearer realm="orders""#, "Unauthorized"),
        (bearer("/", &expired), 401, r#"Bearer realm="orders", error="invalid_token""#, "Unauthorized"),
        (bearer("/", "x"), 401, r#"Bearer realm="orders", error="invalid_token""#, "Unauthorized"),
        (
            bearer("/", "x").with_header("authorization", "Bearer y"),
            400,
            r#"Bearer realm="orders", error="invalid_request""#,
            "Bad Request",
        ),
    ] {
        let answer = response(&proxy.send(request));
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header_values("www-authenticate"), [challenge]);
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
        let problem: Value = serde_json::from_str(&answer.text()).unwrap();
        assert_eq!(problem, json!({"type": "about:blank", "title": title, "status": status}));
    }
}

#[test]
fn no_log_line_has_a_token() {
    let mut proxy = proxy(&config(&json!({"from_headers": [{"name": "x-token"}], "from_params": ["t"]}), &json!({})));
    let (good, bad) = (token(&json!({})), token(&json!({"exp": 1})));
    for token in [&good, &bad] {
        proxy.send(Request::get("/").with_header("x-token", token));
        proxy.send(Request::get(&format!("/?t={token}")));
    }
    let parts: Vec<&str> = good.split('.').chain(bad.split('.')).filter(|part| part.len() > 40).collect();
    for line in proxy.logs() {
        assert!(!parts.iter().any(|part| line.message.contains(part)), "{}", line.message);
    }
}

#[test]
fn a_wrong_configuration_is_refused_with_its_path() {
    for (settings, text) in [
        (json!({"algorithms": ["RS255"]}), "policy.providers[0].algorithms[0]: \"RS255\" is not a signature algorithm"),
        (json!({"dpop": {"external_origin": "api"}}), "policy.providers[0].dpop.external_origin: "),
        (json!({"jwks": {"inline": "{}"}}), "policy.providers[0].jwks.inline: "),
        (json!({"required_claims": ["https://a.b/c"]}), "policy.providers[0].required_claims[0]: "),
        (
            json!({"claim_to_headers": [{"claim": "a", "header": "host"}]}),
            "policy.providers[0].claim_to_headers[0].header: ",
        ),
    ] {
        let Err(error) = start(&config(&settings, &json!({}))) else { panic!("{settings} was accepted") };
        assert!(
            format!("{error:?}").contains(&text.replace('"', "\\\"")) || format!("{error:?}").contains(text),
            "{error:?}"
        );
    }
    for (settings, text) in [
        (json!({"revoked": [{"jti": "a"}, {}]}), "policy.revoked[1]: "),
        (json!({"requires": {"provider": "x"}}), "policy.requires.provider: "),
    ] {
        let Err(error) = start(&config(&json!({}), &settings)) else { panic!("{settings} was accepted") };
        assert!(format!("{error:?}").contains(text), "{error:?}");
    }
}
