//! One bucket of the index: a small cache of its own, in one shared value, so that every change of it is one compare-and-swap.

mod record;
mod space;

pub(super) use self::record::{CHUNK_BYTES, ENTRY_BYTES, FLIGHT_BYTES, HEADER_BYTES, View};
pub(super) use self::space::{Need, Reserved, Space};

/// A time further ahead than this was written before the clock was set back.
const HORIZON_NANOS: u64 = 3_600_000_000_000;

/// A bucket, taken apart for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    /// Number of the last purge that this bucket knows of.
    pub(super) purges: u64,
    /// What is stored, least recently used first.
    pub(super) entries: Vec<Entry>,
    /// Fetches under way, and keys whose answers cannot be stored.
    pub(super) flights: Vec<Flight>,
    /// Where the bytes lie.
    pub(super) chunks: Vec<Chunk>,
}

/// A stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) variant: u64,
    /// Differs for every response that was ever stored. Its chunks carry it too.
    pub(super) generation: u64,
    /// The same for the chunks of the body, if they are older.
    pub(super) body_generation: u64,
    /// Purges up to this number do not concern it.
    pub(super) seen_purges: u64,
    pub(super) keep_until: u64,
    pub(super) stored_at: u64,
    pub(super) head_bytes: u32,
    pub(super) body_bytes: u32,
    pub(super) chunk: u16,
    pub(super) state: State,
    /// Head and body lie in chunks of their own.
    pub(super) split: bool,
    /// It was used after it was stored: a scan does not push it out.
    pub(super) protected: bool,
    pub(super) soft_purged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Can be found.
    Ready,
    /// Its chunks are being written.
    Writing,
    /// No response: its chunks are being emptied.
    Trimming,
}

/// A fetch under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) hash: u64,
    pub(super) token: u64,
    pub(super) seen_purges: u64,
    pub(super) until: u64,
    /// No fetch: nobody needs to wait, as the answer cannot be stored.
    pub(super) pass: bool,
    /// Another worker waits for it.
    pub(super) awaited: bool,
    /// It is an unsafe request: nobody is to wait for it.
    pub(super) quiet: bool,
}

/// A shared value that holds bytes of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Bytes that it may hold now, in use or not.
    pub(super) held: u32,
    pub(super) next: u16,
}

/// What [`Bucket::begin`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Leads,
    Follows(Flight),
    Passes,
    Full,
}

impl Bucket {
    pub(super) fn new() -> Self {
        Self { purges: 0, entries: Vec::new(), flights: Vec::new(), chunks: Vec::new() }
    }

    /// Adds a fetch, unless there is one.
    pub(super) fn begin(&mut self, hash: u64, token: u64, until: u64, now: u64, room: usize) -> Begun {
        self.flights.retain(|flight| flight.is_under_way(now));
        match self.flights.iter().find(|flight| flight.hash == hash && !flight.quiet) {
            Some(flight) if flight.pass => return Begun::Passes,
            Some(flight) => return Begun::Follows(*flight),
            None => {}
        }
        if self.add(hash, token, until, room, false) { Begun::Leads } else { Begun::Full }
    }

    /// Adds an unsafe request that may store what it brings. False if there is no room.
    pub(super) fn begin_write(&mut self, hash: u64, token: u64, until: u64, now: u64, room: usize) -> bool {
        self.flights.retain(|flight| flight.is_under_way(now));
        self.add(hash, token, until, room, true)
    }

    fn add(&mut self, hash: u64, token: u64, until: u64, room: usize, quiet: bool) -> bool {
        if self.flights.len() >= room {
            // What is only remembered gives way to what happens.
            let Some(passing) = self.flights.iter().position(|flight| flight.pass) else { return false };
            self.flights.remove(passing);
        }
        let seen_purges = self.purges;
        self.flights.push(Flight { hash, token, seen_purges, until, pass: false, awaited: false, quiet });
        true
    }

    /// The fetch with this token, if it may still store.
    pub(super) fn flight(&mut self, token: u64, now: u64) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.token == token && flight.is_under_way(now))
    }

    pub(super) fn end_flight(&mut self, token: u64) -> Option<Flight> {
        let at = self.flights.iter().position(|flight| flight.token == token)?;
        Some(self.flights.remove(at))
    }

    /// Forgets whatever is under a hash, but for the fetch with this token. A fetch that is forgotten cannot store any more.
    pub(super) fn forget(&mut self, hash: u64, spared: Option<u64>) -> Vec<Flight> {
        self.entries.retain(|entry| entry.hash != hash || entry.state == State::Trimming);
        let goes = |flight: &Flight| flight.hash == hash && Some(flight.token) != spared;
        let forgotten = self.flights.iter().filter(|flight| goes(flight)).copied().collect();
        self.flights.retain(|flight| !goes(flight));
        forgotten
    }

    pub(super) fn remove(&mut self, generation: u64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.generation != generation);
        self.entries.len() < before
    }

    pub(super) fn ready(&mut self, generation: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.generation == generation && entry.state == State::Ready)
    }
}

impl Flight {
    pub(super) fn is_under_way(&self, now: u64) -> bool {
        now < self.until && self.until - now <= HORIZON_NANOS
    }
}

impl Chunk {
    /// No chunk follows.
    pub(super) const NONE: u16 = u16::MAX;
    pub(super) const EMPTY: Self = Self { held: 0, next: Self::NONE };
}
