//! The last purges, in order: what a response or a fetch is checked against that is older than they are.

use std::collections::VecDeque;

use gatewright::store::KeyHasher;

use super::key::low_half;
use super::wire::Reader;
use super::{Purge, Selector};

const MAGIC: [u8; 8] = *b"GWRCEV\x01\0";
/// Purges that are remembered. What has not been checked for longer counts as purged.
pub(super) const MAX_EVENTS: usize = 1024;
const EVENT_BYTES: usize = 8 + 4 + 2;
/// Bytes of the shared value at most.
pub(super) const MAX_BYTES: usize = 8 + 8 + MAX_EVENTS * EVENT_BYTES;

/// The last purges, numbered from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Events {
    last: u64,
    /// The oldest first; the last one has the number `last`.
    recent: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    /// Hash of what is selected; a URL's prefix is as long as `length`.
    hash: u64,
    length: u32,
    kind: Kind,
    soft: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    All,
    Url,
    Prefix,
    Tag,
}

/// What a response can be selected by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) url: &'a [u8],
    pub(super) tags: &'a [u64],
}

/// What the purges since some number mean for a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Untouched,
    Soft,
    Gone,
}

impl Events {
    /// The events of a shared value; none for a value that is not of this layout.
    pub(super) fn parse(value: &[u8]) -> Self {
        Self::try_parse(value).unwrap_or_default()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.recent.len() * EVENT_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.last.to_le_bytes());
        for event in &self.recent {
            out.extend_from_slice(&event.hash.to_le_bytes());
            out.extend_from_slice(&event.length.to_le_bytes());
            out.extend_from_slice(&[event.kind as u8, event.soft.into()]);
        }
        out
    }

    /// Number of the last one.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Adds a purge.
    pub(super) fn push(&mut self, selector: Selector<'_>, purge: Purge, hasher: &KeyHasher) {
        let (kind, selected) = match selector {
            Selector::All => (Kind::All, &[][..]),
            Selector::Url(url) => (Kind::Url, url),
            Selector::Prefix(prefix) => (Kind::Prefix, prefix),
            Selector::Tag(tag) => (Kind::Tag, tag),
        };
        let length = u32::try_from(selected.len()).unwrap_or(u32::MAX);
        let event = Event { hash: hash_of(hasher, selected), length, kind, soft: purge == Purge::Soft };
        if self.recent.len() >= MAX_EVENTS {
            self.recent.pop_front();
        }
        self.recent.push_back(event);
        self.last = self.last.saturating_add(1);
    }

    /// What became of a response that the purges up to `seen` did not concern. `asked` is the last that must be known.
    pub(super) fn verdict(&self, subject: Subject<'_>, seen: u64, asked: u64, hasher: &KeyHasher) -> Verdict {
        let unseen = self.last.saturating_sub(seen);
        let remembered = self.recent.len() as u64;
        if self.last < asked || unseen > remembered {
            return Verdict::Gone;
        }
        let mut verdict = Verdict::Untouched;
        // Both are at most `MAX_EVENTS`.
        for event in self.recent.iter().skip((remembered - unseen) as usize) {
            match event.concerns(subject, hasher) {
                true if event.soft => verdict = Verdict::Soft,
                true => return Verdict::Gone,
                false => {}
            }
        }
        verdict
    }

    fn try_parse(value: &[u8]) -> Option<Self> {
        let mut reader = Reader(value.strip_prefix(MAGIC.as_slice())?);
        let last = reader.u64()?;
        let recent = reader.0.chunks_exact(EVENT_BYTES).filter_map(Event::read).take(MAX_EVENTS).collect();
        Some(Self { last, recent })
    }
}

/// The hash that purges know a tag or a URL by.
pub(super) fn hash_of(hasher: &KeyHasher, selected: &[u8]) -> u64 {
    low_half(hasher.hash(&[selected]))
}

impl Event {
    fn concerns(&self, subject: Subject<'_>, hasher: &KeyHasher) -> bool {
        match self.kind {
            Kind::All => true,
            Kind::Tag => subject.tags.contains(&self.hash),
            Kind::Url => self.length as usize == subject.url.len() && hash_of(hasher, subject.url) == self.hash,
            Kind::Prefix => {
                let prefix = subject.url.get(..self.length as usize);
                prefix.is_some_and(|prefix| hash_of(hasher, prefix) == self.hash)
            }
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let (hash, length) = (reader.u64()?, reader.u32()?);
        let kind = match reader.u8()? {
            0 => Kind::All,
            1 => Kind::Url,
            2 => Kind::Prefix,
            _ => Kind::Tag,
        };
        Some(Self { hash, length, kind, soft: reader.u8()? != 0 })
    }
}
