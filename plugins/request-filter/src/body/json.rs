//! JSON (RFC 8259), strictly: what one reader takes and another does not is refused.

mod path;
mod scan;
mod string;

use super::limits::JsonLimits;
use crate::value::{Place, Refusal, Value, Visitor};
use path::Path;
use scan::Expect;
use string::StringReader;

/// A JSON body that is being read.
///
/// Each member name is a visit of [`Place::JsonKey`], each scalar one of [`Place::Json`]. A scalar's name is its path: `user.tags[]` for
/// each element of `tags` in `user`, and the empty name for a document that is a scalar. A dot, bracket or backslash within a member name
/// is escaped by a backslash.
#[derive(Debug)]
pub struct Json {
    limits: JsonLimits,
    expect: Expect,
    token: Token,
    path: Path,
    string: StringReader,
    /// A number or a literal so far.
    bare: Vec<u8>,
    values: u32,
    /// How many bytes of a byte order mark came.
    mark: usize,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Mark,
    None,
    String,
    Bare,
}

impl Json {
    /// An empty document so far.
    #[must_use]
    pub fn new(limits: JsonLimits) -> Self {
        Self {
            limits,
            expect: Expect::Value,
            token: Token::Mark,
            path: Path::default(),
            string: StringReader::default(),
            bare: Vec::new(),
            values: 0,
            mark: 0,
        }
    }

    /// Takes a piece; each name and scalar that ends in it is visited.
    ///
    /// # Errors
    /// A [`Refusal`] by name, or the visitor's.
    pub fn push(&mut self, mut piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        while let Some((first, rest)) = piece.split_first() {
            let taken = match self.token {
                Token::Mark => self.byte_order_mark(*first)?,
                Token::None => {
                    self.structure(*first)?;
                    piece.len().saturating_sub(rest.len())
                }
                Token::String => self.string(piece, visitor)?,
                Token::Bare => self.bare(piece, visitor)?,
            };
            piece = piece.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Says that the document is whole; a number at its end is visited.
    ///
    /// # Errors
    /// As [`push`](Self::push), and `json_truncated`.
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        if self.token == Token::Bare {
            self.end_bare(visitor)?;
        }
        if self.expect == Expect::End { Ok(()) } else { Err(Refusal::bad("json_truncated")) }
    }

    /// Visits the string or number at hand as far as it was read.
    ///
    /// # Errors
    /// The visitor's.
    pub fn cut(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        let (raw, decoded) = match self.token {
            Token::String => (self.string.raw(), self.string.decoded()),
            Token::Bare => (self.bare.as_slice(), self.bare.as_slice()),
            Token::Mark | Token::None => return Ok(()),
        };
        let place = if self.expect == Expect::Colon { Place::JsonKey } else { Place::Json };
        visitor.visit(&Value { place, name: self.path.name(), raw, decoded })
    }

    /// RFC 8259, section 8.1: no mark is added; some readers skip it, others fail.
    fn byte_order_mark(&mut self, byte: u8) -> Result<usize, Refusal> {
        if MARK.get(self.mark) != Some(&byte) {
            self.token = Token::None;
            return if self.mark == 0 { Ok(0) } else { Err(INVALID) };
        }
        self.mark = self.mark.saturating_add(1);
        if self.mark == MARK.len() { Err(Refusal::bad("json_byte_order_mark")) } else { Ok(1) }
    }

    /// A byte between tokens, or the first of one.
    fn structure(&mut self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ if self.expect == Expect::End => return Err(Refusal::bad("json_trailing_data")),
            b'{' | b'[' => self.open(byte == b'{')?,
            b'}' | b']' => self.close(byte == b'}')?,
            b':' if self.expect == Expect::Colon => self.expect = Expect::Value,
            b',' if self.expect == Expect::CommaOrEnd => {
                self.expect = if self.path.in_object() { Expect::Key } else { Expect::Value };
            }
            b'"' if self.expect.takes_key() => {
                // What follows the string tells a name from a value.
                self.expect = Expect::Colon;
                self.path.begin_key();
                self.token = Token::String;
            }
            b'"' if self.expect.takes_value() => {
                self.begin_value()?;
                self.token = Token::String;
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' if self.expect.takes_value() => {
                self.begin_value()?;
                self.bare.push(byte);
                self.token = Token::Bare;
            }
            _ => return Err(INVALID),
        }
        Ok(())
    }

    fn open(&mut self, object: bool) -> Result<(), Refusal> {
        if !self.expect.takes_value() {
            return Err(INVALID);
        }
        self.begin_value()?;
        if self.path.depth() >= self.limits.depth {
            return Err(above("json_too_deep"));
        }
        self.path.open(object);
        self.expect = if object { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
        Ok(())
    }

    fn close(&mut self, object: bool) -> Result<(), Refusal> {
        if !self.expect.takes_end() || !self.path.close(object) {
            return Err(INVALID);
        }
        self.end_value();
        Ok(())
    }

    fn begin_value(&mut self) -> Result<(), Refusal> {
        self.values = self.values.saturating_add(1);
        if self.values > self.limits.values {
            return Err(above("json_too_many_values"));
        }
        if self.path.begin_value() > self.limits.elements {
            return Err(above("json_too_many_elements"));
        }
        self.expect = Expect::CommaOrEnd;
        Ok(())
    }

    fn end_value(&mut self) {
        self.token = Token::None;
        self.expect = if self.path.depth() == 0 { Expect::End } else { Expect::CommaOrEnd };
    }

    fn string(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<usize, Refusal> {
        let is_key = self.expect == Expect::Colon;
        let (limit, reason) =
            if is_key { (self.limits.key, "json_key_too_long") } else { (self.limits.string, "json_string_too_long") };
        let (taken, ended) = self.string.push(piece)?;
        if self.string.decoded().len() > limit.as_usize() {
            return Err(above(reason));
        }
        if ended {
            self.end_string(is_key, visitor)?;
        }
        Ok(taken)
    }

    fn end_string(&mut self, is_key: bool, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.string.check()?;
        let (raw, decoded) = (self.string.raw(), self.string.decoded());
        let place = if is_key { Place::JsonKey } else { Place::Json };
        visitor.visit(&Value { place, name: self.path.name(), raw, decoded })?;
        if is_key {
            let members = self.path.key(decoded).ok_or(Refusal::bad("json_duplicate_key"))?;
            if members > self.limits.members {
                return Err(above("json_too_many_members"));
            }
            self.token = Token::None;
        } else {
            self.end_value();
        }
        self.string.clear();
        Ok(())
    }

    fn bare(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<usize, Refusal> {
        let run = piece.iter().position(|byte| !scan::is_bare(*byte)).unwrap_or(piece.len());
        self.bare.extend_from_slice(piece.get(..run).unwrap_or_default());
        if self.bare.len() > self.limits.number.as_usize().max("false".len()) {
            return Err(above("json_number_too_long"));
        }
        if run < piece.len() {
            self.end_bare(visitor)?;
        }
        Ok(run)
    }

    fn end_bare(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        if !scan::is_literal(&self.bare) && !scan::is_number(&self.bare) {
            return Err(INVALID);
        }
        let raw = self.bare.as_slice();
        visitor.visit(&Value { place: Place::Json, name: self.path.name(), raw, decoded: raw })?;
        self.bare.clear();
        self.end_value();
        Ok(())
    }
}

const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const INVALID: Refusal = Refusal::bad("json_invalid");

const fn above(reason: &'static str) -> Refusal {
    Refusal::with_status(413, reason)
}

#[cfg(test)]
mod tests;
