//! What is remembered of a stored response beside its header fields and its body.

use gatewright::{Headers, Timestamp};

use crate::http::range::{ContentRange, Span};
use crate::http::reuse::Freshness;
use crate::http::vary::Selecting;
use crate::store::Variant;

/// The layout; what has another one is not read.
const VERSION: u8 = 2;

/// What is remembered of a stored response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) status: u16,
    /// When it came.
    pub(crate) came: Timestamp,
    /// Age in seconds when it came.
    pub(crate) initial_age: u64,
    /// Freshness; its age and `purged` are those of the moment that one asks for.
    pub(crate) freshness: Freshness,
    /// Request fields that select it.
    pub(crate) selecting: Vec<Selecting>,
    /// For a partial response, what it is part of.
    pub(crate) part: Option<Part>,
}

/// What a partial response is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// `Range` of the request, as it was sent.
    pub(crate) asked: Vec<u8>,
    /// Where it lies; `None` if what the origin said of it does not add up: then it answers the very same `Range` only.
    pub(crate) range: Option<ContentRange>,
}

/// A stored response as a worker reads it.
pub(crate) struct View {
    pub(crate) meta: Meta,
    pub(crate) fields: Headers,
}

impl View {
    /// Reads a variant; `None` if another version of the module wrote it.
    pub(crate) fn read(variant: &Variant) -> Option<Self> {
        Some(Self { meta: Meta::decode(variant.meta())?, fields: Headers::decode(variant.headers().to_vec()).ok()? })
    }
}

impl Meta {
    /// Freshness at this moment.
    pub(crate) fn freshness(&self, now: Timestamp, purged: bool) -> Freshness {
        Freshness { age: self.age(now), purged, ..self.freshness }
    }

    /// Age in seconds at this moment (RFC 9111 §4.2.3).
    pub(crate) fn age(&self, now: Timestamp) -> u64 {
        self.initial_age.saturating_add((now - self.came).as_secs())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let fresh = &self.freshness;
        let mut out = vec![
            VERSION,
            u8::from(fresh.always_validate) | u8::from(fresh.forbids_stale) << 1 | u8::from(fresh.immutable) << 2,
        ];
        out.extend_from_slice(&self.status.to_le_bytes());
        for number in [
            self.came.nanos(),
            self.initial_age,
            fresh.lifetime,
            fresh.stale_while_revalidate,
            fresh.stale_if_error,
            fresh.stale_if_unreachable,
        ] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        put_length(&mut out, self.selecting.len());
        for field in &self.selecting {
            put(&mut out, Some(field.name.as_bytes()));
            put(&mut out, field.value.as_deref());
        }
        put(&mut out, self.part.as_ref().map(|part| part.asked.as_slice()));
        if let Some(range) = self.part.as_ref().and_then(|part| part.range) {
            for number in [range.span.first, range.span.last, range.length.map_or(u64::MAX, |length| length)] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [version, flags] = reader.array()?;
        if version != VERSION {
            return None;
        }
        let status = u16::from_le_bytes(reader.array()?);
        let (came, initial_age) = (Timestamp::from_nanos(reader.number()?), reader.number()?);
        let freshness = Freshness {
            always_validate: flags & 1 != 0,
            forbids_stale: flags & 2 != 0,
            immutable: flags & 4 != 0,
            lifetime: reader.number()?,
            stale_while_revalidate: reader.number()?,
            stale_if_error: reader.number()?,
            stale_if_unreachable: reader.number()?,
            ..Freshness::default()
        };
        let selecting = (0..reader.length()?).map(|_| reader.selecting()).collect::<Option<Vec<_>>>()?;
        let part = match reader.text()? {
            Some(asked) => Some(Part { asked, range: reader.range()? }),
            None => None,
        };
        Some(Self { status, came, initial_age, freshness, selecting, part })
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        (length <= self.0.len()).then_some(length)
    }

    /// A text or its absence.
    fn text(&mut self) -> Option<Option<Vec<u8>>> {
        if self.array::<1>()? == [0] {
            return Some(None);
        }
        let length = self.length()?;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(head.to_vec()))
    }

    fn selecting(&mut self) -> Option<Selecting> {
        Some(Selecting { name: String::from_utf8(self.text()??).ok()?, value: self.text()? })
    }

    fn range(&mut self) -> Option<Option<ContentRange>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let span = Span { first: self.number()?, last: self.number()? };
        let length = Some(self.number()?).filter(|length| *length != u64::MAX);
        Some(Some(ContentRange { span, length }))
    }
}

fn put(out: &mut Vec<u8>, text: Option<&[u8]>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        put_length(out, text.len());
        out.extend_from_slice(text);
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn meta() -> Meta {
        let selecting =
            |name: &str, value: Option<&[u8]>| Selecting { name: name.into(), value: value.map(<[u8]>::to_vec) };
        Meta {
            status: 206,
            came: Timestamp::from_seconds(1000),
            initial_age: 7,
            freshness: Freshness {
                lifetime: 60,
                forbids_stale: true,
                stale_while_revalidate: 8,
                stale_if_error: 9,
                stale_if_unreachable: 10,
                ..Freshness::default()
            },
            selecting: vec![selecting("a", None), selecting("b", Some(b"")), selecting("c", Some(b"x,y"))],
            part: Some(Part {
                asked: b"bytes=4-".to_vec(),
                range: Some(ContentRange { span: Span { first: 4, last: 9 }, length: None }),
            }),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let whole = Meta { part: None, selecting: Vec::new(), status: 200, ..meta() };
        let opaque = Meta { part: Some(Part { asked: Vec::new(), range: None }), ..meta() };
        for meta in [meta(), whole, opaque] {
            assert_eq!(Meta::decode(&meta.encode()), Some(meta));
        }
    }

    #[test]
    fn what_is_cut_or_of_another_version_is_not_read() {
        let bytes = Meta { part: None, ..meta() }.encode();
        for end in 0..bytes.len() {
            assert_eq!(Meta::decode(&bytes[..end]), None, "{end}");
        }
        assert_eq!(Meta::decode(&[&[VERSION + 1], &bytes[1..]].concat()), None);
        let mut long = bytes;
        long[52..56].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Meta::decode(&long), None);
    }

    #[test]
    fn the_age_grows_with_the_clock_and_never_shrinks_below_that_of_the_arrival() {
        let age = |seconds| meta().freshness(Timestamp::from_seconds(seconds), false).age;
        assert_eq!((age(1000), age(1010), age(900)), (7, 17, 7));
    }
}
