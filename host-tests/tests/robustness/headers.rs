//! Requests whose headers try something.

use gatewright_host::scenario::{Host, SERVICE, Scene};
use gatewright_testing::message::Request;

use crate::setup::{jwt_auth, status, still_serves, with_token};
use crate::tokens;

on_both!(a_header_byte_that_is_not_utf8, eleven_hundred_headers, two_authorizations);

fn a_header_byte_that_is_not_utf8(host: Host) {
    let mut stage = jwt_auth().start(host).unwrap();
    assert_eq!(status(&mut *stage, &with_token().with_header("x-odd", [b'a', 0xfc])), 200);
    let seen = stage.requests(SERVICE).pop().unwrap();
    assert!(seen.headers.contains(&(b"x-odd".to_vec(), vec![b'a', 0xfc])), "passed on as it is");

    let odd = [b"Bearer ".as_slice(), tokens::good().as_bytes(), &[0xfc]].concat();
    let response = stage.answer(&Request::get("/").with_header("authorization", odd)).unwrap();
    assert_eq!(response.status(), 401);
    let challenge = response.header("www-authenticate").unwrap();
    assert!(challenge.contains("invalid_token"), "{challenge}");
    still_serves(&mut *stage, &with_token());
}

fn eleven_hundred_headers(host: Host) {
    let mut stage = Scene { max_request_headers: 2_000, ..jwt_auth() }.start(host).unwrap();
    let many = |request: Request| (0..1_100).fold(request, |request, n| request.with_header("x-many", n.to_string()));
    assert_eq!(status(&mut *stage, &many(Request::get("/"))), 401, "no token is no token");
    assert_eq!(stage.requests(SERVICE).len(), 0);
    assert_eq!(status(&mut *stage, &many(with_token())), 200);
    let seen = stage.requests(SERVICE).pop().unwrap();
    let values: Vec<String> =
        seen.headers.iter().filter(|(name, _)| name == b"x-many").map(|(_, value)| text(value)).collect();
    assert_eq!(values.join(",").split(',').count(), 1_100);
    still_serves(&mut *stage, &with_token());
}

fn two_authorizations(host: Host) {
    let mut stage = jwt_auth().start(host).unwrap();
    for second in [format!("Bearer {}", tokens::good()), "Basic Zm9vOmJhcg==".to_owned()] {
        let response = stage.answer(&with_token().with_header("authorization", &second)).unwrap();
        assert_eq!(response.status(), 400);
        let challenge = response.header("www-authenticate").unwrap();
        assert_eq!(challenge, r#"Bearer realm="api", error="invalid_request""#, "{second}");
    }
    assert_eq!(stage.requests(SERVICE).len(), 0);
    still_serves(&mut *stage, &with_token());
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
