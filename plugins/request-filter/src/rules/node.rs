//! Conditions as a tree over tests that were run.

use std::net::IpAddr;
use std::rc::Rc;

use gatewright::Timestamp;

use super::clock::Window;
use crate::addresses::AddressSet;
use crate::engine::Hits;

/// What conditions ask that no test on a text can say. Asked only if needed.
pub(crate) trait Facts {
    /// The client's address, so many trusted proxies back.
    fn client_ip(&self, trusted_hops: u8) -> Option<IpAddr>;
    /// The time.
    fn now(&self) -> Timestamp;
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A test held. One that is `late` may still do so while the body is not read.
    Text {
        test: u32,
        late: bool,
        /// How rarely it holds, at a guess: a rule is looked at when its rarest test held.
        rank: u8,
    },
    Client(Rc<AddressSet>, u8),
    Time(Window),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// What is known about a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// That depends on the body.
    Unknown,
}

impl Node {
    pub(super) fn holds(&self, hits: &Hits, facts: &dyn Facts, body_read: bool) -> Holds {
        let part = |node: &Self| node.holds(hits, facts, body_read);
        match self {
            Self::Text { test, .. } if hits.has(*test) => Holds::Yes,
            Self::Text { late: true, .. } if !body_read => Holds::Unknown,
            Self::Text { .. } => Holds::No,
            Self::Client(set, hops) => facts.client_ip(*hops).is_some_and(|address| set.contains(address)).into(),
            Self::Time(window) => window.holds(facts.now()).into(),
            Self::All(parts) => until(parts, Holds::No, part),
            Self::Any(parts) => until(parts, Holds::Yes, part),
            Self::Not(node) => part(node).not(),
        }
    }

    /// Whether the body may decide it.
    pub(super) fn is_late(&self) -> bool {
        match self {
            Self::Text { late, .. } => *late,
            Self::Client(..) | Self::Time(_) => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_late),
            Self::Not(node) => node.is_late(),
        }
    }

    /// Tests of which one holds whenever the condition does, chosen so that they rarely do; `None` if there are none.
    pub(super) fn triggers(&self) -> Option<Vec<(u32, u8)>> {
        match self {
            Self::Text { test, rank, .. } => Some(vec![(*test, *rank)]),
            Self::Client(..) | Self::Time(_) | Self::Not(_) => None,
            Self::All(parts) => parts.iter().filter_map(Self::triggers).max_by_key(|tests| rarity(tests)),
            Self::Any(parts) => {
                parts.iter().map(Self::triggers).collect::<Option<Vec<_>>>().map(|tests| tests.concat())
            }
        }
    }
}

/// The commonest test counts.
fn rarity(tests: &[(u32, u8)]) -> u8 {
    tests.iter().map(|(_, rank)| *rank).min().unwrap_or(u8::MAX)
}

/// The first part that is `settled` settles all; else what is unknown counts.
fn until(parts: &[Node], settled: Holds, mut holds: impl FnMut(&Node) -> Holds) -> Holds {
    let mut all = settled.not();
    for part in parts {
        match holds(part) {
            held if held == settled => return settled,
            Holds::Unknown => all = Holds::Unknown,
            _ => {}
        }
    }
    all
}

impl Holds {
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
