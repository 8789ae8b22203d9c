//! How requests wait for keys: bounded in time and number.

use std::cell::Cell;
use std::rc::Rc;

use gatewright::{Cause, Context, Fault};

use super::KeySet;
use super::remote::Remote;
use super::span::nanos;
use super::status::Status;

/// Requests of one worker that wait for one key set at most.
const MAX_WAITING: usize = 1024;
/// Fetches that one request waits for at most: one under way, and one that it asked for. More only if others fetch in between.
const MAX_ROUNDS: usize = 4;

/// How long a `kid` that a fetch did not bring counts as unknown, in `min_refresh_interval`s: long enough that one bad client does not make
/// every fetch happen, short enough for an issuer that signs before all its servers publish the key.
const UNKNOWN_FOR: u32 = 6;

/// Counts a request that waits, until it is dropped.
struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    fn enter(count: &'a Cell<usize>) -> Option<Self> {
        if count.get() >= MAX_WAITING {
            return None;
        }
        count.set(count.get() + 1);
        Some(Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Remote {
    /// The set to use now; waits for it if none was there yet.
    pub(super) async fn current(&self, cx: &Context) -> Result<Rc<KeySet>, Fault> {
        if let Some(set) = self.usable(cx.now()) {
            return Ok(set);
        }
        let status = self.sync(cx);
        if let Some(set) = self.usable(cx.now()) {
            return Ok(set);
        }
        if status.generation > 0 && status.failures > 0 {
            return Err(self.fault("the keys are too old: the issuer has not given new ones for too long"));
        }
        let Some(_waiting) = Waiting::enter(&self.waiting) else {
            return Err(self.fault("there are no keys yet, and too many requests wait for them"));
        };
        self.wake_task(cx);
        let usable = async {
            loop {
                let changed = self.changed.wait(cx);
                if let Some(set) = self.usable(cx.now()) {
                    return set;
                }
                changed.await;
            }
        };
        let set = cx.timeout(self.plan.times.first_wait, usable).await;
        set.map_err(|_| self.fault("there are no keys yet"))
    }

    /// Another set than `than`, if there is one or the issuer can be asked for one. That it has none is no fault: the keys at hand decide.
    pub(super) async fn newer(&self, than: u64, key_id: Option<&str>, cx: &Context) -> Option<Rc<KeySet>> {
        if let Some(set) = self.other(than, cx) {
            return Some(set);
        }
        let times = &self.plan.times;
        let forget_after = nanos(times.refresh_interval.min(times.min_refresh_interval.saturating_mul(UNKNOWN_FOR)));
        if key_id.is_some_and(|id| self.unknown.contains(id, forget_after, cx.now().nanos())) {
            return None;
        }
        self.sync(cx);
        if let Some(set) = self.other(than, cx) {
            return Some(set);
        }
        let _waiting = Waiting::enter(&self.waiting)?;
        let asked = self.ask(than, key_id, cx);
        cx.timeout(self.plan.times.first_wait, asked).await.ok().flatten()
    }

    fn other(&self, than: u64, cx: &Context) -> Option<Rc<KeySet>> {
        self.usable(cx.now()).filter(|set| set.generation != than)
    }

    /// Waits for fetches until one brings another set, or none may follow.
    async fn ask(&self, than: u64, key_id: Option<&str>, cx: &Context) -> Option<Rc<KeySet>> {
        let (limit, least) = (nanos(self.plan.fetch_limit()), nanos(self.plan.times.min_refresh_interval));
        for _ in 0..MAX_ROUNDS {
            let (before, now) = (self.status.get(), cx.now().nanos());
            if !before.is_in_flight(limit, now) {
                if !before.may_ask(least, now) {
                    return None;
                }
                self.wanted.set(true);
                self.wake_task(cx);
            }
            self.until(cx, |status| status.completed != before.completed).await;
            if let Some(set) = self.other(than, cx) {
                return Some(set);
            }
            let after = self.status.get();
            // Asked for after this request came, answered, and the set is as before.
            if after.asked_at != before.asked_at && after.failures == 0 {
                if let Some(id) = key_id {
                    self.unknown.remember(id, now);
                }
                return None;
            }
        }
        None
    }

    async fn until(&self, cx: &Context, done: impl Fn(&Status) -> bool) {
        loop {
            let changed = self.changed.wait(cx);
            if done(&self.status.get()) {
                return;
            }
            changed.await;
        }
    }

    fn fault(&self, why: &str) -> Fault {
        Fault::new(Cause::Callout, format!("provider {}: {why}", self.provider))
    }
}
