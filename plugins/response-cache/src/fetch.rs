//! Asking the origin, and what becomes of its answer.

use std::rc::Rc;

use gatewright::config::Mode;
use gatewright::{Context, Fault, Flow, Headers, Reply, Request, Response};

use crate::asked::Asked;
use crate::cache::{Ask, Cache};
use crate::capture;
use crate::complete;
use crate::entry::View;
use crate::http::freshness::Exchanged;
use crate::http::reuse::OrStale;
use crate::http::status::is_server_failure;
use crate::http::text::spaced;
use crate::rules::{Answered, NotStored};
use crate::status_field;
use crate::store::Fill;
use crate::update;

/// A request on its way to the origin.
pub(crate) struct Fetch<'a> {
    pub(crate) cache: &'a Rc<Cache>,
    pub(crate) asked: Asked<'static>,
    pub(crate) ask: Ask,
    /// The right to store what comes.
    pub(crate) fill: Option<Fill>,
    /// It waited for another request in vain.
    pub(crate) collapsed: bool,
}

impl Fetch<'_> {
    /// Forwards the request, and answers it.
    pub(crate) async fn run(mut self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        // In shadow mode the origin gets the request as it came, so its answer is to that.
        let edits = cx.mode() == Mode::Enforce;
        let validates = edits && self.condition(&mut request);
        let completes = edits && !validates && complete::ask_for_rest(&mut self, &mut request);
        let sent = cx.now();
        let response = request.forward().await;
        let times = Exchanged { asked: sent, came: cx.now() };
        if response.is_reply() {
            // Not the origin's: another policy answered.
            return Ok(response.into());
        }
        let status = response.status();
        if validates && status == 304 {
            return Ok(self.validated(response, times, cx));
        }
        if is_server_failure(status)
            && self.may_be_stale(&response)
            && let Some(reply) = self.stale(status, cx)
        {
            return Ok(reply.into());
        }
        if completes && status == 206 {
            return complete::combine(self, response, times, cx).await;
        }
        if self.asked.head {
            update::by_head(&mut self, &response, times, cx);
        }
        Ok(self.pass_on(response, times, cx).into())
    }

    /// Makes the request one that asks whether what is stored is still right (RFC 9111 §4.3.1).
    fn condition(&mut self, request: &mut Request) -> bool {
        let Some(found) = self.ask.found.as_mut().filter(|found| found.covers(&self.asked.headers)) else {
            return false;
        };
        // What the origin calls right must still be there then.
        found.held = self.cache.body(found);
        let Some(view) = found.read().filter(|_| found.held.is_some()) else { return false };
        set_validators(&view.fields, |name, value| match value {
            Some(value) => request.set_header(name, value),
            None => request.remove_header(name),
        })
    }

    /// The origin says that what is stored is right.
    fn validated(mut self, response: Response, times: Exchanged, cx: &Context) -> Flow {
        let Some(found) = self.ask.found.take() else { return response.into() };
        self.cache.metrics.revalidated.increment();
        let (found, stored) = update::by_304(&mut self, found, response.headers(), times, cx);
        match self.cache.reply(&self.asked, &found, cx.now()) {
            Some(reply) => self.describe(reply, Some(304), stored).into(),
            None => response.into(),
        }
    }

    /// Whether what is stored may be sent in place of this failure.
    fn may_be_stale(&self, failure: &Response) -> bool {
        match self.ask.or_stale {
            OrStale::Never => false,
            OrStale::IfUnreachable => failure.is_upstream_unreachable(),
            OrStale::IfError => true,
        }
    }

    /// What is stored, although stale: the origin failed (RFC 9111 §4.2.4, RFC 5861 §4).
    fn stale(&self, status: u16, cx: &Context) -> Option<Reply> {
        let reply = self.cache.reply(&self.asked, self.ask.found.as_ref()?, cx.now())?;
        self.cache.metrics.stale.increment();
        Some(self.describe(reply, Some(status), false))
    }

    /// Passes the origin's answer on, and stores it if it may be stored.
    fn pass_on(mut self, mut response: Response, times: Exchanged, cx: &Context) -> Response {
        self.cache.metrics.miss.increment();
        // A proxy that joins lines by a bare comma writes what no recipient should have to read.
        if let Some(spaced) = response.headers().single("cache-control").ok().flatten().and_then(spaced) {
            response.set_header("cache-control", spaced);
        }
        let answered = Answered { status: response.status(), headers: response.headers(), times };
        let asked = self.asked.for_storage(&self.cache.config);
        let plan = self.cache.rules.plan(&self.asked.target, asked, &self.asked.headers, answered);
        let stored = match (plan, self.fill.take()) {
            (Ok(plan), Some(fill)) if !self.asked.head => {
                let known = self.ask.found.take();
                capture::start(self.cache, &mut response, fill, &self.asked.key, plan, known, cx.services())
            }
            (Err(NotStored::Response), Some(fill)) if !self.asked.head => {
                capture::remember_uncacheable(self.cache, fill, cx.services());
                false
            }
            _ => false,
        };
        if let Some(name) = &self.cache.config.cache_status {
            let member = status_field::forwarded(name, self.ask.why, None, stored, self.collapsed);
            response.append_header("cache-status", member);
        }
        response
    }

    /// Adds `cache-status` to an answer for which the origin was asked.
    pub(crate) fn describe(&self, reply: Reply, status: Option<u16>, stored: bool) -> Reply {
        self.cache.describe(reply, |name| status_field::forwarded(name, self.ask.why, status, stored, self.collapsed))
    }
}

/// The conditions that ask for a stored response to be validated; `None` removes a field. Whether there is any.
pub(crate) fn set_validators(stored: &Headers, mut set: impl FnMut(&'static str, Option<&[u8]>)) -> bool {
    let (tag, modified) = (stored.get("etag"), stored.get("last-modified"));
    if tag.is_none() && modified.is_none() {
        return false;
    }
    // The client's own conditions are about what it has; they are evaluated when it is known what is right.
    set("if-none-match", tag);
    set("if-modified-since", modified);
    true
}

/// The stored fields of a found response.
pub(crate) fn fields_of(view: &View) -> Vec<(&[u8], &[u8])> {
    view.fields.iter().collect()
}
