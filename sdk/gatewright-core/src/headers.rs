//! Header and trailer fields: bytes underneath, case-insensitive names, duplicates kept.

use std::fmt;

use crate::host::{Host, MapKind, Status};
use crate::pairs::{self, Span};

/// The fields of a request or response, or its trailers.
///
/// Values are bytes, because HTTP field values are (RFC 9110 §5.5). The list is read from the proxy once and scanned in place;
/// edits are remembered and reach the proxy when the message is passed on.
#[derive(Clone, Default)]
pub struct Headers {
    block: Vec<u8>,
    spans: Vec<Span>,
    edits: Vec<Edit>,
}

/// A change that the proxy has not seen yet. Spans point into the block.
#[derive(Clone, Copy)]
enum Edit {
    Set(Span),
    Append(Span),
    Remove(Span),
}

/// A field occurs more than once where one value is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

/// Why the fields of a message could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadersError {
    /// The host refused.
    Host(Status),
    /// The host's list does not parse.
    Malformed,
    /// The host announced fields and gave none: it drops lists of more than 1,024 fields.
    TooMany,
}

impl fmt::Display for HeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(status) => write!(f, "the host refused to give the headers: {status}"),
            Self::Malformed => f.write_str("the host's header list does not parse"),
            Self::TooMany => f.write_str("more header fields than the host passes on (1,024)"),
        }
    }
}

impl Headers {
    /// Reads a list from the host. `expected` is the number of fields that the host announced.
    pub(crate) fn fetch(host: &dyn Host, map: MapKind, expected: u32) -> Result<Self, HeadersError> {
        let block = host.header_pairs(map).map_err(HeadersError::Host)?;
        let spans = pairs::decode(&block).map_err(|_| HeadersError::Malformed)?;
        if spans.is_empty() && expected > 0 {
            return Err(HeadersError::TooMany);
        }
        Ok(Self { block, spans, edits: Vec::new() })
    }

    /// A list as the ABI serialises it ([`crate::pairs`]): one that was kept, ready to be sent again. It must come from
    /// [`Headers::encode`]: values are not checked again.
    ///
    /// # Errors
    /// [`HeadersError::Malformed`] if it does not parse.
    pub fn decode(block: Vec<u8>) -> Result<Self, HeadersError> {
        let spans = pairs::decode(&block).map_err(|_| HeadersError::Malformed)?;
        Ok(Self { block, spans, edits: Vec::new() })
    }

