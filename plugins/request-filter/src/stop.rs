//! Why a request is not judged to the end.

use gatewright::Fault;

use crate::value::Refusal;

/// Why a request is not judged to the end.
pub(crate) enum Stop {
    /// It is refused whatever the rules say.
    Refused(Refusal),
    /// Nobody can tell.
    Undecided(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Undecided(fault)
    }
}
