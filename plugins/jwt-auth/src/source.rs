//! Finding the token of a request.

use gatewright::Headers;

use crate::config::HeaderSource;

/// What a request carries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// No token.
    None,
    /// One token.
    Token(&'a [u8]),
    /// More than one value where a token may be: a service behind could read another one than this policy.
    Several,
}

/// Looks for a token in all sources. The same value twice is still two.
pub(crate) fn find<'a>(headers: &'a Headers, sources: &[HeaderSource]) -> Found<'a> {
    let mut found = Found::None;
    for source in sources {
        let mut values = headers.all(&source.name);
        let (Some(value), repeated) = (values.next(), values.next().is_some()) else { continue };
        if repeated {
            return Found::Several;
        }
        let Some(token) = token(value, source.scheme.as_deref()) else { continue };
        // Envoy joins repeated `authorization` lines with a comma, which no token has (RFC 9110 §11.4).
        if found != Found::None || token.contains(&b',') {
            return Found::Several;
        }
        found = Found::Token(token);
    }
    found
}

/// What follows the scheme: `1*SP token68` (RFC 9110 §11.4). Another scheme's credentials are none of ours.
fn token<'a>(value: &'a [u8], scheme: Option<&str>) -> Option<&'a [u8]> {
    let Some(scheme) = scheme else { return Some(value.trim_ascii()) };
    let (found, rest) = value.split_at_checked(scheme.len())?;
    if !found.eq_ignore_ascii_case(scheme.as_bytes()) {
        return None;
    }
    match rest.first() {
        Some(b' ') => Some(rest.trim_ascii()),
        None => Some(b""),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn source(name: &str, scheme: Option<&str>) -> HeaderSource {
        HeaderSource { name: name.parse().unwrap(), scheme: scheme.map(str::to_owned) }
    }

    fn found(headers: &[(&str, &str)]) -> String {
        let headers: Headers = headers.iter().copied().collect();
        let sources = [source("authorization", Some("Bearer")), source("x-token", None)];
        match find(&headers, &sources) {
            Found::None => "none".to_owned(),
            Found::Several => "several".to_owned(),
            Found::Token(token) => String::from_utf8_lossy(token).into_owned(),
        }
    }

    #[test]
    fn the_scheme_is_compared_in_any_case() {
        assert_eq!(found(&[("authorization", "bEARER abc")]), "abc");
        assert_eq!(found(&[("authorization", "Bearer   abc ")]), "abc");
    }

    #[test]
    fn another_scheme_is_no_token() {
        assert_eq!(found(&[("authorization", "Basic abc")]), "none");
        assert_eq!(found(&[("authorization", "Bearerabc")]), "none");
        assert_eq!(found(&[]), "none");
    }

    #[test]
    fn a_scheme_without_a_token_is_an_empty_token() {
        assert_eq!(found(&[("authorization", "Bearer")]), "");
        assert_eq!(found(&[("authorization", "Bearer ")]), "");
    }

    #[test]
    fn two_places_or_two_values_are_several() {
        assert_eq!(found(&[("authorization", "Bearer abc"), ("x-token", "abc")]), "several");
        assert_eq!(found(&[("authorization", "Bearer abc"), ("authorization", "Basic x")]), "several");
        assert_eq!(found(&[("authorization", "Bearer abc,Bearer def")]), "several");
        assert_eq!(found(&[("authorization", "Basic x"), ("x-token", "abc")]), "abc");
    }
}
