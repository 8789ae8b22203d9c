//! A store of one worker without bounds: what the shared one is measured against.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;
use std::time::Duration;

use gatewright::config::ConfigError;
use gatewright::store::StoreError;
use gatewright::{Services, Setup, Signal, Timestamp};

use super::{Begin, Body, Committed, Content, Fill, Flight, Key, Purge, Selector, Settings, Variant};
use crate::store::stored::Stored;

/// Stored responses. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(Rc<Naive>);

pub(super) struct Naive {
    settings: Settings,
    entries: RefCell<Vec<Entry>>,
    flights: RefCell<Vec<Fetch>>,
    purges: RefCell<Vec<(u64, Purged)>>,
    counter: Cell<u64>,
    done: Signal,
}

struct Entry {
    key: Key,
    variant: u64,
    tags: Vec<Vec<u8>>,
    found: Variant,
    body: Rc<[u8]>,
}

struct Fetch {
    hash: u128,
    token: u64,
    until: Timestamp,
    pass: bool,
}

struct Purged(Box<dyn Fn(&Key, &[Vec<u8>]) -> bool>);

impl std::fmt::Debug for Naive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Naive").finish_non_exhaustive()
    }
}

impl Store {
    /// The store of this name.
    ///
    /// # Errors
    /// Settings out of range, or unlike those that the store was first opened with.
    pub fn open(_: &Setup, settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self(Rc::new(Naive {
            settings: settings.clone(),
            entries: RefCell::default(),
            flights: RefCell::default(),
            purges: RefCell::default(),
            counter: Cell::new(0),
            done: Signal::default(),
        })))
    }

    /// A number for a variant, from what it is selected by.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> u64 {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        hasher.finish()
    }

    /// The key of a URL and of whatever else its responses are kept apart by. [`Selector::Url`] and [`Selector::Prefix`] compare `url`.
    #[must_use]
    pub fn key(&self, url: &[u8], rest: &[&[u8]]) -> Key {
        let hash = u128::from(self.hash(&[url, &rest.concat()]));
        Key { url: url.into(), rest: rest.concat().into(), hash }
    }

    /// What is stored for a key, newest first.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn lookup(&self, key: &Key, _now: Timestamp) -> Result<Vec<Variant>, StoreError> {
        let entries = self.0.entries.borrow();
        Ok(entries.iter().rev().filter(|entry| entry.key == *key).map(|entry| entry.found.clone()).collect())
    }

    /// The body of a variant; `None` if it has been removed meanwhile.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn body(&self, variant: &Variant) -> Result<Option<Rc<[u8]>>, StoreError> {
        let entries = self.0.entries.borrow();
        let found = entries.iter().find(|entry| entry.found.generation == variant.generation);
        Ok(found.map(|entry| Rc::clone(&entry.body)))
    }

    /// Asks for the right to store what the origin will answer. Ask **before** the request is sent.
    ///
    /// # Errors
    /// A failure of the host, or too much contention.
    pub fn begin_fill(&self, key: &Key, now: Timestamp) -> Result<Begin, StoreError> {
        let mut flights = self.0.flights.borrow_mut();
        flights.retain(|flight| now < flight.until);
        match flights.iter().find(|flight| flight.hash == key.hash) {
            Some(flight) if flight.pass => return Ok(Begin::Pass),
            Some(flight) => return Ok(Begin::Follower(Flight { hash: key.hash, token: flight.token })),
            None => {}
        }
        let token = self.0.next();
        flights.push(Fetch { hash: key.hash, token, until: now + self.0.settings.lease, pass: false });
        Ok(Begin::Leader(Fill { store: Rc::downgrade(&self.0), hash: key.hash, token }))
    }

    /// Stores the answer.
    ///
    /// # Errors
    /// A failure of the host, or too much contention: nothing is stored.
    pub fn commit(
        &self,
        fill: Fill,
        key: &Key,
        content: &Content<'_>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        if !self.0.may_store(&fill, key, content, now) {
            return Ok(Committed::Fenced);
        }
        let body: Rc<[u8]> = match content.body {
            Body::Bytes(bytes) => bytes.into(),
            Body::Of(variant) => match self.body(variant)? {
                Some(body) => body,
                None => return Ok(Committed::Fenced),
            },
        };
        let stored = Stored { meta: content.meta.into(), headers: content.headers.into(), view: Default::default() };
        let size = key.url.len() + key.rest.len() + stored.meta.len() + stored.headers.len() + body.len();
        if size > self.0.settings.max_entry {
            return Ok(Committed::NoRoom);
        }
        let (generation, body_length) = (self.0.next(), body.len());
        let found = Variant { stored: Rc::new(stored), generation, body_length, soft_purged: false };
        let tags = content.tags.iter().map(|tag| tag.to_vec()).collect();
        let mut entries = self.0.entries.borrow_mut();
        entries.retain(|entry| entry.key != *key || entry.variant != content.variant);
        entries.push(Entry { key: key.clone(), variant: content.variant, tags, found, body });
        Ok(Committed::Stored)
    }

    /// Remembers for this long that the key's answers cannot be stored, so that nobody waits for them.
    ///
    /// # Errors
    /// A failure of the host, or too much contention.
    pub fn pass(&self, fill: Fill, ttl: Duration, now: Timestamp) -> Result<(), StoreError> {
        let mut flights = self.0.flights.borrow_mut();
        if let Some(flight) = flights.iter_mut().find(|flight| flight.token == fill.token) {
            flight.token = self.0.next();
            flight.until = now + ttl;
            flight.pass = true;
        }
        drop(flights);
        Ok(())
    }

    /// Waits until another request's fetch is over, but not longer than this. Whether something is stored now, a lookup tells.
    pub async fn wait(&self, flight: Flight, services: &Services, limit: Duration) {
        let under_way = || self.0.flights.borrow().iter().any(|other| other.token == flight.token);
        let over = services.until(|| (!under_way()).then_some(()));
        let _ = services.timeout(limit, over).await;
    }

    /// Removes every variant of a key, and refuses what fetches under way will bring (RFC 9111 section 4.4).
    ///
    /// # Errors
    /// A failure of the host, or too much contention: then it is not in force.
    pub fn invalidate(&self, key: &Key, _now: Timestamp) -> Result<(), StoreError> {
        self.0.entries.borrow_mut().retain(|entry| entry.key != *key);
        self.0.flights.borrow_mut().retain(|flight| flight.hash != key.hash);
        Ok(())
    }

    /// Purges. When it returns it is in force on every worker.
    ///
    /// # Errors
    /// A failure of the host, or too much contention: then it may be in force in part; purge again.
    pub fn purge(&self, selector: Selector<'_>, purge: Purge, _now: Timestamp) -> Result<(), StoreError> {
        let matches = matcher(selector);
        let mut entries = self.0.entries.borrow_mut();
        match purge {
            Purge::Hard => entries.retain(|entry| !matches(&entry.key, &entry.tags)),
            Purge::Soft => {
                for entry in entries.iter_mut().filter(|entry| matches(&entry.key, &entry.tags)) {
                    entry.found.soft_purged = true;
                }
            }
        }
        let number = self.0.next();
        self.0.purges.borrow_mut().push((number, Purged(matches)));
        Ok(())
    }
}

