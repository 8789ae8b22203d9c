//! Responses on their way into the store and out of it.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::rc::Rc;

use gatewright::Timestamp;

use super::Key;
use super::bucket::Entry;
use super::events::Subject;
use super::head::Head;

/// A response to store. What the bytes mean is the caller's business.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Which variant of the key it is, from [`Store::hash`](super::Store::hash). It takes the place of the variant with the same number.
    pub variant: u64,
    /// Tags that a purge may name.
    pub tags: &'a [&'a [u8]],
    /// Whatever is needed to judge the response: request fields it was selected by, times, status.
    pub meta: &'a [u8],
    /// Header fields.
    pub headers: &'a [u8],
    /// The body.
    pub body: Body<'a>,
    /// When it is of no use any more, also as stale. Only a hint for what to evict.
    pub keep_until: Timestamp,
}

/// Where the body of a response to store comes from.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// The whole body.
    Bytes(&'a [u8]),
    /// The body of what is stored already, for a response that was validated (RFC 9111 section 4.3.4).
    Of(&'a Variant),
}

/// A response that was found.
#[derive(Clone, Debug)]
pub struct Variant {
    pub(super) stored: Rc<Stored>,
    pub(super) entry: Entry,
    pub(super) bucket: usize,
    /// Chunks of the body, if it must be read.
    pub(super) chain: Vec<usize>,
    pub(super) soft_purged: bool,
}

/// This worker's copy of a stored response.
pub(super) struct Stored {
    pub(super) generation: u64,
    pub(super) url: Box<[u8]>,
    rest: Box<[u8]>,
    pub(super) tags: Box<[u64]>,
    meta: Box<[u8]>,
    headers: Box<[u8]>,
    pub(super) body: OnceCell<Rc<Vec<u8>>>,
    /// Purges up to this number have been looked at, and whether one of them was soft.
    pub(super) checked: Cell<(u64, bool)>,
    /// When its use was last noted for all workers.
    pub(super) noted: Cell<u64>,
    view: OnceCell<Rc<dyn Any>>,
}

impl Variant {
    /// [`Content::meta`].
    #[must_use]
    pub fn meta(&self) -> &[u8] {
        &self.stored.meta
    }

    /// [`Content::headers`].
    #[must_use]
    pub fn headers(&self) -> &[u8] {
        &self.stored.headers
    }

    /// Bytes of the body.
    #[must_use]
    pub fn body_length(&self) -> usize {
        self.entry.body_bytes as usize
    }

    /// Whether a soft purge hit it: stale, whatever its age.
    #[must_use]
    pub fn soft_purged(&self) -> bool {
        self.soft_purged
    }

    /// What the caller makes of the stored bytes, made once per worker while it keeps its copy.
    pub fn view<T: 'static>(&self, make: impl FnOnce(&Self) -> T) -> Rc<T> {
        if let Some(view) = self.stored.view.get().cloned().and_then(|view| view.downcast().ok()) {
            return view;
        }
        let made = Rc::new(make(self));
        // Refused only if another type is kept already.
        let _ = self.stored.view.set(Rc::clone(&made) as Rc<dyn Any>);
        made
    }
}

impl Stored {
    pub(super) fn new(generation: u64, head: &Head<'_>) -> Self {
        Self {
            generation,
            url: head.url.into(),
            rest: head.rest.into(),
            tags: head.tags(),
            meta: head.meta.into(),
            headers: head.headers.into(),
            body: OnceCell::new(),
            checked: Cell::default(),
            noted: Cell::default(),
            view: OnceCell::new(),
        }
    }

    pub(super) fn is_of(&self, key: &Key) -> bool {
        key.is(&self.url, &self.rest)
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        Subject { url: &self.url, tags: &self.tags }
    }

    /// Bytes it takes, about.
    pub(super) fn cost(&self) -> usize {
        let parts = [self.url.len(), self.rest.len(), self.tags.len() * 8, self.meta.len(), self.headers.len()];
        // What the caller's view and the allocations take is not known: as much as the head again, and some.
        2 * parts.iter().sum::<usize>() + self.body.get().map_or(0, |body| body.len()) + 512
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("generation", &self.generation).finish_non_exhaustive()
    }
}
