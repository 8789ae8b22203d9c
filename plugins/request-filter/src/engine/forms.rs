//! What is known about a value while tests look at it.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use super::shape::Shape;
use super::sieve::{Bundles, Sieve};
use crate::normalise::{Conditions, canonical_text};
use crate::transform::is_calm;

/// The forms of a value.
pub(super) struct Forms<'a> {
    pub(super) raw: Form<'a>,
    /// None where it is the raw form.
    pub(super) decoded: Option<Form<'a>>,
    /// None where it is the decoded form.
    canonical: OnceCell<(Option<Form<'a>>, Conditions)>,
    /// Another canonical form: of a path, with its parameters.
    pub(super) other: Option<Form<'a>>,
}

/// A form of a value.
pub(super) struct Form<'a> {
    pub(super) text: Cow<'a, [u8]>,
    shape: Cell<Option<Shape>>,
    folded: OnceCell<Vec<u8>>,
    bundles: Cell<Option<Bundles>>,
}

impl<'a> Form<'a> {
    pub(super) fn of(text: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { text: text.into(), shape: Cell::default(), folded: OnceCell::new(), bundles: Cell::default() }
    }

    /// With letters in lower case.
    pub(super) fn folded(&self) -> &[u8] {
        if self.shape().meets(Shape::UPPER) {
            self.folded.get_or_init(|| self.text.to_ascii_lowercase())
        } else {
            &self.text
        }
    }

    /// The bundles that have a literal in this text.
    pub(super) fn bundles(&self, sieve: &Sieve) -> Bundles {
        self.bundles.get().unwrap_or_else(|| {
            let bundles = sieve.bundles(&self.text, self.shape());
            self.bundles.set(Some(bundles));
            bundles
        })
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape.get().unwrap_or_else(|| {
            let shape = Shape::of(&self.text);
            self.shape.set(Some(shape));
            shape
        })
    }
}

impl<'a> Forms<'a> {
    pub(super) fn of(raw: &'a [u8], decoded: &'a [u8]) -> Self {
        let decoded = if std::ptr::eq(raw, decoded) { None } else { Some(Form::of(decoded)) };
        Self { raw: Form::of(raw), decoded, canonical: OnceCell::new(), other: None }
    }

    /// The forms of a value whose canonical ones are known.
    pub(super) fn known_as(raw: &'a [u8], canonical: &'a [u8], other: Option<&'a [u8]>) -> Self {
        let known = if std::ptr::eq(raw, canonical) { None } else { Some(Form::of(canonical)) };
        let canonical = OnceCell::from((known, Conditions::default()));
        Self { raw: Form::of(raw), decoded: None, canonical, other: other.map(Form::of) }
    }

    pub(super) fn canonical(&self) -> &Form<'a> {
        self.known().0.as_ref().unwrap_or_else(|| self.decoded())
    }

    /// Whether there is a canonical form only, and few steps would change it.
    pub(super) fn is_single_and_calm(&self) -> bool {
        self.other.is_none() && is_calm(self.canonical().shape())
    }

    pub(super) fn conditions(&self) -> Conditions {
        self.known().1
    }

    fn decoded(&self) -> &Form<'a> {
        self.decoded.as_ref().unwrap_or(&self.raw)
    }

    fn known(&self) -> &(Option<Form<'a>>, Conditions) {
        self.canonical.get_or_init(|| {
            let decoded = self.decoded();
            let mut conditions = Conditions::default();
            if decoded.shape().is_plain() {
                return (None, conditions);
            }
            match canonical_text(&decoded.text, &mut conditions) {
                Cow::Borrowed(_) => (None, conditions),
                Cow::Owned(canonical) => (Some(Form::of(canonical)), conditions),
            }
        })
    }
}

/// Mostly nothing was to be done, and both are the same bytes.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    std::ptr::eq(one, other) || one == other
}
