//! The client's address, as far as other proxies can be believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use gatewright::{Context, Headers, Request};

use super::Value;
use crate::config::ClientIp;

const FORWARDED_FOR: &str = "x-forwarded-for";
const DEFAULT_IPV6_PREFIX: u8 = 64;

/// The client's address; missing where the proxy does not know it, as on a Unix socket.
pub(super) fn find(settings: ClientIp, request: &Request, cx: &Context) -> Value<'static> {
    let seen = cx.source_address().map(|address| address.ip().to_canonical());
    let prefix = settings.ipv6_prefix.unwrap_or(DEFAULT_IPV6_PREFIX);
    let address = seen.map(|seen| believed(seen, request.headers(), settings.trusted_hops));
    address.map_or(Value::Missing, |address| Value::Address(address, prefix))
}

/// The bytes of an address that make a client.
pub(super) fn masked(address: IpAddr, ipv6_prefix: u8) -> Vec<u8> {
    match network(address, ipv6_prefix) {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The address with nothing behind the prefix, which is for IPv6 only.
pub(crate) fn network(address: IpAddr, ipv6_prefix: u8) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(ipv6_prefix.min(128))).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

/// Goes back from the address that the proxy sees, one entry for each trusted proxy. An entry that is no address ends the way: what
/// came before it was written by nobody trusted. So does the beginning of the list.
fn believed(seen: IpAddr, headers: &Headers, trusted_hops: u8) -> IpAddr {
    let mut address = seen;
    let entries = headers.all(FORWARDED_FOR).collect::<Vec<_>>();
    let mut newest_first = entries.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')).peekable();
    // A proxy that adds the address it sees before its filters run has added this one itself.
    newest_first.next_if(|entry| parse(entry) == Some(seen));
    for entry in newest_first.take(trusted_hops.into()) {
        match parse(entry) {
            Some(earlier) => address = earlier,
            None => break,
        }
    }
    address
}

fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    in_brackets.parse().or_else(|_| with_port()).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn found(forwarded: &[&str], trusted_hops: u8) -> String {
        let headers: Headers = forwarded.iter().map(|line| (FORWARDED_FOR, *line)).collect();
        believed(address("10.0.0.9"), &headers, trusted_hops).to_string()
    }

    #[test]
    fn each_trusted_proxy_is_one_step_back() {
        let chain = ["6.6.6.6, 1.2.3.4", "10.0.0.8"];
        assert_eq!(found(&chain, 0), "10.0.0.9");
        assert_eq!(found(&chain, 1), "10.0.0.8");
        assert_eq!(found(&chain, 2), "1.2.3.4");
        assert_eq!(found(&chain, 3), "6.6.6.6");
        assert_eq!(found(&chain, 9), "6.6.6.6");
        assert_eq!(found(&[], 2), "10.0.0.9");
    }

    #[test]
    fn what_the_proxy_added_itself_is_no_step() {
        assert_eq!(found(&["6.6.6.6, 1.2.3.4, 10.0.0.9"], 1), "1.2.3.4");
        assert_eq!(found(&["6.6.6.6, 1.2.3.4, 10.0.0.9"], 0), "10.0.0.9");
    }

    #[test]
    fn what_is_no_address_ends_the_way() {
        assert_eq!(found(&["1.2.3.4, unknown, 10.0.0.8"], 3), "10.0.0.8");
        assert_eq!(found(&["1.2.3.4,,10.0.0.8"], 3), "10.0.0.8");
        assert_eq!(found(&["\u{fffd}"], 1), "10.0.0.9");
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"] {
            assert_eq!(parse(text.as_bytes()), Some(address("2001:db8::1")), "{text}");
        }
        for text in ["1.2.3.4", "1.2.3.4:80", "::ffff:1.2.3.4"] {
            assert_eq!(parse(text.as_bytes()), Some(address("1.2.3.4")), "{text}");
        }
    }

    #[test]
    fn an_ipv6_client_is_its_prefix_and_an_ipv4_client_its_address() {
        let same = |a: &str, b: &str, prefix| masked(address(a), prefix) == masked(address(b), prefix);
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", 64));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1", 64));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:3::1", 48));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:2::2", 128));
        assert!(!same("1.2.3.4", "1.2.3.5", 1));
        assert!(same("1.2.3.4", "::ffff:1.2.3.4", 64));
    }
}
