//! Removing what is stored, for every worker, and what is being fetched.
//!
//! A purge is appended to the list of purges, then its number is written into every bucket, then it is acknowledged. Whoever finds a
//! response finds the bucket's number with it, and looks at the purges that the response has not seen. The list is of bounded length: what
//! has not been checked for longer counts as purged, and each purge checks some buckets, so that this happens to nothing that is stored.

use gatewright::store::StoreError;

use super::bucket::{Entry, State, View};
use super::events::{Events, MAX_EVENTS, Verdict};
use super::inner::Inner;
use super::{Fill, Key, Purge, Selector, Store};

const ATTEMPTS: u32 = 64;
/// Selectors of one purge at most: half of what the list of purges holds: a fetch under way outlives one more.
pub const MAX_SELECTORS: usize = MAX_EVENTS / 2;

impl Store {
    /// Removes every variant of a key, and refuses what fetches under way will bring (RFC 9111 section 4.4).
    ///
    /// # Errors
    /// A failure of the host, or too much contention: then it is not in force.
    pub fn invalidate(&self, key: &Key) -> Result<(), StoreError> {
        self.forget(key, None)
    }

    /// The same, but what this fill brings may be stored, unless somebody else invalidated since it began.
    ///
    /// # Errors
    /// As for [`invalidate`](Self::invalidate).
    pub fn overwrite(&self, key: &Key, fill: &Fill) -> Result<(), StoreError> {
        self.forget(key, Some(fill.token()))
    }

    fn forget(&self, key: &Key, spared: Option<u64>) -> Result<(), StoreError> {
        let bucket = key.bucket(self.0.geometry.buckets);
        let fetches = self.0.change(bucket, |index| {
            let before = index.entries.len();
            let fetches = index.forget(key.hash(), spared);
            let changed = !fetches.is_empty() || index.entries.len() < before;
            Ok((fetches, changed))
        })?;
        self.0.wake(&fetches);
        Ok(())
    }

    /// Purges. When it returns it is in force on every worker.
    ///
    /// # Errors
    /// A failure of the host, or too much contention: then it may be in force in part; purge again.
    pub fn purge(&self, selector: Selector<'_>, purge: Purge) -> Result<(), StoreError> {
        self.purge_each(&[selector], purge)
    }

    /// Purges what any of these selects, for little more than one of them would cost.
    ///
    /// # Errors
    /// As for [`purge`](Self::purge); more than [`MAX_SELECTORS`].
    pub fn purge_each(&self, selectors: &[Selector<'_>], purge: Purge) -> Result<(), StoreError> {
        if selectors.len() > MAX_SELECTORS {
            let (what, found) = ("selectors of a purge", selectors.len() as u64);
            return Err(StoreError::OutOfRange { what, found, min: 0, max: MAX_SELECTORS as u64 });
        }
        if selectors.is_empty() {
            return Ok(());
        }
        let inner = &*self.0;
        let number = inner.announce(selectors, purge)?;
        let clears = purge == Purge::Hard && selectors.contains(&Selector::All);
        for bucket in 0..inner.geometry.buckets {
            inner.stamp(bucket, number, clears)?;
        }
        inner.sweep_some(number.saturating_sub(selectors.len() as u64), number);
        Ok(())
    }
}

impl Inner {
    /// Appends purges and returns the number of the last.
    fn announce(&self, selectors: &[Selector<'_>], purge: Purge) -> Result<u64, StoreError> {
        for _ in 0..ATTEMPTS {
            let (value, version) = self.purges.get(0)?;
            let mut events = Events::parse(&value);
            for selector in selectors {
                events.push(*selector, purge, &self.hasher);
            }
            let number = events.last();
            match self.purges.compare_and_swap(0, &events.encode(), version) {
                Err(StoreError::VersionMismatch) => {}
                announced => return announced.map(|()| number),
            }
        }
        Err(StoreError::Contended { attempts: ATTEMPTS })
    }

    /// Tells a bucket of a purge. A bucket that does not exist is made: one that is made later would not know of the purge, and the next
    /// one would find its responses unchecked for too long.
    fn stamp(&self, bucket: usize, number: u64, clears: bool) -> Result<(), StoreError> {
        self.change(bucket, |index| {
            if index.purges >= number {
                return Ok(((), false));
            }
            index.purges = index.purges.max(number);
            if clears {
                index.entries.retain(|entry| entry.state == State::Trimming || entry.seen_purges >= number);
            }
            Ok(((), true))
        })
    }

    /// Checks the responses of some buckets after the purges from `before` to `last`: so many that every bucket has its turn twice before
    /// the list of purges has turned over.
    fn sweep_some(&self, before: u64, last: u64) {
        let buckets = self.geometry.buckets as u64;
        let turns = |number: u64| number.saturating_mul(2 * buckets) / MAX_EVENTS as u64;
        for bucket in (turns(before)..turns(last)).map(|turn| turn % buckets) {
            // What was not checked in time counts as purged: nothing wrong comes of a failure.
            let _ = self.sweep(bucket as usize);
        }
    }

    fn sweep(&self, bucket: usize) -> Result<(), StoreError> {
        let (value, _) = self.buckets.get(bucket)?;
        let Some(view) = View::parse(&value) else { return Ok(()) };
        let asked = view.purges();
        let mut judged = Vec::new();
        for entry in view.to_bucket().entries.iter().filter(|entry| entry.state == State::Ready) {
            judged.push((entry.generation, self.judge(bucket, &view, entry)?));
        }
        self.change(bucket, |index| {
            let mut changed = false;
            for (generation, verdict) in &judged {
                changed |= match (verdict, index.ready(*generation)) {
                    (Verdict::Gone, Some(_)) => index.remove(*generation),
                    (verdict, Some(entry)) if entry.seen_purges < asked => {
                        entry.seen_purges = asked;
                        entry.soft_purged |= *verdict == Verdict::Soft;
                        true
                    }
                    _ => false,
                };
            }
            Ok(((), changed))
        })
    }

    fn judge(&self, bucket: usize, view: &View<'_>, entry: &Entry) -> Result<Verdict, StoreError> {
        if entry.seen_purges >= view.purges() {
            return Ok(Verdict::Untouched);
        }
        let copy = self.hot.borrow_mut().peek(entry.generation);
        let stored = match copy {
            Some(stored) => stored,
            None => match self.read_stored(bucket, view, entry)? {
                Some(stored) => stored.into(),
                None => return Ok(Verdict::Gone),
            },
        };
        self.verdict(stored.subject(), entry.seen_purges, view.purges())
    }
}
