//! `multipart/form-data` (RFC 7578, RFC 2046 section 5.1), strictly: where two readers could see different parts, it is refused.

mod boundary;
mod disposition;
mod headers;

use super::limits::{Limits, MultipartLimits};
use super::media_type::MediaType;
use super::window::Window;
use crate::value::{Place, Refusal, Value, Visitor};
use boundary::Delimiter;
use headers::PartHeaders;

/// A multipart body that is being read.
///
/// Each part is a visit of its name as [`Place::FormName`] and then either one of its value as [`Place::Form`] or, for a file, one of the
/// file's name as [`Place::FileName`] and, if asked for, those of its contents, window by window, as [`Place::Body`].
#[derive(Debug)]
pub struct Multipart {
    limits: MultipartLimits,
    delimiter: Delimiter,
    state: State,
    /// What came and is not decided on: at most a slice of a piece and a delimiter.
    buffer: Vec<u8>,
    headers: PartHeaders,
    parts: u32,
    value: Vec<u8>,
    file_length: u64,
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Start,
    /// Behind a delimiter, on its line.
    Delimiter,
    Headers,
    /// At the first byte of the contents.
    Begin,
    Value,
    File,
    /// Behind the last delimiter.
    End,
}

/// A piece is taken in slices of so many bytes, so that what is held is bounded however long the piece is.
const SLICE: usize = 4096;

impl Multipart {
    /// An empty body so far, with the boundary of its media type.
    ///
    /// # Errors
    /// `multipart_bad_boundary`: there is none, or RFC 2046 does not allow it.
    pub fn new(media_type: &MediaType, limits: &Limits) -> Result<Self, Refusal> {
        let delimiter = Delimiter::new(media_type.parameter("boundary").unwrap_or_default())?;
        Ok(Self {
            limits: limits.multipart,
            delimiter,
            state: State::Start,
            buffer: Vec::new(),
            headers: PartHeaders::default(),
            parts: 0,
            value: Vec::new(),
            file_length: 0,
            window: Window::new(limits.window.size.as_usize(), limits.window.overlap.as_usize()),
        })
    }

    /// Takes a piece; what ends in it is visited.
    ///
    /// # Errors
    /// A [`Refusal`] by name, or the visitor's.
    pub fn push(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        for slice in piece.chunks(SLICE) {
            self.buffer.extend_from_slice(slice);
            let buffer = std::mem::take(&mut self.buffer);
            let mut rest = buffer.as_slice();
            while let Some(taken) = self.step(rest, visitor)? {
                rest = rest.get(taken..).unwrap_or_default();
            }
            let taken = buffer.len().saturating_sub(rest.len());
            self.buffer = buffer;
            self.buffer.drain(..taken);
        }
        Ok(())
    }

    /// Says that the body is whole.
    ///
    /// # Errors
    /// `multipart_truncated`: the last delimiter is missing.
    pub fn finish(&mut self, _: &mut dyn Visitor) -> Result<(), Refusal> {
        let whole = self.state == State::End && matches!(self.buffer.as_slice(), b"" | b"\r\n");
        if whole { Ok(()) } else { Err(Refusal::bad("multipart_truncated")) }
    }

    /// Visits the value or file at hand as far as it was read.
    ///
    /// # Errors
    /// The visitor's.
    pub fn cut(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        let rest = std::mem::take(&mut self.buffer);
        match self.state {
            State::Value => {
                self.value.extend_from_slice(&rest);
                self.visit_value(visitor)
            }
            State::File => {
                self.take_file(&rest, visitor)?;
                self.end_file(visitor)
            }
            _ => Ok(()),
        }
    }

    /// Takes what can be decided at the head of `rest`: how many bytes, or none until more has come.
    fn step(&mut self, rest: &[u8], visitor: &mut dyn Visitor) -> Result<Option<usize>, Refusal> {
        match self.state {
            State::Start => self.start(rest),
            State::Delimiter => self.delimiter_line(rest),
            State::Headers => self.header_line(rest),
            State::Begin => self.begin_contents(rest, visitor),
            State::Value | State::File => self.contents(rest, visitor),
            State::End if b"\r\n".starts_with(rest) => Ok(None),
            State::End => Err(Refusal::bad("multipart_epilogue")),
        }
    }

    /// A preamble is refused: some readers skip it, others take it for a part.
    fn start(&mut self, rest: &[u8]) -> Result<Option<usize>, Refusal> {
        let first = self.delimiter.first();
        if rest.starts_with(first) {
            self.state = State::Delimiter;
            return Ok(Some(first.len()));
        }
        if first.starts_with(rest) { Ok(None) } else { Err(Refusal::bad("multipart_preamble")) }
    }

