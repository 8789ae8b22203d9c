//! Tokens in cookies (RFC 6265 §5.4).

use gatewright::{Headers, Request};

/// The values of all cookies of this name. A client may send several `cookie` fields (RFC 9113 §8.2.3).
pub(super) fn values<'a>(headers: &'a Headers, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.all("cookie").flat_map(crumbs).filter_map(move |crumb| value(crumb, name))
}

/// Removes the cookies of this name; the others stay as they are.
pub(super) fn strip(request: &mut Request, name: &str) {
    let left: Vec<Vec<u8>> = request.headers().all("cookie").map(|field| without(field, name)).collect();
    request.remove_header("cookie");
    for field in left.into_iter().filter(|field| !field.is_empty()) {
        request.append_header("cookie", field);
    }
}

fn without(field: &[u8], name: &str) -> Vec<u8> {
    let kept: Vec<&[u8]> = crumbs(field).filter(|crumb| value(crumb, name).is_none()).collect();
    kept.join(&b';').trim_ascii_start().to_vec()
}

fn crumbs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b';')
}

fn value<'a>(crumb: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let at = crumb.iter().position(|byte| *byte == b'=')?;
    let (found, value) = crumb.split_at_checked(at)?;
    (found.trim_ascii() == name.as_bytes()).then(|| value.get(1..).unwrap_or_default().trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn found(fields: &[&str]) -> Vec<String> {
        let headers: Headers = fields.iter().map(|field| ("cookie", *field)).collect();
        values(&headers, "session").map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    fn rest(field: &str) -> String {
        String::from_utf8(without(field.as_bytes(), "session")).unwrap()
    }

    #[test]
    fn finds_every_crumb_of_the_name() {
        assert_eq!(found(&["a=1; session=t; b=2"]), ["t"]);
        assert_eq!(found(&["a=1", "session=t"]), ["t"]);
        assert_eq!(found(&["session=t;session=u"]), ["t", "u"]);
        assert_eq!(found(&["session="]), [""]);
        assert_eq!(found(&["session=a=b"]), ["a=b"]);
        assert!(found(&["Session=t; xsession=t; session", "a=session=t"]).is_empty());
    }

    #[test]
    fn takes_out_one_crumb_and_nothing_else() {
        for (field, expected) in [
            ("session=t", ""),
            ("session=t; a=1", "a=1"),
            ("a=1; session=t", "a=1"),
            ("a=\"x y\";session=t;  b", "a=\"x y\";  b"),
            ("a=1; xsession=t", "a=1; xsession=t"),
        ] {
            assert_eq!(rest(field), expected);
        }
    }
}
