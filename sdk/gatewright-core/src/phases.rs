//! Which callbacks of the proxy a policy needs. Each one costs every request, so a module exports only these.

use crate::host::Direction;

/// A set of phases. Request headers are always in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases(u8);

impl Phases {
    /// Request headers only: the policy never reads a body and never awaits a response.
    pub const REQUEST_HEADERS: Self = Self(0);
    /// The policy reads or changes request bodies or trailers.
    pub const REQUEST_BODY: Self = Self(1);
    /// The policy awaits responses.
    pub const RESPONSE_HEADERS: Self = Self(2);
    /// The policy awaits responses and reads or changes their bodies or trailers.
    pub const RESPONSE_BODY: Self = Self(2 | 4);
    /// Everything.
    pub const ALL: Self = Self(7);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the sets are the same, in a constant expression.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }

    pub(crate) const fn body(self, direction: Direction) -> bool {
        match direction {
            Direction::Request => self.contains(Self::REQUEST_BODY),
            Direction::Response => self.contains(Self::RESPONSE_BODY),
        }
    }
}
