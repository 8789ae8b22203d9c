//! A flood of keys: memory stays, and offenders stay refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Proxy, World};
use rate_limit::RateLimit;
use serde_json::{Value, json};

const MEMORY: usize = 1 << 20;
/// Keys of the flood.
const KEYS: u32 = 2_000_000;
/// Each request makes a new key in every rule: fewer whole exchanges for as many keys.
const RULES: u32 = 32;
const OFFENDERS: u32 = 20;

fn proxy(world: &World, policy: &Value) -> Proxy {
    let builder = Proxy::builder().world(world).config(json!({"policy": policy}).to_string());
    builder.policy::<RateLimit>("rate-limit").unwrap()
}

fn policy(rules: u32, rate: &str) -> Value {
    let rule =
        |number| json!({"name": format!("r{number}"), "key": [{"header": "x-client"}], "limits": [{"rate": rate}]});
    json!({"rules": (0..rules).map(rule).collect::<Vec<_>>(), "memory": "1MiB"})
}

fn status(proxy: &mut Proxy, client: &str) -> u16 {
    proxy.send(Request::get("/").with_header("x-client", client)).status()
}

fn offender(number: u32) -> String {
    format!("offender {number}")
}

#[test]
fn memory_stays_and_offenders_stay_refused() {
    let world = World::new(7);
    let mut proxy = proxy(&world, &policy(RULES, "10/d"));
    for number in 0..OFFENDERS {
        let statuses: Vec<_> = (0..11).map(|_| status(&mut proxy, &offender(number))).collect();
        assert_eq!((statuses[..10] == [200; 10], statuses[10]), (true, 429));
    }
    let mut most = 0;
    for number in 0..KEYS / RULES {
        assert_eq!(status(&mut proxy, &format!("flood {number}")), 200);
        if number % 2_000 == 0 {
            most = most.max(world.shared_data_usage("").1);
        }
    }
    most = most.max(world.shared_data_usage("").1);
    assert!(most <= MEMORY, "{most} bytes of shared data");
    assert!(most > MEMORY / 2, "the flood did not fill the table: {most} bytes");
    for number in 0..OFFENDERS {
        assert_eq!(status(&mut proxy, &offender(number)), 429, "offender {number}");
    }
    assert_eq!(world.metric("gatewright.rate-limit.full").unwrap_or(0), 0);
}

#[test]
fn a_table_of_offenders_ends_as_configured() {
    for (setting, outcome) in [(json!("deny"), 429), (json!("allow"), 200), (json!("fault"), 503)] {
        let world = World::new(7);
        let mut policy = policy(1, "1/d");
        policy["memory"] = json!("2KiB");
        policy["when_full"] = setting;
        let mut proxy = proxy(&world, &policy);
        let mut seen = Vec::new();
        for number in 0..200 {
            let first = status(&mut proxy, &format!("client {number}"));
            let second = status(&mut proxy, &format!("client {number}"));
            seen.push((first, second));
        }
        assert!(seen.contains(&(200, 429)));
        assert_eq!(seen.last(), Some(&(outcome, outcome)));
        assert!(world.metric("gatewright.rate-limit.full").unwrap_or(0) > 0);
        // Those who were refused first still are.
        assert_eq!(status(&mut proxy, "client 0"), 429);
    }
}
