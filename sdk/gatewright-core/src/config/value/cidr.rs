//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::text::{Text, text_value};
use crate::config::error::{ConfigError, quoted};

/// A range of IP addresses: `"10.0.0.0/8"`, `"2001:db8::/32"`, or one address (RFC 4632, RFC 4291 §2.3).
///
/// Bits behind the prefix are refused rather than dropped, so that a slip never widens a range unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The first address of the range.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits all addresses of the range share.
    #[must_use]
    pub const fn prefix_len(&self) -> u8 {
        self.prefix
    }

    /// True if the address is in the range. An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }
}

impl FromStr for Cidr {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| Self::refused(text))?;
        let prefix = match prefix {
            None => bits(address),
            Some(digits) => prefix_len(digits, address).ok_or_else(|| Self::refused(text))?,
        };
        let right = Self::covering(address, prefix);
        if right.address != address {
            return Err(ConfigError::new(format!("{} is not the start of a range; write \"{right}\"", quoted(text))));
        }
        Ok(right)
    }
}

/// A single address is shown without its length.
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == bits(self.address) {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

impl Text for Cidr {
    const NOUN: &'static str = "an IP address or range";
    const PATTERN: &'static str = "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
    const EXAMPLES: &'static [&'static str] = &["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"];
}

text_value!(Cidr);

impl Cidr {
    /// The range of this length around an address, in IPv4 where it is mapped IPv4.
    fn covering(address: IpAddr, prefix: u8) -> Self {
        match (address.to_canonical(), prefix.checked_sub(96)) {
            (IpAddr::V4(v4), Some(prefix)) if address.is_ipv6() => Self { address: masked(v4.into(), prefix), prefix },
            _ => Self { address: masked(address, prefix), prefix },
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn prefix_len(digits: &str, address: IpAddr) -> Option<u8> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|prefix| plain && *prefix <= bits(address))
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    // A shift by the full width overflows: a prefix of 0 keeps no bit.
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32u32.saturating_sub(prefix.into())).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128u32.saturating_sub(prefix.into())).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn contains(cidr: &str, address: &str) -> bool {
        cidr.parse::<Cidr>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn ranges_hold_their_first_and_last_address_and_no_neighbour() {
        assert!(contains("10.0.0.0/8", "10.0.0.0") && contains("10.0.0.0/8", "10.255.255.255"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0") && !contains("10.0.0.0/8", "9.255.255.255"));
        assert!(contains("192.0.2.1", "192.0.2.1") && !contains("192.0.2.1", "192.0.2.2"));
        assert!(contains("0.0.0.0/0", "255.1.2.3") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "1.2.3.4"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::") && !contains("2001:db8::/33", "2001:db8:8000::"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    }

    #[test]
    fn text_reads_back() {
        for text in ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1", "0.0.0.0/0"] {
            let cidr: Cidr = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(serde_json::to_value(cidr).unwrap(), json!(text));
        }
        let host: Cidr = "192.0.2.1/32".parse().unwrap();
        assert_eq!((host.address(), host.prefix_len()), ("192.0.2.1".parse().unwrap(), 32));
        examples_parse::<Cidr>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            ("10.1.2.3/8", r#""10.1.2.3/8" is not the start of a range; write "10.0.0.0/8""#),
            ("10.0.0.1/31", r#""10.0.0.1/31" is not the start of a range; write "10.0.0.0/31""#),
            ("2001:db8::1/32", r#""2001:db8::1/32" is not the start of a range; write "2001:db8::/32""#),
            ("::ffff:10.0.0.0/104", r#""::ffff:10.0.0.0/104" is not the start of a range; write "10.0.0.0/8""#),
            ("::ffff:10.0.0.1", r#""::ffff:10.0.0.1" is not the start of a range; write "10.0.0.1""#),
            ("10.0.0.0/33", r#""10.0.0.0/33" is not an IP address or range; write it like "10.0.0.0/8""#),
            ("::/129", r#""::/129" is not an IP address or range; write it like "10.0.0.0/8""#),
            ("10.0.0/8", r#""10.0.0/8" is not an IP address or range; write it like "10.0.0.0/8""#),
            ("10.0.0.0/", r#""10.0.0.0/" is not an IP address or range; write it like "10.0.0.0/8""#),
            ("10.0.0.0/+8", r#""10.0.0.0/+8" is not an IP address or range; write it like "10.0.0.0/8""#),
            ("localhost", r#""localhost" is not an IP address or range; write it like "10.0.0.0/8""#),
        ];
        for (text, message) in cases {
            assert_eq!(error::<Cidr>(json!(text)), message);
        }
    }

    /// The naive model: compare bit by bit.
    fn share_bits(a: &[u8], b: &[u8], prefix: u8) -> bool {
        (0..usize::from(prefix)).all(|bit| (a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1 == 0)
    }

    proptest! {
        #[test]
        fn agrees_with_a_bitwise_model_v4(range: [u8; 4], flip in 0..40u32, prefix in 0..=32u8) {
            let address = u32::from_be_bytes(range) ^ 1u32.checked_shl(flip).unwrap_or(0);
            let cidr = Cidr::covering(range.into(), prefix);
            let expected = share_bits(&address.to_be_bytes(), &range, prefix);
            prop_assert_eq!(cidr.contains(Ipv4Addr::from(address).into()), expected);
            prop_assert_eq!(cidr.to_string().parse(), Ok(cidr));
        }

        #[test]
        fn agrees_with_a_bitwise_model_v6(range: [u8; 16], flip in 0..140u32, prefix in 0..=128u8) {
            let range = { let mut r = range; r[0] |= 0x20; r };
            let address = u128::from_be_bytes(range) ^ 1u128.checked_shl(flip).unwrap_or(0);
            let cidr = Cidr::covering(range.into(), prefix);
            let expected = share_bits(&address.to_be_bytes(), &range, prefix);
            prop_assert_eq!(cidr.contains(Ipv6Addr::from(address).into()), expected);
        }
    }
}
