//! Media types (RFC 9110, section 8.3.1).

use gatewright::syntax::is_token_byte;

use crate::value::Refusal;

/// A `content-type`, with its parameters. Type, subtype and parameter names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    top: String,
    sub: String,
    parameters: Vec<Parameter>,
}

/// A parameter. Its name is in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// As sent, within its quotes.
    pub(super) raw: Vec<u8>,
    /// Without quoted pairs.
    pub(super) value: Vec<u8>,
}

impl MediaType {
    /// Reads a field value. None if it is malformed or names a parameter twice.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(value.trim_ascii());
        let top = cursor.token()?.to_ascii_lowercase();
        cursor.byte(b'/')?;
        let sub = cursor.token()?.to_ascii_lowercase();
        let parameters = parameters(cursor)?;
        Some(Self { top: text(&top)?, sub: text(&sub)?, parameters })
    }

    /// Reads the field that a message may have.
    ///
    /// # Errors
    /// `content_type_malformed`.
    pub fn read(value: Option<&[u8]>) -> Result<Option<Self>, Refusal> {
        let read = |value| Self::parse(value).ok_or(Refusal::bad("content_type_malformed"));
        value.map(read).transpose()
    }

    /// Refuses a `charset` that is none of these: its bytes would mean something else to the service than to rules.
    ///
    /// # Errors
    /// `body_charset`.
    pub fn check_charset(&self, accepted: &[String]) -> Result<(), Refusal> {
        // `charset*` is the same parameter to readers that know RFC 2231.
        let mut named = self.parameters.iter().filter(|parameter| parameter.name.split('*').next() == Some("charset"));
        let is_known = |value: &[u8]| accepted.iter().any(|accepted| accepted.as_bytes().eq_ignore_ascii_case(value));
        let known = named.all(|parameter| parameter.name == "charset" && is_known(&parameter.value));
        if known { Ok(()) } else { Err(Refusal::with_status(415, "body_charset")) }
    }

    /// Whether it is this type, given in lower case.
    #[must_use]
    pub fn is(&self, top: &str, sub: &str) -> bool {
        self.top == top && self.sub == sub
    }

    /// Whether the body is JSON: `application/json`, what was used before it (`text/json`, `application/x-json`), or a subtype that ends in
    /// `+json` (RFC 6839).
    #[must_use]
    pub fn is_json(&self) -> bool {
        let plain = matches!(self.sub.as_str(), "json" | "x-json") && (self.top == "application" || self.top == "text");
        plain || self.sub.ends_with("+json")
    }

    /// Whether it is some kind of `multipart`.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.top == "multipart"
    }

    /// Type and subtype, in lower case: `application/json`.
    #[must_use]
    pub fn essence(&self) -> String {
        format!("{}/{}", self.top, self.sub)
    }

    /// The parameter of this name, given in lower case, without its quotes.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.value.as_slice())
    }
}

/// Parameters `; name=value`, up to the end. None if malformed, or if one stands twice.
pub(super) fn parameters(mut cursor: Cursor<'_>) -> Option<Vec<Parameter>> {
    let mut found: Vec<Parameter> = Vec::new();
    loop {
        cursor.blanks();
        if cursor.0.is_empty() {
            return Some(found);
        }
        cursor.byte(b';')?;
        cursor.blanks();
        if cursor.0.is_empty() {
            return Some(found);
        }
        let name = text(&cursor.token()?.to_ascii_lowercase())?;
        cursor.byte(b'=')?;
        let start = cursor.0;
        let quoted = start.first() == Some(&b'"');
        let value = if quoted { cursor.quoted()? } else { cursor.token()?.to_vec() };
        let sent = start.get(..start.len().saturating_sub(cursor.0.len()))?;
        let raw = if quoted { sent.strip_prefix(b"\"")?.strip_suffix(b"\"")? } else { sent };
        // A dozen is more than any type has; it bounds the search for duplicates.
        if found.len() >= 12 || found.iter().any(|known| known.name == name) {
            return None;
        }
        found.push(Parameter { name, raw: raw.to_vec(), value });
    }
}

/// What is left to read of a field value.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    /// A token (RFC 9110, section 5.6.2).
    pub(super) fn token(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    pub(super) fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == wanted).then_some(())
    }

    pub(super) fn blanks(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    /// A quoted string. Only `\"` and `\\` are quoted pairs: browsers send other backslashes for themselves.
    fn quoted(&mut self) -> Option<Vec<u8>> {
        self.byte(b'"')?;
        let mut value = Vec::new();
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            match (*first, rest.first()) {
                (b'"', _) => return Some(value),
                (b'\\', Some(next @ (b'"' | b'\\'))) => {
                    value.push(*next);
                    self.0 = rest.get(1..)?;
                }
                (byte, _) if byte < b' ' && byte != b'\t' || byte == 0x7f => return None,
                (byte, _) => value.push(byte),
            }
        }
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn type_and_parameters_are_read() {
        let read = MediaType::parse(b" Application/JSON ; Charset=\"utf-8\"; x=1 ").unwrap();
        assert!(read.is("application", "json") && read.is_json());
        assert_eq!(read.parameter("charset"), Some(&b"utf-8"[..]));
        assert_eq!(read.parameter("x"), Some(&b"1"[..]));
        assert_eq!(read.essence(), "application/json");
        assert!(MediaType::parse(b"application/problem+json").unwrap().is_json());
        assert!(MediaType::parse(b"text/x-json").unwrap().is_json());
        assert!(!MediaType::parse(b"application/jsonp").unwrap().is_json());
    }

    #[test]
    fn quoted_pairs_are_undone_and_other_backslashes_stay() {
        let read = MediaType::parse(br#"a/b; x="a\"b\\c\d""#).unwrap();
        assert_eq!(read.parameter("x"), Some(&br#"a"b\c\d"#[..]));
    }

    #[test]
    fn a_charset_is_one_of_these_under_any_of_its_names() {
        let accepted = ["utf-8".to_owned()];
        let of = |value: &str| MediaType::parse(value.as_bytes()).unwrap().check_charset(&accepted).is_ok();
        for good in ["a/b", "a/b; charset=UTF-8", "a/b; charset=\"utf-8\"", "a/b; chars=x"] {
            assert!(of(good), "{good}");
        }
        for bad in
            ["a/b; charset=utf-16", "a/b; charset=\"\"", "a/b; charset*=utf-8", "a/b; charset*0=utf-7; charset=utf-8"]
        {
            assert!(!of(bad), "{bad}");
        }
    }

    #[test]
    fn the_malformed_is_none() {
        for bad in [
            "",
            "a",
            "a/",
            "/b",
            "a/b c",
            "a/b;x",
            "a/b;x=",
            "a/b;x=1;x=2",
            "a/b;X=1;x=2",
            "a/b;x=\"1",
            "a/b, c/d",
            "a/b;x=\"a\nb\"",
        ] {
            assert_eq!(MediaType::parse(bad.as_bytes()), None, "{bad}");
        }
        assert!(MediaType::parse(b"a/b;").is_some(), "an empty parameter is allowed since RFC 9110");
    }
}
