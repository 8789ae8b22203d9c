//! Large sets of address ranges.

use std::net::IpAddr;

use gatewright::config::Cidr;
use gatewright::sort;

/// A set of addresses, as sorted ranges that do not touch: asked by binary search, and smaller than a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl AddressSet {
    /// The addresses of these ranges.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = Cidr>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range.address() {
                IpAddr::V4(first) => {
                    let first = first.to_bits();
                    v4.push((first, first | u32::MAX.checked_shr(range.prefix_len().into()).unwrap_or(0)));
                }
                IpAddr::V6(first) => {
                    let first = first.to_bits();
                    v6.push((first, first | u128::MAX.checked_shr(range.prefix_len().into()).unwrap_or(0)));
                }
            }
        }
        Self { v4: merged(v4), v6: merged(v6) }
    }

    /// Whether the address is in the set. An IPv4 address mapped into IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits()),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits()),
        }
    }

    /// Whether every address of `other` is in the set.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        fn all<T: Copy + Ord>(ranges: &[(T, T)], others: &[(T, T)]) -> bool {
            // Ranges do not overlap, so one that is covered by several is covered by one.
            others.iter().all(|(first, last)| {
                let before = ranges.partition_point(|(start, _)| start <= first);
                before.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, end)| last <= end)
            })
        }
        all(&self.v4, &other.v4) && all(&self.v6, &other.v6)
    }
}

fn holds<T: Copy + Ord>(ranges: &[(T, T)], address: T) -> bool {
    let before = ranges.partition_point(|(first, _)| *first <= address);
    before.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, last)| address <= *last)
}

/// Two ranges of addresses overlap only if one holds the other.
fn merged<T: Copy + Ord>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    sort::stable(&mut ranges);
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= *end => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    merged.shrink_to_fit();
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn set(ranges: &[&str]) -> AddressSet {
        AddressSet::new(ranges.iter().map(|range| range.parse().unwrap()))
    }

    #[test]
    fn ranges_hold_their_ends_and_no_neighbour() {
        let set = set(&["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "10.1.0.0/16"]);
        for inside in ["10.0.0.0", "10.255.255.255", "192.0.2.1", "2001:db8::", "2001:db8:ffff::1", "::ffff:10.2.3.4"] {
            assert!(set.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.0", "192.0.2.2", "2001:db9::", "2001:db7:ffff::", "::1"] {
            assert!(!set.contains(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn all_and_none() {
        assert!(set(&["0.0.0.0/0"]).contains("255.1.2.3".parse().unwrap()));
        assert!(!set(&["0.0.0.0/0"]).contains("::1".parse().unwrap()));
        assert!(set(&["::/0"]).contains("ffff::1".parse().unwrap()));
        assert!(!set(&[]).contains("1.2.3.4".parse().unwrap()));
    }

    #[test]
    fn a_set_covers_what_is_all_in_it() {
        let large = set(&["10.0.0.0/8", "2001:db8::/32"]);
        assert!(large.covers(&set(&["10.1.0.0/16", "10.0.0.1"])) && large.covers(&set(&[])) && large.covers(&large));
        assert!(!large.covers(&set(&["10.0.0.0/7"])) && !large.covers(&set(&["10.0.0.1", "9.0.0.1"])));
    }

    proptest! {
        #[test]
        fn agrees_with_one_range_after_the_other(
            ranges in prop::collection::vec((0..64u32, 26..=32u8), 0..20),
            address in 0..64u32,
        ) {
            let start = |bits: u32, prefix: u8| bits & u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            let ranges = ranges.iter().map(|(bits, prefix)| {
                format!("{}/{prefix}", std::net::Ipv4Addr::from(start(*bits, *prefix))).parse::<Cidr>().unwrap()
            });
            let ranges = ranges.collect::<Vec<_>>();
            let address = IpAddr::from(std::net::Ipv4Addr::from(address));
            let naive = ranges.iter().any(|range| range.contains(address));
            prop_assert_eq!(AddressSet::new(ranges).contains(address), naive);
        }
    }
}
