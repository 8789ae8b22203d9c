//! A running Envoy.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gatewright_testing::message::{Request, Response};

use super::admin::Admin;
use super::builder::write_json;
use super::process::Process;
use super::{EnvoyBuilder, Listener, LogLine, listener, log, usage};
use crate::net::wait::Deadline;
use crate::net::{Client, Received};

const UPDATE_LIMIT: Duration = Duration::from_secs(60);

/// An Envoy that serves. Ends, and takes its files with it, when dropped; a failed test keeps the files.
#[derive(Debug)]
pub struct Envoy {
    pub(super) process: Process,
    pub(super) admin: Admin,
    pub(super) address: SocketAddr,
    pub(super) workers: u64,
    pub(super) versions: Option<u64>,
}

/// What Envoy did with a new listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// New connections are served by it, on every worker.
    Accepted,
    /// The old one keeps serving, for this reason.
    Rejected(String),
}

impl Envoy {
    /// Configures an Envoy with this listener.
    #[must_use]
    pub fn builder(listener: Listener) -> EnvoyBuilder {
        EnvoyBuilder::new(listener)
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its admin interface listens.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.0
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Envoy does not accept it.
    pub fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    /// Sends one request on a connection of its own and tells how the answer ended.
    ///
    /// # Errors
    /// No answer's headers came.
    pub fn exchange(&self, request: &Request) -> Result<Received> {
        self.client()?.send(request)
    }

    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// No whole response came.
    pub fn send(&self, request: &Request) -> Result<Response> {
        let received = self.exchange(request)?;
        match received.ending {
            crate::net::Ending::Complete => Ok(received.response),
            ending => {
                bail!("the response ended early ({ending:?}): {:?}", received.response.headers)
            }
        }
    }

    /// All counters and gauges.
    ///
    /// # Errors
    /// Envoy does not answer.
    pub fn stats(&self) -> Result<Vec<(String, u64)>> {
        self.admin.stats()
    }

    /// A counter or gauge; None where there is none of that name.
    ///
    /// # Errors
    /// Envoy does not answer.
    pub fn stat(&self, name: &str) -> Result<Option<u64>> {
        self.admin.stat(name)
    }

    /// What plugins have logged, and what Envoy said about them.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log_lines(&self) -> Result<Vec<LogLine>> {
        Ok(log::wasm_lines(&self.process.log()?))
    }

    /// Waits, 20 seconds at most, for a plugin's line: what an exchange logs comes after its response.
    ///
    /// # Errors
    /// It did not come.
    pub fn wait_for_log(&self, wanted: impl Fn(&LogLine) -> bool) -> Result<LogLine> {
        self.wait_for_logs(1, wanted)?.pop().context("one line was waited for")
    }

    /// Waits, 20 seconds at most, for so many such lines.
    ///
    /// # Errors
    /// Fewer came.
    pub fn wait_for_logs(&self, count: usize, wanted: impl Fn(&LogLine) -> bool) -> Result<Vec<LogLine>> {
        let mut found = Vec::new();
        let waited = Deadline::after(Duration::from_secs(20)).try_poll(|| {
            found = self.log_lines()?;
            found.retain(|line| wanted(line));
            anyhow::Ok((found.len() >= count).then_some(()))
        })?;
        if waited.is_none() {
            bail!("{count} lines expected in the plugins' log, found {}", found.len());
        }
        Ok(found)
    }

    /// The access log so far ([`Listener::access_log`]). Envoy writes it with up to 20 ms delay.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn access_log(&self) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(self.process.file("access.log")).context("read the access log")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Bytes that the process holds in memory.
    ///
    /// # Errors
    /// The process has ended.
    pub fn rss(&self) -> Result<u64> {
        usage::rss(self.process.id())
    }

    /// Nanoseconds that the process has spent on CPUs.
    ///
    /// # Errors
    /// The process has ended.
    pub fn cpu_ns(&self) -> Result<u64> {
        usage::cpu_ns(self.process.id())
    }

    /// Replaces the listener of an Envoy that was built [`EnvoyBuilder::dynamic`], and waits for what becomes of it.
    ///
    /// # Errors
    /// The listener is static, or Envoy neither accepts nor rejects the new one within a minute.
    pub fn update(&mut self, listener: &Listener) -> Result<Update> {
        let version = self.versions.context("a static listener cannot change: start with EnvoyBuilder::dynamic")? + 1;
        self.versions = Some(version);
        let before = Counters::read(self.admin)?;
        let json = listener.json(&self.process.file("access.log"));
        write_json(&self.process.file("lds.json"), &listener::discovery(json, version))?;
        let update = Deadline::after(UPDATE_LIMIT).try_poll(|| self.outcome(before))?;
        update.with_context(|| format!("Envoy did not take up the new listener within {UPDATE_LIMIT:?}"))
    }

    fn outcome(&self, before: Counters) -> Result<Option<Update>> {
        let now = Counters::read(self.admin)?;
        if now.rejected > before.rejected {
            return Ok(Some(Update::Rejected(self.admin.refusal()?.unwrap_or_default())));
        }
        if now.accepted == before.accepted {
            return Ok(None);
        }
        // Accepted, but each worker takes it up on its own; an unchanged listener is not passed on at all.
        let taken_up = now.modified == before.modified || now.created >= before.created + self.workers;
        Ok(taken_up.then_some(Update::Accepted))
    }
}

#[derive(Clone, Copy, Debug)]
struct Counters {
    accepted: u64,
    rejected: u64,
    modified: u64,
    created: u64,
}

impl Counters {
    fn read(admin: Admin) -> Result<Self> {
        let stats = admin.stats()?;
        let value = |name: &str| {
            let name = format!("listener_manager.{name}");
            stats.iter().find(|(found, _)| *found == name).map_or(0, |(_, value)| *value)
        };
        Ok(Self {
            accepted: value("lds.update_success"),
            rejected: value("lds.update_rejected"),
            modified: value("listener_modified"),
            created: value("listener_create_success"),
        })
    }
}
