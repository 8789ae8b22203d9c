use proptest::prelude::*;

use super::Condition::{
    AboveRoot, AmbiguousDotSegment, Backslash, DotSegment, DoubleEncoding, DoubleSlash, EncodedDotSegment,
    EncodedSlash, Fragment, FullWidth, InvalidPercent, OverlongUtf8, PathParameter, RelativePath,
};
use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_way_to_admin() {
    let cases: &[(&[u8], &[Condition])] = &[
        (b"/admin", &[]),
        (b"/%61dmin", &[]),
        (b"//admin", &[DoubleSlash]),
        (b"/./admin", &[DotSegment]),
        (b"/%2e/admin", &[DotSegment, EncodedDotSegment]),
        (b"/x/../admin", &[DotSegment]),
        (b"/x/%2e%2E/admin", &[DotSegment, EncodedDotSegment]),
        (b"/x/..;a=b/admin", &[DotSegment, AmbiguousDotSegment, PathParameter]),
        (b"/admin;jsessionid=1", &[PathParameter]),
        (b"/admin%3bx", &[PathParameter]),
        (b"/%2561dmin", &[DoubleEncoding]),
        (b"%2fadmin", &[EncodedSlash]),
        (b"/x%2f..%2fadmin", &[EncodedSlash, DotSegment]),
        (b"/x\\..\\admin", &[Backslash, DotSegment]),
        (b"/x%5c../admin", &[EncodedSlash, Backslash, DotSegment]),
        (b"/../admin", &[DotSegment, AboveRoot]),
        (b"admin", &[RelativePath]),
        (b"/x//../admin", &[DotSegment, DoubleSlash, AmbiguousDotSegment]),
        ("/\u{ff41}dmin".as_bytes(), &[FullWidth]),
        ("/x/\u{2025}/admin".as_bytes(), &[FullWidth, DotSegment]),
        (b"/\xc1\xa1dmin", &[OverlongUtf8]),
    ];
    for (spelling, conditions) in cases {
        let canonical = canonical_path(spelling);
        assert_eq!(canonical.path.escape_ascii().to_string(), "/admin", "{}", spelling.escape_ascii());
        assert_eq!(canonical.conditions, conditions.iter().copied().collect(), "{}", spelling.escape_ascii());
    }
}

#[test]
fn what_is_no_admin() {
    for (path, canonical) in [
        ("/", "/"),
        ("*", "*"),
        ("", "/"),
        ("//", "/"),
        ("/admin/", "/admin/"),
        ("/admin/.", "/admin/"),
        ("/admin/x/..", "/admin/"),
        ("/a/..", "/"),
        ("/a.b/.c/..d/e..", "/a.b/.c/..d/e.."),
        ("/100%", "/100%"),
        ("/a%3fb", "/a?b"),
        ("/;x/a;y/", "/a/"),
    ] {
        assert_eq!(canonical_path(path.as_bytes()).path.escape_ascii().to_string(), canonical, "{path}");
    }
    assert!(canonical_path(b"/100%").conditions.has(InvalidPercent));
    assert!(canonical_path(b"/a#b").conditions.has(Fragment));
    assert_eq!(canonical_path(b"/a;x/b").with_parameters.as_deref(), Some(&b"/a;x/b"[..]));
}

#[test]
fn an_ordinary_path_is_not_copied() {
    for path in ["/", "/orders/17/items.json", "/a.b/c-d_e~f", "/a:b@c,d"] {
        let canonical = canonical_path(path.as_bytes());
        assert!(matches!(canonical.path, Cow::Borrowed(_)) && canonical.conditions.is_empty(), "{path}");
    }
}

/// The same with lists of strings, for ASCII paths that are encoded at most once.
fn naive(path: &str) -> String {
    let mut decoded = path.to_owned();
    for (encoded, octet) in [("%2e", "."), ("%2f", "/"), ("%5c", "\\"), ("%3b", ";"), ("%61", "a")] {
        decoded = decoded.replace(encoded, octet);
    }
    let decoded = decoded.replace('\\', "/");
    let mut kept: Vec<String> = Vec::new();
    let segments = decoded.split('/').map(|segment| segment.split(';').next().unwrap()).collect::<Vec<_>>();
    for segment in &segments {
        match *segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name.to_owned()),
        }
    }
    let open = matches!(*segments.last().unwrap(), "" | "." | "..");
    let path = format!("/{}", kept.join("/"));
    if open && !kept.is_empty() { path + "/" } else { path }
}

fn odd_path() -> impl Strategy<Value = String> {
    let pieces = ["/", "/", ".", "..", "a", "b", ";", "\\", "%2e", "%2f", "%5c", "%3b", "%61", "//", "/../"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12)
        .prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #[test]
    fn agrees_with_a_naive_model(path in odd_path()) {
        let canonical = canonical_path(path.as_bytes());
        prop_assert_eq!(canonical.path.escape_ascii().to_string(), naive(&path));
    }

    #[test]
    fn is_its_own_canonical_form(path in prop_oneof![odd_path().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..40)]) {
        let once = canonical_path(&path);
        if !once.conditions.has(Condition::TooDeep) {
            let again = canonical_path(&once.path);
            prop_assert_eq!(again.path.as_ref(), once.path.as_ref());
        }
    }

    /// A quick answer is the slow one.
    #[test]
    fn the_quick_way_says_nothing_else(path in "/([a-c.;%2e/]{0,12})") {
        let canonical = canonical_path(path.as_bytes());
        if matches!(canonical.path, Cow::Borrowed(_)) {
            let mut conditions = Conditions::default();
            let slow = resolve(&decode(path.as_bytes(), &mut conditions), Parameters::Cut, &mut conditions);
            prop_assert_eq!((slow.as_slice(), conditions), (path.as_bytes(), Conditions::default()));
        }
    }
}
