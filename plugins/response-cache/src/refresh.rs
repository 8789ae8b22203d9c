//! Fetching stale responses anew in the background (RFC 5861 §3): tasks that ask the origin by callout.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use gatewright::callout::Answer;
use gatewright::config::Upstream;
use gatewright::{Context, Headers, Services, Setup, Signal};

use crate::asked::Asked;
use crate::cache::Cache;
use crate::capture;
use crate::fetch::set_validators;
use crate::found::Found;
use crate::http::fields;
use crate::http::freshness::Exchanged;
use crate::rules::Answered;
use crate::store::{Begin, Body, Fill, Key};
use crate::target::Target;

/// How many are fetched at a time, in each worker.
const TASKS: usize = 8;
/// How many may wait to be fetched, in each worker.
const MAX_WAITING: usize = 256;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// Request fields that are not the background request's.
const DROPPED: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
];

/// Responses that wait to be fetched anew.
#[derive(Default)]
pub(crate) struct Jobs {
    waiting: RefCell<VecDeque<Job>>,
    added: Signal,
}

struct Job {
    cache: Rc<Cache>,
    upstream: Upstream,
    target: Target<'static>,
    key: Key,
    asked: crate::http::storable::Asked,
    headers: Headers,
    found: Found,
    fill: Fill,
}

impl Jobs {
    /// Starts the tasks of a configuration.
    pub(crate) fn start(setup: &Setup) -> Rc<Self> {
        let jobs = Rc::new(Self::default());
        for _ in 0..TASKS {
            let jobs = Rc::clone(&jobs);
            setup.spawn(move |services| jobs.work(services));
        }
        jobs
    }

    async fn work(self: Rc<Self>, services: Services) {
        loop {
            let added = self.added.wait(&services);
            let job = self.waiting.borrow_mut().pop_front();
            match job {
                Some(job) => job.run(&services).await,
                None => added.await,
            }
        }
    }
}

/// Has a found response fetched anew. False if nobody can: no cluster is known, or too many wait. True also if somebody does already.
pub(crate) fn start(cache: &Rc<Cache>, asked: &Asked<'_>, found: &Found, cx: &Context) -> bool {
    let fill = match cache.shared.store.begin_fill(&asked.key, cx.now()) {
        Ok(Begin::Leader(fill)) => fill,
        Ok(_) => return true,
        Err(_) => return false,
    };
    let jobs = &cache.shared.jobs;
    let Some(upstream) = upstream(cache, cx).filter(|_| jobs.waiting.borrow().len() < MAX_WAITING) else {
        return false;
    };
    let job = Job {
        cache: Rc::clone(cache),
        upstream,
        target: asked.target.clone().into_owned(),
        key: asked.key.clone(),
        asked: asked.for_storage(&cache.config),
        headers: asked.headers.clone().into_owned(),
        found: found.clone(),
        fill,
    };
    jobs.waiting.borrow_mut().push_back(job);
    jobs.added.notify(cx.services());
    true
}

fn upstream(cache: &Cache, cx: &Context) -> Option<Upstream> {
    if let Some(upstream) = &cache.config.refresh.upstream {
        return Some(upstream.clone());
    }
    let cluster = cx.property(&["xds", "cluster_name"])?;
    std::str::from_utf8(&cluster).ok()?.parse().ok()
}

impl Job {
    async fn run(self, services: &Services) {
        let sent = services.now();
        let answer = match self.call(services).send().await {
            Ok(answer) => answer,
            // What is stored stays as it is; the next request that finds it stale tries again.
            Err(_) => return,
        };
        let times = Exchanged { asked: sent, came: services.now() };
        self.cache.metrics.refreshed.increment();
        self.store(&answer, times, services);
    }

    fn call(&self, services: &Services) -> gatewright::callout::HttpCall {
        let timeout = self.cache.config.refresh.timeout.map_or(DEFAULT_TIMEOUT, |timeout| timeout.as_std());
        let path = String::from_utf8_lossy(&self.target.path);
        let call =
            services.http(&self.upstream, timeout).get(&path).authority(&self.target.host).scheme(&self.target.scheme);
        let mut headers = Headers::default();
        for (name, value) in self.headers.iter() {
            let name = String::from_utf8_lossy(name);
            if !name.starts_with(':') && !DROPPED.contains(&&*name) {
                headers.append(name, value);
            }
        }
        if let Some(view) = self.found.read() {
            set_validators(&view.fields, |name, value| {
                if let Some(value) = value {
                    headers.set(name, value);
                }
            });
        }
        let all = headers.iter().map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
        all.fold(call, |call, (name, value)| call.header(name, value)).max_answer(self.cache.config.max_body.as_usize())
    }

    fn store(self, answer: &Answer, times: Exchanged, services: &Services) {
        let Some(view) = self.found.read() else { return };
        let validated = answer.status() == 304;
        let kept: Vec<_> = view.fields.iter().filter(|(name, _)| *name != b"date").collect();
        let fresh: Vec<_> = answer.headers().iter().collect();
        let merged: Headers = fields::updated(&kept, &fresh)
            .into_iter()
            .map(|(name, value)| (String::from_utf8_lossy(name), value))
            .collect();
        let answered = if validated {
            Answered { status: view.meta.status, headers: &merged, times }
        } else {
            Answered { status: answer.status(), headers: answer.headers(), times }
        };
        // An origin that fails has not said that what is stored is wrong.
        if answered.status >= 500 && !validated {
            return;
        }
        let Ok(mut plan) = self.cache.rules.plan(&self.target, self.asked, &self.headers, answered) else { return };
        let body = if validated { Body::Of(&self.found.variant) } else { Body::Bytes(answer.body()) };
        plan.meta.part = view.meta.part.clone().filter(|_| validated);
        capture::commit(&self.cache, self.fill, &self.key, &plan, body, services);
    }
}
