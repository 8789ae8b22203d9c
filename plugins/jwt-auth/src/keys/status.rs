//! What all workers know about the fetches of one key set: a small record in shared data.

use super::span::runs;

const HEADER: [u8; 8] = *b"GWJK\x02\0\0\0";
const WORDS: usize = 11;
const SECOND: u64 = 1_000_000_000;

/// The record. Times are nanoseconds since the Unix epoch, stretches nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Number of the newest good document; 0 before the first.
    pub(super) generation: u64,
    /// When the issuer last gave a good document: the moment it was asked.
    pub(super) fetched_at: u64,
    /// How long that document is fresh.
    pub(super) fresh_for: u64,
    /// When the last fetch began, and how long to wait after it.
    pub(super) attempted_at: u64,
    pub(super) wait: u64,
    /// Fetches that failed since the last good one.
    pub(super) failures: u64,
    /// When a `kid` last made a worker fetch.
    pub(super) asked_at: u64,
    /// When the fetch under way began; 0 for none.
    pub(super) in_flight: u64,
    /// Fetches that ended.
    pub(super) completed: u64,
    /// Fencing token of the last fetch's lease.
    pub(super) token: u64,
    /// The state that the log was told last, as a number.
    pub(super) reported: u64,
}

impl Status {
    /// A record of another layout counts as none.
    pub(super) fn read(value: &[u8]) -> Self {
        let words = value.strip_prefix(HEADER.as_slice()).map(|words| words.as_chunks::<8>());
        let Some((chunks, [])) = words else { return Self::default() };
        let Ok(chunks) = <&[[u8; 8]; WORDS]>::try_from(chunks) else { return Self::default() };
        let words = chunks.map(u64::from_le_bytes);
        let [generation, fetched_at, fresh_for, attempted_at, wait, failures, ..] = words;
        let [.., asked_at, in_flight, completed, token, reported] = words;
        let fetches = Self { generation, fetched_at, fresh_for, attempted_at, wait, failures, ..Self::default() };
        Self { asked_at, in_flight, completed, token, reported, ..fetches }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let words: [u64; WORDS] = [
            self.generation,
            self.fetched_at,
            self.fresh_for,
            self.attempted_at,
            self.wait,
            self.failures,
            self.asked_at,
            self.in_flight,
            self.completed,
            self.token,
            self.reported,
        ];
        let mut out = HEADER.to_vec();
        out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        out
    }

    /// Whether the set may be used: fresh, or not longer stale than it may be.
    pub(super) fn is_usable(&self, stale_if_error: u64, now: u64) -> bool {
        self.generation > 0 && runs(self.fetched_at, self.fresh_for.saturating_add(stale_if_error), now)
    }

    /// Whether it is time to fetch.
    pub(super) fn is_due(&self, now: u64) -> bool {
        !runs(self.attempted_at, self.wait, now)
    }

    /// When it is time to fetch.
    pub(super) fn due_at(&self) -> u64 {
        self.attempted_at.saturating_add(self.wait)
    }

    /// Whether an unknown `kid` may make a worker fetch.
    pub(super) fn may_ask(&self, min_refresh_interval: u64, now: u64) -> bool {
        !runs(self.asked_at, min_refresh_interval, now)
    }

    /// Whether a fetch is under way that is not older than `limit`: its worker may have died.
    pub(super) fn is_in_flight(&self, limit: u64, now: u64) -> bool {
        self.in_flight > 0 && runs(self.in_flight, limit, now)
    }

    /// A fetch begins. Should its worker die, the next one is due after `wait`.
    pub(super) fn begin(&mut self, token: u64, wait: u64, asked: bool, now: u64) {
        (self.token, self.in_flight, self.attempted_at, self.wait) = (token, now, now, wait);
        if asked {
            self.asked_at = now;
        }
    }

    /// The fetch under way brought a good document.
    pub(super) fn succeed(&mut self, generation: u64, fresh_for: u64) {
        (self.generation, self.fetched_at, self.fresh_for) = (generation, self.attempted_at, fresh_for);
        self.wait = fresh_for;
        self.failures = 0;
        self.end();
    }

    /// The fetch under way failed.
    pub(super) fn fail(&mut self, wait: u64) {
        self.wait = wait;
        self.failures = self.failures.saturating_add(1);
        self.end();
    }

    /// Takes over a document that another plan fetched, unless there is a newer one. The next fetch is due at once.
    pub(super) fn inherit(&mut self, generation: u64, from: &Self) -> bool {
        let newer = from.fetched_at > self.fetched_at;
        if newer {
            (self.generation, self.fetched_at, self.fresh_for) = (generation, from.fetched_at, from.fresh_for);
            (self.attempted_at, self.wait) = (0, 0);
        }
        newer
    }

    fn end(&mut self) {
        self.in_flight = 0;
        self.completed = self.completed.saturating_add(1);
    }
}

/// The pause after this many failures in a row: 1 s, 2 s, 4 s, up to `longest`.
pub(super) fn pause(failures: u64, longest: u64) -> u64 {
    let doublings = failures.saturating_sub(1).min(20);
    (SECOND << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_record_reads_back_and_another_layout_is_none() {
        let mut status = Status::default();
        status.begin(7, 11, true, 13);
        status.succeed(3, 17);
        let written = status.write();
        assert_eq!(Status::read(&written), status);
        assert_ne!(status, Status::default());
        for other in [&b""[..], b"GWJK", &written[..written.len() - 1], &[&written[..], b"x"].concat()] {
            assert_eq!(Status::read(other), Status::default());
        }
    }

    #[test]
    fn nothing_known_is_due_and_not_usable() {
        let status = Status::default();
        assert!(status.is_due(1_000) && status.may_ask(10, 1_000));
        assert!(!status.is_usable(u64::MAX, 1_000) && !status.is_in_flight(u64::MAX, 1_000));
    }

    #[test]
    fn a_set_is_usable_until_its_stale_bound_whatever_fails_meanwhile() {
        let mut status = Status::default();
        status.begin(1, 1, false, 1_000);
        status.succeed(1, 100);
        status.begin(2, 1, false, 1_100);
        status.fail(5);
        assert!(status.is_usable(50, 1_149) && !status.is_usable(50, 1_150));
        assert!(!status.is_due(1_104) && status.is_due(1_105));
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = [1, 2, 3, 4, 5, 100].map(|failures| pause(failures, 10 * SECOND) / SECOND);
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    }
}
