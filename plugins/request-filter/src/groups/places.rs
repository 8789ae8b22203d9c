//! Sets of places.

use crate::value::Place;

/// A set of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Places(u32);

impl Places {
    /// Where a client puts text of its choice.
    pub const VALUES: Self = Self::of(&[
        Place::Path,
        Place::QueryName,
        Place::Query,
        Place::Header,
        Place::Cookie,
        Place::FormName,
        Place::Form,
        Place::FileName,
        Place::JsonKey,
        Place::Json,
        Place::Body,
    ]);
    /// Values of parameters, without names, path and header fields.
    pub const PARAMETERS: Self =
        Self::of(&[Place::Query, Place::Cookie, Place::Form, Place::FileName, Place::Json, Place::Body]);
    /// Names of parameters.
    pub const NAMES: Self = Self::of(&[Place::QueryName, Place::FormName, Place::JsonKey]);

    /// The set of these.
    #[must_use]
    pub const fn of(places: &[Place]) -> Self {
        let mut set = 0;
        let mut rest = places;
        while let [first, others @ ..] = rest {
            set |= bit(*first);
            rest = others;
        }
        Self(set)
    }

    /// Whether the place is in the set.
    #[must_use]
    pub const fn contains(self, place: Place) -> bool {
        self.0 & bit(place) != 0
    }

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without one place.
    #[must_use]
    pub const fn without(self, place: Place) -> Self {
        Self(self.0 & !bit(place))
    }
}

const fn bit(place: Place) -> u32 {
    1 << place as u32
}
