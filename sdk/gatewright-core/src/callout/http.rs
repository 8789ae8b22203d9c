//! HTTP callouts.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CalloutError, MAX_ANSWER, Registered, State};
use crate::config::Upstream;
use crate::headers::{Headers, IntoFieldValue};
use crate::pairs;
use crate::services::Services;

/// An HTTP call that is being put together. Made by [`Services::http`].
#[must_use = "a call does nothing until it is sent and awaited"]
pub struct HttpCall {
    services: Services,
    upstream: String,
    timeout: Duration,
    headers: Headers,
    body: Vec<u8>,
    max_answer: usize,
}

/// What a callout was answered.
#[derive(Debug)]
pub struct Answer {
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Headers,
}

impl HttpCall {
    pub(crate) fn new(services: &Services, upstream: &Upstream, timeout: Duration) -> Self {
        let mut headers = Headers::default();
        headers.set(":method", "GET");
        headers.set(":scheme", "http");
        headers.set(":authority", upstream.as_str());
        headers.set(":path", "/");
        Self {
            services: services.clone(),
            upstream: upstream.as_str().to_owned(),
            timeout,
            headers,
            body: Vec::new(),
            max_answer: MAX_ANSWER,
        }
    }

    /// `GET` of this path.
    pub fn get(self, path: &str) -> Self {
        self.method("GET", path)
    }

    /// `POST` to this path.
    pub fn post(self, path: &str) -> Self {
        self.method("POST", path)
    }

    /// Any method.
    pub fn method(mut self, method: &str, path: &str) -> Self {
        self.headers.set(":method", method);
        self.headers.set(":path", path);
        self
    }

    /// The `:authority` to name; without one, the upstream's name.
    pub fn authority(mut self, authority: &str) -> Self {
        self.headers.set(":authority", authority);
        self
    }

    /// The `:scheme` to name; without one, `http`. Whether the call is encrypted is the upstream's matter.
    pub fn scheme(mut self, scheme: &str) -> Self {
        self.headers.set(":scheme", scheme);
        self
    }

    /// Adds a header field.
    pub fn header(mut self, name: impl AsRef<str>, value: impl IntoFieldValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.headers.set("content-type", content_type);
        self.headers.set("content-length", self.body.len());
        self
    }

    /// Sets a body of form fields (`application/x-www-form-urlencoded`), encoded.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (name, value) in fields {
            if !body.is_empty() {
                body.push('&');
            }
            encode_form(&mut body, name);
            body.push('=');
            encode_form(&mut body, value);
        }
        self.body("application/x-www-form-urlencoded", body)
    }

    /// Sets a JSON body. A value that does not serialise leaves the body empty, which the other side will refuse.
    pub fn json(self, value: &impl Serialize) -> Self {
        self.body("application/json", serde_json::to_vec(value).unwrap_or_default())
    }

    /// The largest answer to read, in bytes; without this, [`MAX_ANSWER`].
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Sends the call and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// A [`CalloutError`] if there is no answer to read.
    pub async fn send(self) -> Result<Answer, CalloutError> {
        let (root, owner) = (self.services.root(), self.services.owner());
        let fields = pairs::encode(self.headers.iter());
        let millis = u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX).max(1);
        let token = root
            .host()
            .http_call(self.upstream.as_bytes(), &fields, &self.body, &[], millis)
            .map_err(CalloutError::NotStarted)?;
        let state = State::Http { max_answer: self.max_answer, answer: None };
        let call = Registered::new(root, owner, token, state);
        poll_fn(|_| match &mut *call.pending.state.borrow_mut() {
            State::Http { answer, .. } => {
                answer.take().map_or(Poll::Pending, |answer| Poll::Ready(answer.map(|answer| *answer)))
            }
            _ => Poll::Ready(Err(CalloutError::Failed)),
        })
        .await
    }
}

impl Answer {
    /// The status code; 0 if it is no number.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.headers.text(":status").and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The trailer fields.
    #[must_use]
    pub fn trailers(&self) -> &Headers {
        &self.trailers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The answer, if its status is 2xx.
    ///
    /// # Errors
    /// [`CalloutError::Status`] otherwise: a proxy answers for an upstream that is down, so another status may mean anything.
    pub fn success(self) -> Result<Self, CalloutError> {
        match self.status() {
            200..=299 => Ok(self),
            status => Err(CalloutError::Status(status)),
        }
    }

    /// The body of a 2xx answer, read as JSON.
    ///
    /// # Errors
    /// [`CalloutError::Status`] for any other status, [`CalloutError::Unreadable`] if the body does not fit `T`.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, CalloutError> {
        let answer = self.success()?;
        serde_json::from_slice(&answer.body).map_err(|error| CalloutError::Unreadable(error.to_string()))
    }
}

/// Percent-encodes as `application/x-www-form-urlencoded` asks for (WHATWG URL §5.2).
fn encode_form(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn form_fields_are_encoded() {
        let mut out = String::new();
        super::encode_form(&mut out, "a b&c=d/é~");
        assert_eq!(out, "a+b%26c%3Dd%2F%C3%A9%7E");
    }
}
