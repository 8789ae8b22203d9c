//! The steps: words separated by spaces.
//!
//! | step | does |
//! |---|---|
//! | `panic` | panics |
//! | `panic-in-body` | panics when the next piece of the body passes |
//! | `panic-at-end` | panics when the exchange is forgotten |
//! | `call PATH MS` | a callout that must be answered 2xx within MS milliseconds, else a fault |
//! | `call-within LIMIT PATH MS` | the same, given up after LIMIT milliseconds |
//! | `sleep MS` | waits |
//! | `body LIMIT` | waits for the body, at most that many bytes |
//! | `replace TEXT` | replaces the body |
//! | `set NAME VALUE` | sets a header |
//! | `trailers NAME` | waits for the trailers and tells one in the header `x-trailer` of the response |
//! | `reply STATUS` | answers |
//! | `forward` | lets the request go on; what follows is about the response |

use std::time::Duration;

use gatewright::prelude::*;

use crate::Config;

/// An exchange under way.
pub(crate) struct Exchange<'a> {
    side: Side,
    /// What the response is to tell.
    told: Vec<(&'static str, String)>,
    config: &'a Config,
    cx: &'a Context,
    last_breath: Option<LastBreath>,
}

enum Side {
    Request(Request),
    Response(Response),
    Gone,
}

/// Panics when it is dropped.
struct LastBreath;

impl Drop for LastBreath {
    fn drop(&mut self) {
        die("the end");
    }
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(request: Request, config: &'a Config, cx: &'a Context) -> Self {
        Self { side: Side::Request(request), told: Vec::new(), config, cx, last_breath: None }
    }

    /// Takes a step. A reply ends the exchange.
    pub(crate) async fn step(&mut self, step: &str) -> Result<Option<Reply>, Fault> {
        let words: Vec<&str> = step.split(' ').collect();
        match words.as_slice() {
            ["panic"] => die("a step"),
            ["panic-in-body"] => self.panic_in_body(),
            ["panic-at-end"] => self.last_breath = Some(LastBreath),
            ["call", path, timeout] => self.call(path, millis(timeout)).await?,
            ["call-within", limit, path, timeout] => self.call_within(millis(limit), path, millis(timeout)).await?,
            ["sleep", time] => self.cx.sleep(millis(time)).await,
            ["body", limit] => self.body(number(limit)).await?,
            ["replace", text] => self.replace(text),
            ["set", name, value] => self.set(name, value),
            ["trailers", name] => self.trailer(name).await?,
            ["reply", status] => return Ok(Some(self.reply(status))),
            ["forward"] => self.forward().await,
            _ => return Err(Fault::new(Cause::Misuse, format!("no such step: {step}"))),
        }
        Ok(None)
    }

    /// Lets go what is held.
    pub(crate) async fn end(mut self) -> Result<Flow, Fault> {
        let told = !self.told.is_empty() || !self.config.mark.is_empty() || self.last_breath.is_some();
        if told && matches!(self.side, Side::Request(_)) {
            self.forward().await;
        }
        match std::mem::replace(&mut self.side, Side::Gone) {
            Side::Request(request) => Ok(request.forward().into()),
            Side::Response(mut response) => {
                for (name, value) in &self.told {
                    response.set_header(name, value.as_str());
                }
                response.set_header("x-mark", self.config.mark.as_str());
                Ok(response.into())
            }
            Side::Gone => Err(Fault::new(Cause::Misuse, "forwarded twice")),
        }
    }

    async fn call(&mut self, path: &str, timeout: Duration) -> Result<(), Fault> {
        let answer = self.cx.http(&self.config.idp, timeout).get(path).send().await?;
        answer.success()?;
        Ok(())
    }

    async fn call_within(&mut self, limit: Duration, path: &str, timeout: Duration) -> Result<(), Fault> {
        let call = self.cx.http(&self.config.idp, timeout).get(path).send();
        let answer = self.cx.timeout(limit, call).await;
        let answer = answer.map_err(|_| Fault::new(Cause::Callout, "given up"))??;
        answer.success()?;
        Ok(())
    }

    async fn forward(&mut self) {
        if let Side::Request(request) = std::mem::replace(&mut self.side, Side::Gone) {
            self.side = Side::Response(request.forward().await);
        }
    }

    async fn body(&mut self, limit: usize) -> Result<(), Fault> {
        let body = match &mut self.side {
            Side::Request(request) => request.body(limit).await?,
            Side::Response(response) => response.body(limit).await?,
            Side::Gone => &[],
        };
        self.told.push(("x-body", body.len().to_string()));
        Ok(())
    }

    async fn trailer(&mut self, name: &str) -> Result<(), Fault> {
        let trailers = match &mut self.side {
            Side::Request(request) => request.trailers().await?,
            Side::Response(response) => response.trailers().await?,
            Side::Gone => return Ok(()),
        };
        let value = trailers.and_then(|fields| fields.text(name)).unwrap_or("none").to_owned();
        self.told.push(("x-trailer", value));
        Ok(())
    }

    fn replace(&mut self, text: &str) {
        match &mut self.side {
            Side::Request(request) => request.set_body(text),
            Side::Response(response) => response.set_body(text),
            Side::Gone => {}
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match &mut self.side {
            Side::Request(request) => request.set_header(name, value),
            Side::Response(response) => response.set_header(name, value),
            Side::Gone => {}
        }
    }

    fn panic_in_body(&mut self) {
        let filter = |_: &mut Piece| -> Result<(), Reply> { die("a body") };
        match &mut self.side {
            Side::Request(request) => request.filter_body(filter),
            Side::Response(response) => response.filter_body(filter),
            Side::Gone => {}
        }
    }

    fn reply(&self, status: &str) -> Reply {
        Reply::deny(u16::try_from(number(status)).unwrap_or(500), "told").with_body("text/plain", "told")
    }
}

#[expect(clippy::panic, reason = "a test wants to see what a panic does to the host")]
pub(crate) fn die(place: &str) -> ! {
    panic!("told to panic in {place}")
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or(0)
}

fn millis(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap_or(0))
}
