//! Clients that invent keys.

use gatewright_host::net::Client;
use gatewright_host::net::wait::Deadline;
use serde_json::json;

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;

const TOKENS: usize = 10_000;
const CLIENTS: usize = 8;

#[test]
fn ten_thousand_invented_keys_do_not_flood_the_issuer() {
    let idp = Issuer::serving(jwks(&[OLD]));
    let settings = json!({"refresh_interval": "1h", "min_refresh_interval": "2s"});
    let envoy = builder(remote(&settings)).cluster("idp", idp.address()).wasm_log_level("warn").start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    let signed = token(OLD);
    let (_, rest) = signed.split_once('.').unwrap();

    let mut seconds = 0;
    let clients: Vec<Client> = (0..CLIENTS).map(|_| envoy.client().unwrap()).collect();
    let threads: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(number, client)| {
            let rest = rest.to_owned();
            std::thread::spawn(move || flood(client, number, &rest))
        })
        .collect();
    // One more look each second, to know how long it took.
    let limit = Deadline::after(secs(60));
    while !threads.iter().all(std::thread::JoinHandle::is_finished) && !limit.has_passed() {
        pass(ms(1_000));
        seconds += 1;
    }
    let refused: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(refused, TOKENS, "refused, none of them by a fault");
    let allowed = 1 + 1 + seconds / 2;
    assert!((2..=allowed).contains(&idp.count()), "{} fetches in {seconds} s", idp.count());
    assert_eq!(status(&envoy, &signed), 200);
}

/// Sends its share of the tokens and counts the refusals.
fn flood(mut client: Client, number: usize, rest: &str) -> usize {
    let names = (0..TOKENS).filter(|token| token % CLIENTS == number);
    let refused = names.filter(|name| {
        let token = format!("{}.{rest}", header_naming(&format!("invented {name}")));
        client.send(&request(&token)).unwrap().response.status() == 401
    });
    refused.count()
}
