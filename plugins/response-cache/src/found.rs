//! What the store has for a request, and which of it fits.

use std::rc::Rc;

use gatewright::{Headers, Timestamp};

use crate::entry::{Part, View};
use crate::http::conditional;
use crate::http::range::{self, Ranges};
use crate::http::reuse::Freshness;
use crate::http::vary;
use crate::store::Variant;

/// A stored response that fits a request.
#[derive(Clone)]
pub(crate) struct Found {
    /// Shared, as it is large and moves a lot.
    pub(crate) variant: Rc<Variant>,
    pub(crate) view: Rc<Option<View>>,
    /// The body, where it must not vanish while the origin is asked.
    pub(crate) held: Option<Rc<Vec<u8>>>,
}

/// What the store has for a request.
pub(crate) struct Stock {
    /// The response that fits.
    pub(crate) whole: Option<Found>,
    /// A part of it that fits, where the whole is not there.
    pub(crate) partial: Option<Found>,
    /// Something is stored under the key, be it selected by other fields.
    pub(crate) any: bool,
}

impl Stock {
    /// Chooses among the variants of a key: of several that fit, the one that came last (RFC 9111 §4.1).
    pub(crate) fn of(variants: Vec<Variant>, request: &Headers) -> Self {
        let mut stock = Self { whole: None, partial: None, any: !variants.is_empty() };
        for variant in variants {
            let view = variant.view(View::read);
            let variant = Rc::new(variant);
            let Some(read) = view.as_ref() else { continue };
            if !vary::fits(&read.meta.selecting, read.fields.get("content-language"), request) {
                continue;
            }
            let place = if read.meta.part.is_some() { &mut stock.partial } else { &mut stock.whole };
            let came = |found: &Found| found.read().map(|view| view.meta.came);
            if place.as_ref().and_then(came).is_none_or(|known| known < read.meta.came) {
                *place = Some(Found { variant, view: Rc::clone(&view), held: None });
            }
        }
        stock
    }
}

impl Found {
    /// What was read of it. Only what could be read is ever found.
    pub(crate) fn read(&self) -> Option<&View> {
        self.view.as_ref().as_ref()
    }

    pub(crate) fn freshness(&self, now: Timestamp) -> Freshness {
        self.read().map(|view| view.meta.freshness(now, self.variant.soft_purged())).unwrap_or_default()
    }

    /// The same stored body with other fields.
    pub(crate) fn with_view(&self, view: View) -> Self {
        Self { view: Rc::new(Some(view)), ..self.clone() }
    }

    /// Whether a partial response has what the request asks for.
    pub(crate) fn covers(&self, request: &Headers) -> bool {
        let Some(view) = self.read() else { return false };
        let Some(part) = &view.meta.part else { return true };
        let Some(asked) = request.get("range").filter(|_| conditional::allows_range(request, &view.fields)) else {
            return false;
        };
        range::same_request(&part.asked, asked) || within(part, asked).is_some()
    }
}

/// The one span that a `Range` asks for, if a partial response has all of it.
pub(crate) fn within(part: &Part, asked: &[u8]) -> Option<range::Span> {
    let known = part.range?;
    // Without the length of the whole, only a range with both ends is certain.
    let Ranges::Parts(spans) = range::requested(Some(asked), known.length.unwrap_or(u64::MAX)) else { return None };
    match spans.as_slice() {
        [span] if known.span.contains(*span) => Some(*span),
        _ => None,
    }
}
