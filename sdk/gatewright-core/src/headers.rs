//! Header and trailer fields: bytes underneath, case-insensitive names, duplicates kept.

use std::fmt;

use crate::host::{Host, MapKind, Status};
use crate::pairs::{self, Span};
use crate::syntax::cookie;

mod tag;
mod value;

pub use value::IntoFieldValue;

use tag::{Places, Tag, same};

/// The fields of a request or response, or its trailers.
///
/// Values are bytes, because HTTP field values are (RFC 9110 §5.5). The list is read from the proxy once and scanned in place;
/// edits are remembered and reach the proxy when the message is passed on.
#[derive(Clone, Default)]
pub struct Headers {
    block: Vec<u8>,
    fields: Vec<Field>,
    places: Places,
    edits: Vec<Edit>,
    /// The fields do not follow each other in the block: between them lies what was removed.
    gaps: bool,
}

/// A field: where it lies in the block.
#[derive(Clone, Copy)]
struct Field {
    tag: Tag,
    span: Span,
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
        let headers = Self::decode(host.header_pairs(map).map_err(HeadersError::Host)?)?;
        if headers.is_empty() && expected > 0 { Err(HeadersError::TooMany) } else { Ok(headers) }
    }

    /// A list as the ABI serialises it ([`crate::pairs`]): one that was kept, ready to be sent again. It must come from
    /// [`Headers::encode`]: values are not checked again.
    ///
    /// # Errors
    /// [`HeadersError::Malformed`] if it does not parse.
    pub fn decode(block: Vec<u8>) -> Result<Self, HeadersError> {
        let (mut places, mut number) = (Places::default(), 0);
        let field = |span, name: &[u8]| {
            let tag = Tag::of(name);
            places.add(tag, number);
            number += 1;
            Field { tag, span }
        };
        let fields = pairs::decode_with(&block, field).map_err(|_| HeadersError::Malformed)?;
        Ok(Self { block, fields, places, edits: Vec::new(), gaps: false })
    }

    /// The list as the ABI serialises it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&[]).0
    }

    /// The list as it goes to the proxy, with these fields behind its own. Cheaper than a copy with the fields added.
    #[must_use]
    pub fn encode_with(&self, more: &[(&str, &str)]) -> EncodedHeaders {
        let data = self.data();
        let own = data.as_ref().map_or(0, |data| data.len());
        let room = |(name, value): &(&str, &str)| name.len() + value.len() + 10;
        let mut block = Vec::with_capacity(4 + self.fields.len() * 8 + own + more.iter().map(room).sum::<usize>());
        pairs::put_count(&mut block, self.fields.len() + more.len());
        match self.table() {
            Some(table) => block.extend_from_slice(table),
            None => {
                let spans = self.fields.iter().map(|field| field.span);
                spans.for_each(|span| pairs::put_lengths(&mut block, span.name_len, span.value_len));
            }
        }
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        more.iter().for_each(|(name, value)| pairs::put_lengths(&mut block, length(name), length(value)));
        match data {
            Some(data) => block.extend_from_slice(data),
            None => self.iter().for_each(|(name, value)| {
                pairs::put_text(&mut block, name);
                pairs::put_text(&mut block, value);
            }),
        }
        for (name, value) in more {
            value::write_name(name, &mut block);
            block.push(0);
            value::write_value(*value, &mut block);
            block.push(0);
        }
        EncodedHeaders(block)
    }

    /// The first value of a field.
    ///
    /// A field may be repeated, and a service behind the proxy may read another one: use [`Headers::single`] or
    /// [`Headers::all`] where the value decides something.
    #[must_use]
    #[inline]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        let name = name.as_ref().as_bytes();
        let tag = Tag::of(name);
        self.find(tag, name, self.places.first(tag)?).map(|(_, field)| self.value(&field.span))
    }

    /// The value of a field that may occur at most once.
    ///
    /// # Errors
    /// [`Repeated`] if the field occurs more than once.
    #[inline]
    pub fn single(&self, name: impl AsRef<str>) -> Result<Option<&[u8]>, Repeated> {
        let name = name.as_ref().as_bytes();
        let tag = Tag::of(name);
        self.places.first(tag).map_or(Ok(None), |first| self.find_single(tag, name, first))
    }

    /// Every value of a field, in order.
    pub fn all(&self, name: impl AsRef<str>) -> impl Iterator<Item = &[u8]> {
        let tag = Tag::of(name.as_ref().as_bytes());
        let fields = self.places.first(tag).and_then(|first| self.fields.get(first..));
        fields
            .unwrap_or_default()
            .iter()
            .filter(move |field| field.tag == tag && same(self.name(&field.span), name.as_ref().as_bytes()))
            .map(|field| self.value(&field.span))
    }

    /// The values of a cookie (RFC 6265 §4.2.1), over all `cookie` fields: a client may send several (RFC 9113 §8.2.3). A value in quotes
    /// keeps them, see [`unquoted`](crate::syntax::cookie::unquoted).
    pub fn cookies(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let pairs = self.all("cookie").flat_map(cookie::pairs);
        pairs.filter_map(move |(found, value)| (found == name.as_bytes()).then_some(value))
    }

    /// The first value of a field, if it is UTF-8.
    #[must_use]
    pub fn text(&self, name: impl AsRef<str>) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Whether a field of this name is there.
    #[must_use]
    #[inline]
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.get(name).is_some()
    }

    /// Every field as name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.fields.iter().map(|field| (self.name(&field.span), self.value(&field.span)))
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Makes this the only value of a field.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        let field = self.store(name.as_ref(), value);
        self.forget(field);
        self.add(field);
        self.edits.push(Edit::Set(field.span));
    }

    /// Adds a value beside those that a field has.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        let field = self.store(name.as_ref(), value);
        self.add(field);
        self.edits.push(Edit::Append(field.span));
    }

    /// Removes every value of a field. A field that is not there needs no edit.
    pub fn remove(&mut self, name: impl AsRef<str>) {
        let name = name.as_ref().as_bytes();
        let tag = Tag::of(name);
        let found = self.places.first(tag).and_then(|first| self.find(tag, name, first));
        if let Some((_, field)) = found {
            // The name is there already.
            let field = *field;
            self.forget(field);
            self.edits.push(Edit::Remove(field.span));
        }
    }

    /// As [`Headers::remove`], where it is not known whether the field is there.
    pub(crate) fn remove_unread(&mut self, name: &str) {
        let field = self.store(name, "");
        self.gaps = true;
        self.forget(field);
        self.edits.push(Edit::Remove(field.span));
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

    /// The first field of a name from a number on, and its number.
    fn find(&self, tag: Tag, name: &[u8], from: usize) -> Option<(usize, &Field)> {
        let mut fields = self.fields.iter().enumerate().skip(from);
        fields.find(|(_, field)| field.tag == tag && same(self.name(&field.span), name))
    }

    fn find_single(&self, tag: Tag, name: &[u8], from: usize) -> Result<Option<&[u8]>, Repeated> {
        let Some((number, field)) = self.find(tag, name, from) else { return Ok(None) };
        if self.places.may_have_more(tag) && self.find(tag, name, number + 1).is_some() {
            return Err(Repeated);
        }
        Ok(Some(self.value(&field.span)))
    }

    fn add(&mut self, field: Field) {
        self.places.add(field.tag, self.fields.len());
        self.fields.push(field);
    }

    /// Drops the fields that have this one's name.
    fn forget(&mut self, named: Field) {
        if self.places.first(named.tag).is_none() {
            return;
        }
        let Self { block, fields, .. } = self;
        let (name, before) = (|span: &Span| slice(block, span.name, span.name_len), fields.len());
        fields.retain(|field| field.tag != named.tag || !same(name(&field.span), name(&named.span)));
        if fields.len() < before {
            self.gaps = true;
            self.places = Places::default();
            self.fields.iter().enumerate().for_each(|(number, field)| self.places.add(field.tag, number));
        }
    }

    fn store(&mut self, name: &str, value: impl IntoFieldValue) -> Field {
        let at = |block: &Vec<u8>| u32::try_from(block.len()).unwrap_or(u32::MAX);
        let start = at(&self.block);
        value::write_name(name, &mut self.block);
        let name_len = at(&self.block) - start;
        self.block.push(0);
        let middle = at(&self.block);
        value::write_value(value, &mut self.block);
        let value_len = at(&self.block) - middle;
        self.block.push(0);
        let span = Span { name: start, name_len, value: middle, value_len };
        Field { tag: Tag::of(self.name(&span)), span }
    }

    /// The lengths of all names and values as they are serialised, if they lie so: in a list that came so and that nothing was added to
    /// or removed from.
    fn table(&self) -> Option<&[u8]> {
        let table = self.block.get(4..self.fields.first()?.span.name as usize)?;
        (!self.gaps && table.len() == self.fields.len() * 8).then_some(table)
    }

    /// All names and values as they are serialised, if they lie so.
    fn data(&self) -> Option<&[u8]> {
        let first = self.fields.first().map_or(self.block.len(), |field| field.span.name as usize);
        if self.gaps { None } else { self.block.get(first..) }
    }

    fn name(&self, span: &Span) -> &[u8] {
        slice(&self.block, span.name, span.name_len)
    }

    fn value(&self, span: &Span) -> &[u8] {
        slice(&self.block, span.value, span.value_len)
    }
}

/// A list of header fields as it goes to the proxy, from [`Headers::encode_with`].
#[derive(Clone)]
pub struct EncodedHeaders(pub(crate) Vec<u8>);

impl fmt::Debug for EncodedHeaders {
    /// Nothing of it: values may be credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedHeaders").finish_non_exhaustive()
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

fn slice(block: &[u8], at: u32, len: u32) -> &[u8] {
    let start = at as usize;
    start.checked_add(len as usize).and_then(|end| block.get(start..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