    /// The list as the ABI serialises it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pairs::encode(self.iter())
    }

    /// The first value of a field.
    ///
    /// A field may be repeated, and a service behind the proxy may read another one: use [`Headers::single`] or
    /// [`Headers::all`] where the value decides something.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The value of a field that may occur at most once.
    ///
    /// # Errors
    /// [`Repeated`] if the field occurs more than once.
    pub fn single(&self, name: impl AsRef<str>) -> Result<Option<&[u8]>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    /// Every value of a field, in order.
    pub fn all(&self, name: impl AsRef<str>) -> impl Iterator<Item = &[u8]> {
        self.spans
            .iter()
            // Lengths differ mostly, and are at hand.
            .filter(move |span| {
                let name = name.as_ref().as_bytes();
                span.name_len as usize == name.len() && self.name(span).eq_ignore_ascii_case(name)
            })
            .map(|span| self.value(span))
    }

    /// The first value of a field, if it is UTF-8.
    #[must_use]
    pub fn text(&self, name: impl AsRef<str>) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Whether a field of this name is there.
    #[must_use]
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.get(name).is_some()
    }

    /// Every field as name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.spans.iter().map(|span| (self.name(span), self.value(span)))
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Makes this the only value of a field.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        let span = self.store(name.as_ref(), value);
        self.forget(span);
        self.spans.push(span);
        self.edits.push(Edit::Set(span));
    }

    /// Adds a value beside those that a field has.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        let span = self.store(name.as_ref(), value);
        self.spans.push(span);
        self.edits.push(Edit::Append(span));
    }

    /// Removes every value of a field. A field that is not there needs no edit.
    pub fn remove(&mut self, name: impl AsRef<str>) {
        if self.contains(name.as_ref()) {
            self.remove_unread(name.as_ref());
        }
    }

    /// As [`Headers::remove`], where it is not known whether the field is there.
    pub(crate) fn remove_unread(&mut self, name: &str) {
        let span = self.store(name, "");
        self.forget(span);
        self.edits.push(Edit::Remove(span));
    }

    /// Makes edits again that were made before the list was read.
    pub(crate) fn repeat(&mut self, unread: &Self) {
        for edit in &unread.edits {
            let text = |span| std::str::from_utf8(unread.name(span)).unwrap_or_default();
            match edit {
                Edit::Set(span) => self.set(text(span), unread.value(span)),
                Edit::Append(span) => self.append(text(span), unread.value(span)),
                Edit::Remove(span) => self.remove(text(span)),
            }
        }
    }

    pub(crate) fn is_edited(&self) -> bool {
        !self.edits.is_empty()
    }

    /// Makes the edits known to the host, once.
    pub(crate) fn commit(&mut self, host: &dyn Host, map: MapKind) -> Result<(), Status> {
        for edit in std::mem::take(&mut self.edits) {
            match edit {
                Edit::Set(span) => host.replace_header(map, self.name(&span), self.value(&span))?,
                Edit::Append(span) => host.add_header(map, self.name(&span), self.value(&span))?,
                Edit::Remove(span) => host.remove_header(map, self.name(&span))?,
            }
        }
        Ok(())
    }

    fn forget(&mut self, name: Span) {
        let Self { block, spans, .. } = self;
        let wanted = slice(block, name.name, name.name_len);
        spans.retain(|span| !slice(block, span.name, span.name_len).eq_ignore_ascii_case(wanted));
    }

    fn store(&mut self, name: &str, value: impl IntoFieldValue) -> Span {
        let at = |block: &Vec<u8>| u32::try_from(block.len()).unwrap_or(u32::MAX);
        let start = at(&self.block);
        self.block.extend(name.bytes().enumerate().map(|(index, byte)| name_byte(index, byte)));
        let middle = at(&self.block);
        value.write_to(&mut self.block);
        neutralise(self.block.get_mut(middle as usize..).unwrap_or_default());
        let end = at(&self.block);
        Span { name: start, name_len: middle - start, value: middle, value_len: end - middle }
    }

    fn name(&self, span: &Span) -> &[u8] {
        slice(&self.block, span.name, span.name_len)
    }

    fn value(&self, span: &Span) -> &[u8] {
        slice(&self.block, span.value, span.value_len)
    }
}

impl fmt::Debug for Headers {
    /// Names only: values may be credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

impl<N: AsRef<str>, V: IntoFieldValue> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in fields {
            headers.append(name, value);
        }
        headers
    }
}

/// What can be the value of a field: text, bytes or a number.
pub trait IntoFieldValue {
    /// Appends the value's bytes.
    fn write_to(self, out: &mut Vec<u8>);
}

impl IntoFieldValue for &str {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for String {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for &String {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for &[u8] {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

impl IntoFieldValue for Vec<u8> {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self);
    }
}

macro_rules! number_as_field_value {
    ($($number:ty),*) => {$(
        impl IntoFieldValue for $number {
            fn write_to(self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.to_string().as_bytes());
            }
        }
    )*};
}
number_as_field_value!(u16, u32, u64, u128, usize, i32, i64);

/// A byte of a field name, in lower case as HTTP/2 has it. A name is a token (RFC 9110 §5.6.2), after a colon in pseudo-header fields;
/// any other byte becomes `-`, for it could end the field.
fn name_byte(index: usize, byte: u8) -> u8 {
    match byte {
        b':' if index == 0 => byte,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'^'..=b'z' | b'|' | b'~' => byte,
        b'A'..=b'Z' => byte.to_ascii_lowercase(),
        _ => b'-',
    }
}

/// CR, LF and NUL end a field on the wire: whoever sets a value from foreign input must not be able to add a field (RFC 9110 §5.5).
fn neutralise(value: &mut [u8]) {
    for byte in value {
        if matches!(byte, b'\r' | b'\n' | 0) {
            *byte = b' ';
        }
    }
}

fn slice(block: &[u8], at: u32, len: u32) -> &[u8] {
    let start = at as usize;
    start.checked_add(len as usize).and_then(|end| block.get(start..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
