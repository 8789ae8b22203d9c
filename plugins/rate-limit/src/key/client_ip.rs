//! The client's address as a key.

use std::net::{IpAddr, Ipv6Addr};

use gatewright::{Context, Request, client_address};

use super::Value;
use crate::config::ClientIp;

const DEFAULT_IPV6_PREFIX: u8 = 64;

/// The client's address; missing where the proxy does not know it, as on a Unix socket.
pub(super) fn find(settings: ClientIp, request: &Request, cx: &Context) -> Value<'static> {
    let seen = cx.source_address().map(|address| address.ip().to_canonical());
    let prefix = settings.ipv6_prefix.unwrap_or(DEFAULT_IPV6_PREFIX);
    let address = seen.map(|seen| client_address(seen, request.headers(), settings.trusted_hops));
    address.map_or(Value::Missing, |address| Value::Address(address, prefix))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_ipv6_client_is_its_prefix_and_an_ipv4_client_its_address() {
        let same = |a: &str, b: &str, prefix| network(address(a), prefix) == network(address(b), prefix);
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", 64));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1", 64));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:3::1", 48));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:2::2", 128));
        assert!(!same("1.2.3.4", "1.2.3.5", 1));
        assert!(same("1.2.3.4", "::ffff:1.2.3.4", 64));
    }
}
