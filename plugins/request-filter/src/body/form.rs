//! `application/x-www-form-urlencoded` (WHATWG URL Standard, section 5.1).

use gatewright::syntax::hex_digit;

use super::limits::FormLimits;
use super::text::Text;
use crate::value::{Place, Refusal, Value, Visitor};

/// A form body that is being read.
///
/// Each parameter is a visit of its name and one of its value. A `%` that begins no encoding is refused (`form_bad_percent`): servers
/// disagree about what it means.
#[derive(Debug)]
pub struct Form {
    limits: FormLimits,
    name: Text,
    value: Text,
    in_value: bool,
    /// The beginning of an encoding: `%`, or `%` and a digit.
    percent: Percent,
    parameters: u32,
}

#[derive(Clone, Copy, Debug)]
enum Percent {
    None,
    Sign,
    Digit(u8),
}

impl Form {
    /// An empty body so far.
    #[must_use]
    pub fn new(limits: FormLimits) -> Self {
        let (name, value) = (Text::default(), Text::default());
        Self { limits, name, value, in_value: false, percent: Percent::None, parameters: 0 }
    }

    /// Takes a piece; each parameter that ends in it is visited.
    ///
    /// # Errors
    /// A [`Refusal`] by name, or the visitor's.
    pub fn push(&mut self, mut piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        while let Some(first) = piece.first() {
            let run = piece.iter().position(|byte| matches!(byte, b'&' | b'=' | b'+' | b'%')).unwrap_or(piece.len());
            let taken = match self.percent {
                Percent::None if run > 0 => {
                    let plain = piece.get(..run).unwrap_or_default();
                    self.text().plain(plain);
                    self.check_length()?;
                    run
                }
                _ => {
                    self.byte(*first, visitor)?;
                    1
                }
            };
            piece = piece.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Visits the last parameter.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        if !matches!(self.percent, Percent::None) {
            return Err(BAD_PERCENT);
        }
        self.end_parameter(visitor)
    }

    /// Visits the parameter at hand as far as it was read.
    ///
    /// # Errors
    /// The visitor's.
    pub fn cut(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.end_parameter(visitor)
    }

    fn byte(&mut self, byte: u8, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        match (self.percent, byte) {
            (Percent::Sign, _) if byte.is_ascii_hexdigit() => self.percent = Percent::Digit(byte),
            (Percent::Digit(high), _) => {
                let decoded =
                    hex_digit(high).zip(hex_digit(byte)).map(|(high, low)| high << 4 | low).ok_or(BAD_PERCENT)?;
                self.percent = Percent::None;
                self.text().encoded(&[b'%', high, byte], &[decoded]);
                self.check_length()?;
            }
            (Percent::Sign, _) => return Err(BAD_PERCENT),
            (Percent::None, b'&') => self.end_parameter(visitor)?,
            (Percent::None, b'=') if !self.in_value => self.in_value = true,
            (Percent::None, b'+') => {
                self.text().encoded(b"+", b" ");
                self.check_length()?;
            }
            (Percent::None, b'%') => self.percent = Percent::Sign,
            (Percent::None, other) => {
                self.text().plain(&[other]);
                self.check_length()?;
            }
        }
        Ok(())
    }

    fn text(&mut self) -> &mut Text {
        if self.in_value { &mut self.value } else { &mut self.name }
    }

    fn check_length(&self) -> Result<(), Refusal> {
        if self.name.decoded().len() > self.limits.name.as_usize() {
            return Err(Refusal::with_status(413, "form_name_too_long"));
        }
        if self.value.decoded().len() > self.limits.value.as_usize() {
            return Err(Refusal::with_status(413, "form_value_too_long"));
        }
        Ok(())
    }

    fn end_parameter(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        // Nothing between two `&` is no parameter.
        if self.in_value || !self.name.raw().is_empty() {
            self.parameters = self.parameters.saturating_add(1);
            if self.parameters > self.limits.parameters {
                return Err(Refusal::with_status(413, "form_too_many_parameters"));
            }
            // Some readers skip the mark, others take it for a part of the name.
            if self.parameters == 1 && self.name.raw().starts_with(&BYTE_ORDER_MARK) {
                return Err(Refusal::bad("form_byte_order_mark"));
            }
            let name = self.name.decoded();
            visitor.visit(&Value { place: Place::FormName, name, raw: self.name.raw(), decoded: name })?;
            let (raw, decoded) = (self.value.raw(), self.value.decoded());
            visitor.visit(&Value { place: Place::Form, name, raw, decoded })?;
        }
        self.name.clear();
        self.value.clear();
        self.in_value = false;
        Ok(())
    }
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const BAD_PERCENT: Refusal = Refusal::bad("form_bad_percent");

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::*;
    use crate::body::Body;
    use crate::body::tests::{read, show};
    use gatewright::config::Size;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn form(body: &str) -> Result<Vec<String>, &'static str> {
        let limits = FormLimits { parameters: 3, name: Size::from_bytes(4), value: Size::from_bytes(6) };
        read(|| Body::Form(Form::new(limits)), body.as_bytes())
    }

    #[test]
    fn names_and_values_are_decoded_once() {
        let found = form("a+b=%2541%c3%a4&%61=x=y&c").unwrap();
        assert_eq!(
            found,
            [
                show(Place::FormName, "a b", "a+b", "a b"),
                show(Place::Form, "a b", "%2541%c3%a4", "%41ä"),
                show(Place::FormName, "a", "%61", "a"),
                show(Place::Form, "a", "x=y", "x=y"),
                show(Place::FormName, "c", "c", "c"),
                show(Place::Form, "c", "", ""),
            ]
        );
        assert!(form("").unwrap().is_empty() && form("&&").unwrap().is_empty());
        assert_eq!(form("=").unwrap().len(), 2);
    }

    #[test]
    fn what_is_malformed_or_above_a_limit_is_refused_by_name() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%4g", "%=1", "a=%4&b"] {
            assert_eq!(form(bad), Err("form_bad_percent"), "{bad}");
        }
        assert_eq!(form("\u{feff}a=1"), Err("form_byte_order_mark"));
        assert_eq!(form("a&\u{feff}=1").unwrap().len(), 4, "it is a mark at the start only");
        assert_eq!(form("abcde=1"), Err("form_name_too_long"));
        assert_eq!(form("abcd=123456").unwrap().len(), 2);
        assert_eq!(form("abcd=1234567"), Err("form_value_too_long"));
        assert_eq!(form("a=%31%31%31%31%31%31").unwrap().len(), 2, "it is the decoded length that counts");
        assert_eq!(form("a&b&c&d"), Err("form_too_many_parameters"));
    }

    #[test]
    fn a_cut_body_shows_what_was_read() {
        let mut seen = Vec::new();
        let mut visitor = |value: &Value<'_>| {
            seen.push(value.decoded.to_vec());
            Ok(())
        };
        let mut body = Form::new(Limits::default().form);
        body.push(b"a=1&b=drop%2", &mut visitor).unwrap();
        body.cut(&mut visitor).unwrap();
        assert_eq!(seen, [&b"a"[..], b"1", b"b", b"drop"]);
    }
}
