//! What is counted after the response.

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Proxy};
use serde_json::{Value, json};

use super::{seconds, start};

/// A proxy whose upstream answers as the request says.
fn obedient(rule: Value) -> Proxy {
    let builder = Proxy::builder().upstream("upstream", |request: &Request| {
        let status = request.header("x-status").map_or(200, |status| status.parse().unwrap());
        let response = Response::new(status);
        Answer::response(match request.header("x-actual") {
            Some(cost) => response.with_header("x-cost", cost),
            None => response,
        })
    });
    start(builder, json!({"policy": {"rules": [rule]}}))
}

fn statuses(proxy: &mut Proxy, header: &str, values: &[&str]) -> Vec<u16> {
    values.iter().map(|value| proxy.send(Request::get("/").with_header(header, value)).status()).collect()
}

#[test]
fn a_penalty_counts_failures_only_and_then_refuses_everything() {
    let rule = json!({"name": "logins", "limits": [{"rate": "3/h"}], "penalty": {"statuses": [401, 403]}});
    let mut proxy = obedient(rule);
    assert_eq!(statuses(&mut proxy, "x-status", &["200"; 10]), [200; 10]);
    assert_eq!(statuses(&mut proxy, "x-status", &["401", "200", "403", "404", "401"]), [401, 200, 403, 404, 401]);
    assert_eq!(statuses(&mut proxy, "x-status", &["200", "401"]), [429, 429]);
    proxy.advance(seconds(1200));
    assert_eq!(statuses(&mut proxy, "x-status", &["200", "200", "401", "200"]), [200, 200, 401, 429]);
}

#[test]
fn what_a_request_did_not_cost_is_given_back() {
    let rule =
        json!({"name": "tokens", "limits": [{"rate": "100/h"}], "cost": {"fixed": 50}, "settle": {"header": "x-cost"}});
    let mut proxy = obedient(rule);
    // 50 are taken, 10 are kept: the tenth request brings it to 100.
    assert_eq!(statuses(&mut proxy, "x-actual", &["10"; 7]), [200, 200, 200, 200, 200, 200, 429]);
}

#[test]
fn what_a_request_cost_beyond_is_charged_and_never_more_than_the_allowance() {
    let rule = json!({"name": "tokens", "limits": [{"rate": "100/h"}], "settle": {"header": "x-cost"}});
    let mut proxy = obedient(rule);
    assert_eq!(statuses(&mut proxy, "x-actual", &["60", "1000000", "1"]), [200, 200, 429]);
    proxy.advance(seconds(3600));
    assert_eq!(statuses(&mut proxy, "x-actual", &["99", "1", "1"]), [200, 200, 429]);
}

#[test]
fn a_response_that_says_nothing_or_nonsense_settles_nothing() {
    let rule =
        json!({"name": "tokens", "limits": [{"rate": "4/h"}], "cost": {"fixed": 2}, "settle": {"header": "x-cost"}});
    assert_eq!(statuses(&mut obedient(rule.clone()), "x-other", &["", "", ""]), [200, 200, 429]);
    assert_eq!(statuses(&mut obedient(rule), "x-actual", &["-1", "0x1", "1"]), [200, 200, 429]);
}
