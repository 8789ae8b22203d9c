//! What a stored response is found by.

/// What a stored response is found by: a URL and whatever else the responses of one URL are kept apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(super) url: Box<[u8]>,
    pub(super) rest: Box<[u8]>,
    /// Hash of both under the store's seed.
    pub(super) hash: u128,
}
