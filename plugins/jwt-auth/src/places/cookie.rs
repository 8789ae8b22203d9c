//! Cookies without the token among them.

use gatewright::Request;
use gatewright::syntax::cookie::pair;

/// Removes the cookies of this name; the others stay as they are.
pub(super) fn strip(request: &mut Request, name: &str) {
    let left: Vec<Vec<u8>> = request.headers().all("cookie").map(|field| without(field, name)).collect();
    request.remove_header("cookie");
    for field in left.into_iter().filter(|field| !field.is_empty()) {
        request.append_header("cookie", field);
    }
}

fn without(field: &[u8], name: &str) -> Vec<u8> {
    let has_name = |crumb: &&[u8]| pair(crumb).is_some_and(|(found, _)| found == name.as_bytes());
    let kept: Vec<&[u8]> = field.split(|byte| *byte == b';').filter(|crumb| !has_name(crumb)).collect();
    kept.join(&b';').trim_ascii_start().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn rest(field: &str) -> String {
        String::from_utf8(without(field.as_bytes(), "session")).unwrap()
    }

    #[test]
    fn takes_out_one_crumb_and_nothing_else() {
        for (field, expected) in [
            ("session=t", ""),
            ("session=t; a=1", "a=1"),
            ("a=1; session=t", "a=1"),
            ("a=\"x y\";session=t;  b", "a=\"x y\";  b"),
            ("a=1; xsession=t", "a=1; xsession=t"),
            ("Session=t; session; a=session=t", "Session=t; session; a=session=t"),
            ("a=1; session = t;session=u; ", "a=1; "),
        ] {
            assert_eq!(rest(field), expected);
        }
    }
}
