//! What is done to responses.

mod leaks;
mod mask;
mod numbers;

use gatewright::config::ConfigError;
use gatewright::{BodyError, Cause, Fault, Flow, Reply, Request, Response};

use crate::config::{self, Unreadable};
use leaks::Leaks;
use mask::Masks;

/// What is done to responses.
pub(crate) struct Responses {
    settings: config::Response,
    /// Fields that are set where the service sent none.
    careful: Vec<(&'static str, String)>,
    leaks: Option<Leaks>,
    masks: Option<Masks>,
}

impl Responses {
    pub(crate) fn new(settings: config::Response) -> Result<Self, ConfigError> {
        let careful = settings.security_headers.as_ref().map(config::SecurityHeaders::fields).unwrap_or_default();
        let leaks = if settings.block_stack_traces { Some(Leaks::new()?) } else { None };
        let masks = settings.mask.is_on().then(|| Masks::new(&settings.mask));
        Ok(Self { settings, careful, leaks, masks })
    }

    /// Whether responses matter at all.
    pub(crate) fn is_on(&self) -> bool {
        self.settings.is_on()
    }

    /// Lets the request go on and edits what comes back.
    pub(crate) async fn of(&self, mut request: Request) -> Result<Flow, Fault> {
        if self.settings.looks_into_bodies() && request.header("accept-encoding").is_some() {
            // A compressed body could not be looked at.
            request.remove_header("accept-encoding");
        }
        let mut response = request.forward().await;
        self.fields(&mut response);
        if self.settings.looks_into_bodies()
            && is_text(&response)
            && let Some(reply) = self.body(&mut response).await?
        {
            return Ok(self.dressed(reply).into());
        }
        Ok(response.into())
    }

    /// A reply of our own with the fields that every response has.
    pub(crate) fn dressed(&self, reply: Reply) -> Reply {
        let set = self.settings.set.iter().map(|header| (header.name.as_str(), header.value.as_str()));
        let careful = self.careful.iter().map(|(name, value)| (*name, value.as_str()));
        set.chain(careful).fold(reply, |reply, (name, value)| reply.with_header(name, value))
    }

    fn fields(&self, response: &mut Response) {
        for name in &self.settings.strip {
            response.remove_header(name);
        }
        for header in &self.settings.set {
            response.set_header(&header.name, header.value.as_str());
        }
        for (name, value) in &self.careful {
            if response.header(name).is_none() {
                response.set_header(name, value);
            }
        }
    }

    /// Masks the body, or says what takes the response's place.
    async fn body(&self, response: &mut Response) -> Result<Option<Reply>, Fault> {
        let compressed =
            response.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity"));
        if compressed {
            return self.unreadable("the response's body is compressed");
        }
        let json = has_type(response, |essence| essence.ends_with(b"json"));
        let body = match response.body(self.settings.max_size.as_usize()).await {
            Ok(body) => body,
            Err(BodyError::TooLarge { .. }) => {
                return self.unreadable("the response's body is larger than `response.max_size`");
            }
            Err(error) => return Err(error.into()),
        };
        if self.leaks.as_ref().is_some_and(|leaks| leaks.are_in(body)) {
            return Ok(Some(Reply::deny(500, "response_leak")));
        }
        let masked = self.masks.as_ref().and_then(|masks| masks.masked(body, json));
        if let Some(masked) = masked {
            response.set_body(masked);
        }
        Ok(None)
    }

    fn unreadable(&self, why: &'static str) -> Result<Option<Reply>, Fault> {
        match self.settings.unreadable {
            Unreadable::Fault => Err(Fault::new(Cause::BodyTooLarge, why)),
            Unreadable::Pass => Ok(None),
        }
    }
}

/// Text, JSON or XML; but no stream of events, which would not end.
fn is_text(response: &Response) -> bool {
    has_type(response, |essence| {
        let text = essence.starts_with(b"text/") && essence != b"text/event-stream";
        text || essence.ends_with(b"json") || essence.ends_with(b"xml")
    })
}

fn has_type(response: &Response, wanted: impl Fn(&[u8]) -> bool) -> bool {
    let value = response.header("content-type").unwrap_or_default();
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    wanted(essence.to_ascii_lowercase().as_slice())
}
