//! The client's address, as far as other proxies can be believed.

use std::net::{IpAddr, SocketAddr};

use crate::headers::Headers;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address behind proxies that append to `x-forwarded-for`, `trusted_hops` of which are trusted.
///
/// Goes back from `seen`, the address that this proxy sees, one entry for each trusted proxy. An entry that is no address ends the way: what
/// came before it was written by nobody trusted. So does the beginning of the list.
#[must_use]
pub fn client_address(seen: IpAddr, headers: &Headers, trusted_hops: u8) -> IpAddr {
    let mut address = seen.to_canonical();
    let seen = address;
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
        client_address(address("10.0.0.9"), &headers, trusted_hops).to_string()
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
}
