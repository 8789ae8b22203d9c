//! Responses on their way into the store and out of it.

use std::any::Any;
use std::cell::OnceCell;
use std::rc::Rc;

use gatewright::Timestamp;

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

/// What is stored of a response, but for its body.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) meta: Box<[u8]>,
    pub(super) headers: Box<[u8]>,
    pub(super) view: OnceCell<Rc<dyn Any>>,
}

/// A response that was found.
#[derive(Clone, Debug)]
pub struct Variant {
    pub(super) stored: Rc<Stored>,
    pub(super) generation: u64,
    pub(super) body_length: usize,
    pub(super) soft_purged: bool,
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
        self.body_length
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
