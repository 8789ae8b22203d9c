//! What is to happen on a worker, and when.

use std::cell::RefCell;
use std::rc::Rc;

use super::answer::{GrpcKind, Kind};
use super::exchange::Exchange;
use crate::message::Response;

/// Something that happens when its time has come. Events of a VM that has gone are dropped.
pub(crate) enum Event {
    Upstream {
        exchange: Exchange,
        kind: Kind,
    },
    /// An HTTP callout ends; without a response it failed.
    Callout {
        vm: u64,
        root: u32,
        token: u32,
        response: Option<Response>,
    },
    GrpcReply {
        vm: u64,
        root: u32,
        token: u32,
        kind: GrpcKind,
    },
    GrpcClose {
        vm: u64,
        root: u32,
        token: u32,
        status: u32,
        message: Vec<u8>,
    },
}

struct Scheduled {
    due: u64,
    number: u64,
    event: Event,
}

/// Events of one worker in order of their time, then of their scheduling.
#[derive(Clone, Default)]
pub(crate) struct Timeline(Rc<RefCell<(u64, Vec<Scheduled>)>>);

impl Timeline {
    pub(crate) fn schedule(&self, due: u64, event: Event) {
        let (last, events) = &mut *self.0.borrow_mut();
        *last += 1;
        events.push(Scheduled { due, number: *last, event });
    }

    pub(crate) fn next_due(&self) -> Option<u64> {
        self.0.borrow().1.iter().map(|scheduled| scheduled.due).min()
    }

    /// Takes the first event that is due.
    pub(crate) fn take_due(&self, now: u64) -> Option<Event> {
        let events = &mut self.0.borrow_mut().1;
        let due = events.iter().enumerate().filter(|(_, scheduled)| scheduled.due <= now);
        let (at, _) = due.min_by_key(|(_, scheduled)| (scheduled.due, scheduled.number))?;
        Some(events.remove(at).event)
    }
}
