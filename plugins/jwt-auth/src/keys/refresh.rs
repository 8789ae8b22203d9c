//! The background task that keeps a key set up to date. It runs in every worker; a lease decides which one fetches.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use gatewright::store::{LeaseGuard, StoreError};
use gatewright::{Services, host::LogLevel};

use super::fetch::{Fetched, fetch};
use super::freshness::{fresh_for, jitter};
use super::member::{HEARTBEAT, Member};
use super::remote::Remote;
use super::report;
use super::span::nanos;
use super::status::{Status, pause};

/// A proxy tries a configuration out in a VM that it throws away at once. A task there must not take the lease into its grave.
const SETTLE: Duration = Duration::from_millis(1);
/// How soon a worker looks again when it is time to fetch and another one has the lease.
const LEASE_POLL: Duration = Duration::from_millis(250);

/// Runs for as long as the configuration.
pub(super) async fn run(remote: Rc<Remote>, services: Services) {
    services.sleep(SETTLE).await;
    let mut member = join(&remote, &services).await;
    // Without it the keys come from the issuer alone.
    drop(remote.vault.inherit());
    loop {
        member.heartbeat(&remote.vault.store, services.now().nanos());
        remote.sync(&services);
        take_turn(&remote, &member, &services).await;
        let wait = until_next_look(&remote, services.now().nanos());
        idle(&remote, &mut member, &services, wait).await;
    }
}

async fn join(remote: &Remote, services: &Services) -> Member {
    let mut told = false;
    loop {
        match Member::join(&remote.vault.store, &remote.vault.id, services.now().nanos()) {
            Ok(member) => return member,
            Err(error) if !told => {
                told = true;
                let name = &remote.provider;
                services.log(LogLevel::Error, || format!("jwt-auth: provider {name}: no keys are fetched: {error}"));
            }
            Err(_) => {}
        }
        services.sleep(HEARTBEAT).await;
    }
}

/// Fetches if it is time and no other worker does.
async fn take_turn(remote: &Remote, member: &Member, services: &Services) {
    let now = services.now().nanos();
    let times = &remote.plan.times;
    let status = remote.status.get();
    let asked = remote.wanted.take() && status.may_ask(nanos(times.min_refresh_interval), now);
    if !asked && !status.is_due(now) {
        return;
    }
    let Ok(Some(guard)) = remote.vault.lease.try_acquire(member.id, now) else {
        // The next look asks again.
        remote.wanted.set(asked);
        return;
    };
    // Another worker may have fetched between the look at the record and the lease.
    let began = remote.vault.update(|status| {
        let asked = asked && status.may_ask(nanos(times.min_refresh_interval), now);
        let start = asked || status.is_due(now);
        if start {
            let wait = pause(status.failures.saturating_add(1), nanos(times.min_refresh_interval));
            status.begin(guard.fencing_token(), wait, asked, now);
        }
        start
    });
    if let Ok(Some((before, _))) = began {
        refresh(remote, member, services, &guard, before).await;
    }
    // A lease that cannot be released frees itself.
    drop(remote.vault.lease.release(guard));
    member.wake_all(services.now().nanos());
    remote.sync(services);
}

/// One fetch, from the record of its beginning to that of its end.
async fn refresh(remote: &Remote, member: &Member, services: &Services, guard: &LeaseGuard, before: Status) {
    remote.metrics.fetches.increment();
    let limit = remote.plan.fetch_limit();
    let fetched = services.timeout(limit, fetch(&remote.plan, services)).await;
    let fetched = fetched.unwrap_or_else(|_| Err(format!("no answer within {} ms", limit.as_millis())));
    let seed = services.now().nanos() ^ member.id.get().rotate_left(48);
    let warnings = fetched.as_ref().map(|fetched| fetched.document.warnings.clone()).unwrap_or_default();
    let reason = match fetched {
        Ok(fetched) => accept(remote, guard, before, &fetched, seed).err().map(|error| error.to_string()),
        Err(reason) => Some(reason),
    };
    if reason.is_some() {
        remote.metrics.failures.increment();
        // Should the record not be writable either, it says that a fetch is due after the pause of its beginning.
        drop(remote.vault.update(|status| is_ours(status, guard) && fail(status, remote, seed)));
    }
    report::changes(remote, services, before, reason.as_deref(), &warnings);
}

fn accept(remote: &Remote, guard: &LeaseGuard, before: Status, fetched: &Fetched, seed: u64) -> Result<(), StoreError> {
    let token = guard.fencing_token();
    let generation = remote.vault.put(token, before.generation, &fetched.document.bytes)?;
    let fresh = fresh_for(fetched.max_age, &remote.plan.times, seed);
    if let Some(generation) = generation {
        remote.vault.update(|status| {
            let ours = is_ours(status, guard);
            if ours {
                status.succeed(generation, fresh);
            }
            ours
        })?;
    }
    Ok(())
}

fn fail(status: &mut Status, remote: &Remote, seed: u64) -> bool {
    let longest = nanos(remote.plan.times.min_refresh_interval);
    status.fail(jitter(pause(status.failures.saturating_add(1), longest), seed));
    true
}

/// Whether no other worker began a fetch since.
fn is_ours(status: &Status, guard: &LeaseGuard) -> bool {
    status.token == guard.fencing_token()
}

fn until_next_look(remote: &Remote, now: u64) -> Duration {
    let status = remote.status.get();
    if remote.wanted.get() || status.is_due(now) {
        return LEASE_POLL;
    }
    Duration::from_nanos(status.due_at().saturating_sub(now)).clamp(SETTLE, HEARTBEAT)
}

/// Waits for a while, or until another worker or a request wakes this task.
async fn idle(remote: &Remote, member: &mut Member, services: &Services, wait: Duration) {
    let mut needed = pin!(remote.needed.wait(services));
    let woken = std::future::poll_fn(|task| {
        // Both are asked: a message that stays in the queue would wake nobody again.
        let (woken, needed) = (member.was_woken(), needed.as_mut().poll(task).is_ready());
        if woken || needed { Poll::Ready(()) } else { Poll::Pending }
    });
    // Woken or not, the next step is to look.
    let _woken = services.timeout(wait, woken).await;
}
