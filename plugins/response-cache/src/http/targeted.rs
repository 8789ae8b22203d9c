//! Targeted `Cache-Control` fields such as `CDN-Cache-Control` (RFC 9213).

use gatewright::Headers;
use sfv::{BareItem, Dictionary, ListEntry, Parser};

use super::cache_control::{Extent, MAX_SECONDS, ResponseDirectives, Seconds};

/// Directives whose values must be of their type.
const KNOWN: [&str; 12] = [
    "max-age",
    "s-maxage",
    "stale-while-revalidate",
    "stale-if-error",
    "no-cache",
    "private",
    "no-store",
    "public",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "immutable",
];

/// The directives that apply to this cache: of the first field of `targets` that says something, else of `Cache-Control`. The flag
/// tells whether `Expires` counts beside them.
#[must_use]
pub fn effective(headers: &Headers, targets: &[String]) -> (ResponseDirectives, bool) {
    match targets.iter().find_map(|target| read(headers, target)) {
        Some(directives) => (directives, false),
        None => (ResponseDirectives::read(headers.all("cache-control")), true),
    }
}

/// A targeted field; `None` if it is absent, empty or no dictionary: then it counts for nothing (RFC 9213 §2.1).
fn read(headers: &Headers, target: &str) -> Option<ResponseDirectives> {
    let mut lines = headers.all(target);
    let mut text = lines.next()?.to_vec();
    for line in lines {
        text.extend_from_slice(b", ");
        text.extend_from_slice(line);
    }
    let dictionary: Dictionary = Parser::new(&text).parse().ok()?;
    if dictionary.is_empty() {
        return None;
    }
    let mut directives = ResponseDirectives::default();
    for (key, entry) in &dictionary {
        take(&mut directives, key.as_str(), entry)?;
    }
    Some(directives)
}

/// Takes one member into account; `None` if it is of the wrong type.
fn take(directives: &mut ResponseDirectives, key: &str, entry: &ListEntry) -> Option<()> {
    let ListEntry::Item(item) = entry else { return (!KNOWN.contains(&key)).then_some(()) };
    let value = &item.bare_item;
    match key {
        "max-age" => directives.max_age = Some(Seconds::Of(seconds(value)?)),
        "s-maxage" => directives.s_maxage = Some(Seconds::Of(seconds(value)?)),
        "stale-while-revalidate" => directives.stale_while_revalidate = Some(seconds(value)?),
        "stale-if-error" => directives.stale_if_error = Some(seconds(value)?),
        "no-cache" => directives.no_cache = extent(value)?,
        "private" => directives.private = extent(value)?,
        "no-store" => directives.no_store = flag(value)?,
        "public" => directives.public = flag(value)?,
        "must-revalidate" => directives.must_revalidate = flag(value)?,
        "proxy-revalidate" => directives.proxy_revalidate = flag(value)?,
        "must-understand" => directives.must_understand = flag(value)?,
        "immutable" => directives.immutable = flag(value)?,
        _ => {}
    }
    Some(())
}

fn seconds(value: &BareItem) -> Option<u64> {
    let BareItem::Integer(number) = value else { return None };
    u64::try_from(i64::from(*number)).ok().map(|number| number.min(MAX_SECONDS))
}

fn flag(value: &BareItem) -> Option<bool> {
    if let BareItem::Boolean(flag) = value { Some(*flag) } else { None }
}

/// `no-cache` and `private` also take field names, as a string.
fn extent(value: &BareItem) -> Option<Extent> {
    match value {
        BareItem::Boolean(true) => Some(Extent::Whole),
        BareItem::Boolean(false) => Some(Extent::Nothing),
        BareItem::String(names) => Some(Extent::of_names(names.as_str().as_bytes())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(fields: &[(&str, &str)]) -> (ResponseDirectives, bool) {
        let headers: Headers = fields.iter().copied().collect();
        effective(&headers, &["gatewright-cache-control".to_owned(), "cdn-cache-control".to_owned()])
    }

    #[test]
    fn rfc9213_2_2_the_targeted_field_replaces_cache_control_and_expires() {
        let (read, expires) =
            of(&[("cache-control", "no-store"), ("cdn-cache-control", "max-age=10, foobar, x=(a b)")]);
        assert_eq!((read.max_age, read.no_store, expires), (Some(Seconds::Of(10)), false, false));
    }

    #[test]
    fn rfc9213_2_2_the_first_of_the_target_list_that_says_something_counts() {
        let both = [("cdn-cache-control", "max-age=10"), ("gatewright-cache-control", "private")];
        assert_eq!(of(&both).0.private, Extent::Whole);
        let empty = [("cdn-cache-control", "max-age=10"), ("gatewright-cache-control", "")];
        assert_eq!(of(&empty).0.max_age, Some(Seconds::Of(10)));
    }

    #[test]
    fn rfc9213_2_1_what_is_no_structured_field_or_of_a_wrong_type_is_ignored() {
        for bad in [
            "max-age=10000, &&&&&",
            "max-age=\"10000\"",
            "max-age =100",
            "max-age= 100",
            "MaX-aGe=3600",
            "max-age=(1 2)",
            "max-age=-1",
            "no-store=1",
            "",
        ] {
            let (read, expires) = of(&[("cache-control", "no-store"), ("cdn-cache-control", bad)]);
            assert!(read.no_store && expires && read.max_age.is_none(), "{bad}");
        }
    }

    #[test]
    fn rfc9213_2_1_lines_are_one_dictionary_and_the_last_of_a_name_counts() {
        let (read, _) =
            of(&[("cdn-cache-control", "max-age=1"), ("cdn-cache-control", "max-age=2;p=1, no-cache=\"a\"")]);
        assert_eq!((read.max_age, read.no_cache), (Some(Seconds::Of(2)), Extent::Fields(vec!["a".into()])));
    }
}
