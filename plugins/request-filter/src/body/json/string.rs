//! Strings of JSON documents (RFC 8259, section 7).

use gatewright::syntax::hex_digit;

use crate::body::text::Text;
use crate::value::Refusal;

/// A string that is being read, from behind its first quote.
#[derive(Debug, Default)]
pub(super) struct StringReader {
    text: Text,
    escape: Escape,
    /// The bytes of the escape at hand.
    pending: Vec<u8>,
}

/// How much of an escape was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// A backslash.
    Begun { first: Option<u16> },
    /// `\u` and some digits; `first` is the high half of a surrogate pair that waits for its low half.
    Unit { first: Option<u16>, unit: u16, digits: u8 },
    /// A high half; a backslash must follow.
    Half(u16),
}

impl StringReader {
    /// Takes a stretch. How many bytes of it belong to the string, and whether it ended.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(usize, bool), Refusal> {
        if self.escape == Escape::None {
            let run = piece.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(piece.len());
            if run > 0 {
                self.text.plain(piece.get(..run).unwrap_or_default());
                return Ok((run, false));
            }
        }
        let Some(byte) = piece.first() else { return Ok((0, false)) };
        let ended = self.escape == Escape::None && *byte == b'"';
        if !ended {
            self.pending.push(*byte);
            self.escape = self.step(*byte)?;
        }
        Ok((1, ended))
    }

    /// Refuses a string that is no UTF-8.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        std::str::from_utf8(self.text.raw()).map(drop).map_err(|_| Refusal::bad("json_invalid_utf8"))
    }

    pub(super) fn raw(&self) -> &[u8] {
        self.text.raw()
    }

    pub(super) fn decoded(&self) -> &[u8] {
        self.text.decoded()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.pending.clear();
        self.escape = Escape::None;
    }

    fn step(&mut self, byte: u8) -> Result<Escape, Refusal> {
        match (self.escape, byte) {
            (Escape::None, b'\\') => Ok(Escape::Begun { first: None }),
            (Escape::None, _) => Err(Refusal::bad("json_control_character")),
            (Escape::Half(first), b'\\') => Ok(Escape::Begun { first: Some(first) }),
            (Escape::Begun { first }, b'u') => Ok(Escape::Unit { first, unit: 0, digits: 0 }),
            (Escape::Half(_) | Escape::Begun { first: Some(_) }, _) => Err(LONE_SURROGATE),
            (Escape::Begun { first: None }, _) => self.single(byte),
            (Escape::Unit { first, unit, digits }, _) => {
                let unit = unit << 4 | u16::from(hex_digit(byte).ok_or(INVALID)?);
                if digits < 3 {
                    return Ok(Escape::Unit { first, unit, digits: digits.saturating_add(1) });
                }
                self.unit(first, unit)
            }
        }
    }

    /// An escape of one letter.
    fn single(&mut self, byte: u8) -> Result<Escape, Refusal> {
        let decoded = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err(INVALID),
        };
        self.text.encoded(&self.pending, &[decoded]);
        self.pending.clear();
        Ok(Escape::None)
    }

    /// An escape of a UTF-16 unit.
    fn unit(&mut self, first: Option<u16>, unit: u16) -> Result<Escape, Refusal> {
        if first.is_none() && (0xd800..0xdc00).contains(&unit) {
            return Ok(Escape::Half(unit));
        }
        let decoded = char::decode_utf16(first.into_iter().chain([unit])).next();
        let Some(Ok(decoded)) = decoded else { return Err(LONE_SURROGATE) };
        self.text.encoded(&self.pending, decoded.encode_utf8(&mut [0; 4]).as_bytes());
        self.pending.clear();
        Ok(Escape::None)
    }
}

const INVALID: Refusal = Refusal::bad("json_invalid");
const LONE_SURROGATE: Refusal = Refusal::bad("json_lone_surrogate");
