//! How much a request may have of anything.

use crate::config;
use crate::value::Refusal;

/// The limits, in bytes and pieces.
pub(crate) struct Limits {
    path: usize,
    query: usize,
    parameters: usize,
    parameter: usize,
    headers: usize,
    headers_size: usize,
    header: usize,
    cookies: usize,
    cookies_size: usize,
    body: u64,
}

impl Limits {
    pub(super) fn new(limits: &config::Limits) -> Self {
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            path: limits.path.as_usize(),
            query: limits.query.as_usize(),
            parameters: count(limits.parameters),
            parameter: limits.parameter.as_usize(),
            headers: count(limits.headers),
            headers_size: limits.headers_size.as_usize(),
            header: limits.header.as_usize(),
            cookies: count(limits.cookies),
            cookies_size: limits.cookies_size.as_usize(),
            body: limits.body.as_bytes(),
        }
    }

    pub(crate) fn target(&self, path: &[u8], query: &[u8]) -> Result<(), Refusal> {
        at_most(path.len(), self.path, 414, "path_too_long")?;
        at_most(query.len(), self.query, 414, "query_too_long")
    }

    pub(crate) fn parameters(&self, count: usize) -> Result<(), Refusal> {
        at_most(count, self.parameters, 400, "too_many_parameters")
    }

    pub(crate) fn parameter(&self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        at_most(name.len().max(value.len()), self.parameter, 400, "parameter_too_long")
    }

    pub(crate) fn cookies(&self, count: usize) -> Result<(), Refusal> {
        at_most(count, self.cookies, 431, "too_many_cookies")
    }

    pub(super) fn headers(&self, count: usize) -> Result<(), Refusal> {
        at_most(count, self.headers, 431, "too_many_headers")
    }

    pub(super) fn header(&self, size: usize) -> Result<(), Refusal> {
        at_most(size, self.header, 431, "header_too_large")
    }

    pub(super) fn sizes(&self, headers: usize, cookies: usize) -> Result<(), Refusal> {
        at_most(headers, self.headers_size, 431, "headers_too_large")?;
        at_most(cookies, self.cookies_size, 431, "cookies_too_large")
    }

    pub(super) fn body(&self, length: u64) -> Result<(), Refusal> {
        if length > self.body { Err(Refusal::with_status(413, "body_too_large")) } else { Ok(()) }
    }
}

fn at_most(found: usize, limit: usize, status: u16, reason: &'static str) -> Result<(), Refusal> {
    if found > limit { Err(Refusal::with_status(status, reason)) } else { Ok(()) }
}