impl Naive {
    pub(super) fn end(&self, hash: u128, token: u64) {
        self.flights.borrow_mut().retain(|flight| flight.hash != hash || flight.token != token);
        let _ = &self.done;
    }

    fn may_store(&self, fill: &Fill, key: &Key, content: &Content<'_>, now: Timestamp) -> bool {
        let flights = self.flights.borrow();
        let mine = flights.iter().any(|flight| flight.token == fill.token && now < flight.until);
        let tags: Vec<Vec<u8>> = content.tags.iter().map(|tag| tag.to_vec()).collect();
        let purges = self.purges.borrow();
        let purged = |(number, purged): &(u64, Purged)| *number > fill.token && purged.0(key, &tags);
        mine && !purges.iter().any(purged)
    }

    fn next(&self) -> u64 {
        self.counter.set(self.counter.get() + 1);
        self.counter.get()
    }
}

fn matcher(selector: Selector<'_>) -> Box<dyn Fn(&Key, &[Vec<u8>]) -> bool> {
    match selector {
        Selector::All => Box::new(|_, _| true),
        Selector::Url(url) => {
            let url = url.to_vec();
            Box::new(move |key, _| *key.url == *url)
        }
        Selector::Prefix(prefix) => {
            let prefix = prefix.to_vec();
            Box::new(move |key, _| key.url.starts_with(&prefix))
        }
        Selector::Tag(tag) => {
            let tag = tag.to_vec();
            Box::new(move |_, tags| tags.contains(&tag))
        }
    }
}