    fn delimiter_line(&mut self, rest: &[u8]) -> Result<Option<usize>, Refusal> {
        match rest {
            [] | [b'\r' | b'-'] => return Ok(None),
            [b'\r', b'\n', ..] => {
                self.parts = self.parts.saturating_add(1);
                if self.parts > self.limits.parts {
                    return Err(above("multipart_too_many_parts"));
                }
                self.headers = PartHeaders::default();
                self.state = State::Headers;
            }
            [b'-', b'-', ..] if self.parts > 0 => self.state = State::End,
            _ => return Err(Refusal::bad("multipart_bad_delimiter")),
        }
        Ok(Some(2))
    }

    fn header_line(&mut self, rest: &[u8]) -> Result<Option<usize>, Refusal> {
        let limit = self.limits.header.as_usize();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // Behind as many bytes as are allowed, the first half of a line break may stand.
        if line.get(limit..).is_some_and(|more| !matches!(more, b"" | b"\r")) {
            return Err(above("multipart_header_too_long"));
        }
        let Some(end) = end else { return Ok(None) };
        let line = line.strip_suffix(b"\r").ok_or(Refusal::bad("multipart_bare_line_break"))?;
        if line.is_empty() {
            self.state = State::Begin;
        } else {
            self.headers.line(line, &self.limits)?;
        }
        Ok(Some(end.saturating_add(1)))
    }

    /// Visits the names. A delimiter right behind the header's empty line is one to some readers only.
    fn begin_contents(&mut self, rest: &[u8], visitor: &mut dyn Visitor) -> Result<Option<usize>, Refusal> {
        if rest.starts_with(self.delimiter.first()) {
            return Err(Refusal::bad("multipart_bare_line_break"));
        }
        if self.delimiter.first().starts_with(rest) {
            return Ok(None);
        }
        let disposition = self.headers.disposition(&self.limits)?;
        let (name, raw) = (disposition.name.decoded.as_slice(), disposition.name.raw.as_slice());
        visitor.visit(&Value { place: Place::FormName, name, raw, decoded: name })?;
        self.state = State::Value;
        if let Some(filename) = &disposition.filename {
            visitor.visit(&Value { place: Place::FileName, name, raw: &filename.raw, decoded: &filename.decoded })?;
            self.state = State::File;
        }
        self.value.clear();
        self.file_length = 0;
        Ok(Some(0))
    }

    fn contents(&mut self, rest: &[u8], visitor: &mut dyn Visitor) -> Result<Option<usize>, Refusal> {
        let found = self.delimiter.find(rest);
        let contents = rest.get(..found.contents).unwrap_or_default();
        if self.state == State::Value {
            self.take_value(contents)?;
        } else {
            self.take_file(contents, visitor)?;
        }
        if found.bare {
            return Err(Refusal::bad("multipart_bare_line_break"));
        }
        if found.delimiter == 0 {
            return Ok((found.contents > 0).then_some(found.contents));
        }
        if self.state == State::Value {
            self.end_value(visitor)?
        } else {
            self.end_file(visitor)?
        }
        self.state = State::Delimiter;
        Ok(Some(found.contents.saturating_add(found.delimiter)))
    }

    fn take_value(&mut self, contents: &[u8]) -> Result<(), Refusal> {
        self.value.extend_from_slice(contents);
        let within = self.value.len() <= self.limits.value.as_usize();
        if within { Ok(()) } else { Err(above("multipart_value_too_long")) }
    }

    /// RFC 7578, section 4.6: a field named `_charset_` says how the others are encoded; only UTF-8 is read.
    fn end_value(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        if self.headers.name() == b"_charset_" && !self.value.eq_ignore_ascii_case(b"utf-8") {
            return Err(Refusal::bad("multipart_charset"));
        }
        self.visit_value(visitor)
    }

    fn visit_value(&self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        let value = self.value.as_slice();
        visitor.visit(&Value { place: Place::Form, name: self.headers.name(), raw: value, decoded: value })
    }

    fn take_file(&mut self, contents: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.file_length = self.file_length.saturating_add(u64::try_from(contents.len()).unwrap_or(u64::MAX));
        if self.file_length > self.limits.file.as_bytes() {
            return Err(above("multipart_file_too_long"));
        }
        if !self.limits.inspect_files {
            return Ok(());
        }
        let name = self.headers.name();
        self.window.push(contents, |raw| visitor.visit(&Value { place: Place::Body, name, raw, decoded: raw }))
    }

    fn end_file(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        let name = self.headers.name();
        self.window.finish(|raw| visitor.visit(&Value { place: Place::Body, name, raw, decoded: raw }))
    }
}

const fn above(reason: &'static str) -> Refusal {
    Refusal::with_status(413, reason)
}

#[cfg(test)]
mod tests;
