//! Names that a purge may go by: `Cache-Groups` (RFC 9875), `Surrogate-Key` and `Cache-Tag`.

use gatewright::Headers;
use sfv::{BareItem, List, ListEntry, Parser};

use super::text::{members, trim};

/// Most names of one response; those after it count for nothing.
const MAX_NAMES: usize = 128;
/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The groups that a response is in (RFC 9875 §2). A field that is no list of strings has none.
#[must_use]
pub fn groups(response: &Headers) -> Vec<Vec<u8>> {
    strings(response, "cache-groups")
}

/// The groups that the response to an unsafe request says are out of date (RFC 9875 §3).
#[must_use]
pub fn invalidated(response: &Headers) -> Vec<Vec<u8>> {
    strings(response, "cache-group-invalidation")
}

/// The tags of a response: members of `Surrogate-Key`, separated by space, and of `Cache-Tag`, separated by commas.
#[must_use]
pub fn tags(response: &Headers) -> Vec<Vec<u8>> {
    let keys = response.all("surrogate-key").flat_map(|line| line.split(|byte| matches!(byte, b' ' | b'\t')));
    let tags = response.all("cache-tag").flat_map(members);
    keys.chain(tags).map(trim).filter(|name| fits(name)).take(MAX_NAMES).map(<[u8]>::to_vec).collect()
}

fn strings(response: &Headers, field: &str) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = response.all(field).collect();
    let Ok(list) = Parser::new(&lines.join(&b", "[..])).parse::<List>() else { return Vec::new() };
    list.iter().filter_map(string).filter(|name| fits(name)).take(MAX_NAMES).collect()
}

/// A member that is a string; any other counts for nothing (RFC 9875 §2).
fn string(entry: &ListEntry) -> Option<Vec<u8>> {
    let ListEntry::Item(item) = entry else { return None };
    let BareItem::String(text) = &item.bare_item else { return None };
    Some(text.as_str().as_bytes().to_vec())
}

fn fits(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(of: fn(&Headers) -> Vec<Vec<u8>>, fields: &[(&str, &str)]) -> Vec<String> {
        let headers: Headers = fields.iter().copied().collect();
        of(&headers).into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn rfc9875_2_groups_are_strings_in_a_list() {
        assert_eq!(
            read(groups, &[("cache-groups", "\"a\", \"B c\";x=1, token, 5"), ("cache-groups", "\"d\"")]),
            ["a", "B c", "d"]
        );
        assert!(read(groups, &[("cache-groups", "\"a\", ?")]).is_empty());
        assert!(read(groups, &[]).is_empty());
    }

    #[test]
    fn rfc9875_3_invalidated_groups() {
        assert_eq!(read(invalidated, &[("cache-group-invalidation", "\"a\"")]), ["a"]);
    }

    #[test]
    fn surrogate_keys_and_cache_tags() {
        assert_eq!(read(tags, &[("surrogate-key", "a  b"), ("cache-tag", "c d, e")]), ["a", "b", "c d", "e"]);
        let many = vec!["k"; 500].join(" ");
        assert_eq!(read(tags, &[("surrogate-key", &many)]).len(), MAX_NAMES);
        assert!(read(tags, &[("cache-tag", &"x".repeat(257))]).is_empty());
    }
}
