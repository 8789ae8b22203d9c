//! Answers from the store.

use std::rc::Rc;

use gatewright::{Headers, Reply, Timestamp};

use crate::entry::View;
use crate::found::{self, Found};
use crate::http::conditional::{self, Condition};
use crate::http::range::{self, Ranges, Span};

/// What separates the parts of an answer with several ranges. It cannot end a part too early: parts have lengths.
const BOUNDARY: &str = "gatewright-7f3a91c6e05d4b28";

/// What is asked of a stored response.
pub(crate) struct Wanted<'a> {
    pub(crate) headers: &'a Headers,
    pub(crate) head: bool,
    /// What `cache-status` is to say, if it is known already.
    pub(crate) member: Option<&'a str>,
}

/// What is to be sent of a stored response.
enum Selection {
    NotModified,
    Whole,
    Parts(Vec<Span>),
    Unsatisfiable,
    /// The stored message is partial itself, and this part of it is asked for; `None`: all of it.
    PartOf(Option<Span>),
}

/// The answer from the store. `body` is called if there is one to send; `None` from it: it is not there any more.
pub(crate) fn answer(
    wanted: &Wanted<'_>,
    found: &Found,
    view: &View,
    now: Timestamp,
    body: impl FnOnce() -> Option<Rc<Vec<u8>>>,
) -> Option<Reply> {
    let length = u64::try_from(found.variant.body_length()).unwrap_or(u64::MAX);
    let selection = select(wanted, view, length);
    let mut age = itoa::Buffer::new();
    let age = ("age", age.format(view.meta.age(now)));
    let all = wanted.member.map(|member| [age, ("cache-status", member)]);
    let more = all.as_ref().map_or(std::slice::from_ref(&age), <[_; 2]>::as_slice);
    let reply = match selection {
        Selection::Whole | Selection::PartOf(None) => {
            let headers = view.fields.encode_with(more);
            return Some(
                Reply::answer(view.meta.status, "hit").with_encoded_headers(headers).with_shared_content(body()?),
            );
        }
        Selection::NotModified => Reply::answer(304, "hit").with_headers(without_content(&view.fields)),
        Selection::Unsatisfiable => {
            let mut headers = without_content(&view.fields);
            headers.set("content-range", format!("bytes */{length}"));
            Reply::answer(416, "hit").with_headers(headers)
        }
        Selection::Parts(spans) => ranges(&spans, view, &body()?),
        Selection::PartOf(Some(span)) => part_of(span, view, &body()?),
    };
    Some(more.iter().fold(reply, |reply, (name, value)| reply.with_header(name, *value)))
}

fn select(wanted: &Wanted<'_>, view: &View, length: u64) -> Selection {
    let success = (200..300).contains(&view.meta.status);
    if success
        && conditional::evaluate(wanted.headers, &view.fields, view.meta.came.seconds()) == Condition::NotModified
    {
        return Selection::NotModified;
    }
    if let Some(part) = &view.meta.part {
        let asked = wanted.headers.get("range").unwrap_or_default();
        let same = range::same_request(&part.asked, asked);
        return Selection::PartOf(if same { None } else { found::within(part, asked) });
    }
    let field = wanted.headers.single("range").ok().flatten();
    if wanted.head || view.meta.status != 200 || !conditional::allows_range(wanted.headers, &view.fields) {
        return Selection::Whole;
    }
    match range::requested(field, length) {
        Ranges::Whole => Selection::Whole,
        Ranges::Parts(spans) => Selection::Parts(spans),
        Ranges::Unsatisfiable => Selection::Unsatisfiable,
    }
}

fn ranges(spans: &[Span], view: &View, body: &[u8]) -> Reply {
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    match spans {
        [span] => partial(view, *span, length, span.of(body, 0).unwrap_or_default().to_vec()),
        spans => multipart(view, spans, body),
    }
}

/// A part of what is a part itself.
fn part_of(span: Span, view: &View, body: &[u8]) -> Reply {
    let known = view.meta.part.as_ref().and_then(|part| part.range);
    let offset = known.map_or(0, |known| known.span.first);
    let whole = known.and_then(|known| known.length).unwrap_or(u64::MAX);
    partial(view, span, whole, span.of(body, offset).unwrap_or_default().to_vec())
}

fn partial(view: &View, span: Span, length: u64, body: Vec<u8>) -> Reply {
    let mut headers = view.fields.clone();
    let value = if length == u64::MAX {
        format!("bytes {}-{}/*", span.first, span.last)
    } else {
        range::content_range_value(span, length)
    };
    headers.set("content-range", value);
    Reply::answer(206, "hit").with_headers(headers).with_content(body)
}

fn multipart(view: &View, spans: &[Span], body: &[u8]) -> Reply {
    let mut headers = view.fields.clone();
    let content_type = view.fields.get("content-type").unwrap_or(b"application/octet-stream");
    let content = range::multipart(body, spans, content_type, BOUNDARY);
    headers.set("content-type", ["multipart/byteranges; boundary=", BOUNDARY].concat());
    Reply::answer(206, "hit").with_headers(headers).with_content(content)
}

/// Fields without those about a content that is not sent (RFC 9110 §15.4.5).
fn without_content(fields: &Headers) -> Headers {
    let kept = fields.iter().filter(|(name, _)| {
        !name.starts_with(b"content-") || *name == b"content-location" || name.starts_with(b"content-security-policy")
    });
    kept.map(|(name, value)| (String::from_utf8_lossy(name), value)).collect()
}
