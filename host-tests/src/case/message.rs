//! Requests and answers as case files write them.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright_testing::message::{Fields, Request, Response};
use serde::Deserialize;

use super::vars::Vars;

/// A request of the client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestSpec {
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default = "test_host")]
    host: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    chunks: Option<Vec<Bytes>>,
    #[serde(default)]
    trailers: Vec<(String, String)>,
}

/// An answer of an upstream.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerSpec {
    status: Option<u16>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    chunks: Option<Vec<Bytes>>,
    #[serde(default)]
    trailers: Vec<(String, String)>,
    pub(super) fault: Option<Fault>,
}

/// What an upstream does in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// Says nothing.
    Timeout,
    /// Resets the connection.
    Reset,
    /// Takes no connection.
    Refuse,
}

/// A body, or a piece of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a body is a text or `{base64: text}`")]
pub(super) enum Bytes {
    Text(String),
    Base64(Base64),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Base64 {
    base64: String,
}

impl RequestSpec {
    /// The request, with `${name}` filled in.
    pub(super) fn build(&self, vars: &Vars) -> Result<Request> {
        let request = Request::new(&self.method, &vars.fill(&self.path).context("request.path")?);
        let mut request = request.with_host(&vars.fill(&self.host).context("request.host")?);
        let body = pieces(self.body.as_ref(), self.chunks.as_deref(), vars).context("request")?;
        request.headers.extend(fields(&self.headers, vars).context("request.headers")?);
        request.trailers = fields(&self.trailers, vars).context("request.trailers")?;
        add_length(&mut request.headers, &body, &request.trailers);
        request.body = body;
        Ok(request)
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.path.starts_with('/') && !self.path.starts_with("${") && self.path != "*" {
            bail!("request.path: {:?} does not start with `/`", self.path);
        }
        check_body(self.body.as_ref(), self.chunks.as_deref()).context("request")
    }
}

impl AnswerSpec {
    /// The answer, with `${name}` filled in.
    pub(super) fn build(&self, vars: &Vars) -> Result<Response> {
        let mut response = Response::new(self.status.unwrap_or(200));
        let body = pieces(self.body.as_ref(), self.chunks.as_deref(), vars)?;
        response.headers.extend(fields(&self.headers, vars).context("headers")?);
        response.trailers = fields(&self.trailers, vars).context("trailers")?;
        add_length(&mut response.headers, &body, &response.trailers);
        response.body = body;
        Ok(response)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            bail!("status: {} is no final status; it is 200 to 599", self.status.unwrap_or_default());
        }
        check_body(self.body.as_ref(), self.chunks.as_deref())
    }
}

impl Bytes {
    fn build(&self, vars: &Vars) -> Result<Vec<u8>> {
        match self {
            Self::Text(text) => Ok(vars.fill(text)?.into_bytes()),
            Self::Base64(Base64 { base64 }) => STANDARD.decode(base64).with_context(|| format!("base64: {base64:?}")),
        }
    }
}

fn check_body(body: Option<&Bytes>, chunks: Option<&[Bytes]>) -> Result<()> {
    if body.is_some() && chunks.is_some() {
        bail!("body, chunks: a body comes whole or in chunks; keep one of them");
    }
    let pieces = body.into_iter().chain(chunks.into_iter().flatten());
    pieces
        .filter(|piece| matches!(piece, Bytes::Base64(_)))
        .try_for_each(|piece| piece.build(&Vars::default()).map(drop))
}

fn pieces(body: Option<&Bytes>, chunks: Option<&[Bytes]>, vars: &Vars) -> Result<Vec<Vec<u8>>> {
    body.into_iter().chain(chunks.into_iter().flatten()).map(|piece| piece.build(vars)).collect()
}

fn fields(written: &[(String, String)], vars: &Vars) -> Result<Fields> {
    let field = |(name, value): &(String, String)| {
        let value = vars.fill(value).with_context(|| name.clone())?;
        Ok((name.to_ascii_lowercase().into_bytes(), value.into_bytes()))
    };
    written.iter().map(field).collect()
}

/// A body in one piece announces its length, as it does on the wire of HTTP/1.1.
fn add_length(headers: &mut Fields, body: &[Vec<u8>], trailers: &Fields) {
    let says = |name: &[u8]| headers.iter().any(|(found, _)| found == name);
    let [only] = body else { return };
    if trailers.is_empty() && !says(b"content-length") && !says(b"transfer-encoding") {
        headers.push((b"content-length".to_vec(), only.len().to_string().into_bytes()));
    }
}

fn get() -> String {
    "GET".into()
}

fn test_host() -> String {
    "test.example".into()
}
