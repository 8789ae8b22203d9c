//! Tokens that are not let in any more.

use std::time::Duration;

use serde_json::json;

use crate::support::{NOW, bearer, config, proxy, response, token, verdict};

#[test]
fn a_revoked_token_is_refused_at_once_and_until_it_may_pass() {
    let unchanged = config(&json!({}), &json!({}));
    let mut proxy = proxy(&unchanged);
    let one = token(&json!({"jti": "t1", "sid": "s1"}));
    assert_eq!(verdict(&mut proxy, bearer("/", &one)).0, 200);
    for (revoked, reason) in [
        (json!({"jti": "t1"}), "revoked_token"),
        (json!({"sub": "anna"}), "revoked_subject"),
        (json!({"sid": "s1", "provider": "main"}), "revoked_session"),
        (json!({"sid": "s1", "until": NOW + 100}), "revoked_session"),
        (json!({"jti": "t1", "until": NOW}), ""),
        (json!({"jti": "t2"}), ""),
    ] {
        proxy.configure(config(&json!({}), &json!({ "revoked": [revoked] })).to_string()).unwrap();
        for _ in 0..2 {
            assert_eq!(verdict(&mut proxy, bearer("/", &one)).1, reason, "{revoked}");
        }
    }
    let until = json!({"revoked": [{"sub": "anna", "until": NOW + 100}]});
    proxy.configure(config(&json!({}), &until).to_string()).unwrap();
    let refused = response(&proxy.send(bearer("/", &one)));
    assert_eq!(refused.header("www-authenticate").unwrap(), r#"Bearer realm="api", error="invalid_token""#);
    proxy.advance(Duration::from_secs(100));
    assert_eq!(verdict(&mut proxy, bearer("/", &one)).0, 200);
}
