//! What is refused without asking any rule.

mod fields;
mod limits;

use gatewright::Headers;

use crate::config::Hygiene;
use crate::normalise::canonical_host;
use crate::value::Refusal;

pub(crate) use limits::Limits;

/// The checks that are on.
pub(crate) struct Checks {
    settings: Hygiene,
    limits: Limits,
}

/// What the header fields say about the request.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) authority: &'a [u8],
    pub(crate) path: &'a [u8],
    pub(crate) content_type: Option<&'a [u8]>,
    pub(crate) content_length: Option<u64>,
    /// The request announces a body.
    pub(crate) has_body: bool,
    /// The body is compressed, or otherwise no text of its content type.
    pub(crate) encoded: bool,
    host: Option<&'a [u8]>,
    transfer_encoding: bool,
    upgrade: bool,
    once: Once,
    size: usize,
    cookies_size: usize,
}

/// What the media types of gRPC and gRPC-Web begin with; then comes nothing, or `+proto`, or `-web`.
const GRPC: &[u8] = b"application/grpc";

/// Fields that may occur once, and did.
#[derive(Debug, Default)]
struct Once(u8);

impl Checks {
    pub(crate) fn new(settings: Hygiene) -> Self {
        let limits = Limits::new(&settings.limits);
        Self { settings, limits }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The methods that pass, as `Allow` has them (RFC 9110 §10.2.1).
    pub(crate) fn allow(&self) -> String {
        self.settings.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Checks all header fields in one pass.
    pub(crate) fn check<'a>(&self, headers: &'a Headers) -> Result<Seen<'a>, Refusal> {
        let mut seen = Seen::default();
        self.limits.headers(headers.len())?;
        for (name, value) in headers.iter() {
            self.field(name, value, &mut seen)?;
        }
        self.limits.sizes(seen.size, seen.cookies_size)?;
        self.message(&mut seen)?;
        Ok(seen)
    }

    fn field<'a>(&self, name: &'a [u8], value: &'a [u8], seen: &mut Seen<'a>) -> Result<(), Refusal> {
        self.limits.header(name.len().saturating_add(value.len()))?;
        seen.size = seen.size.saturating_add(name.len() + value.len());
        let plain = name == b"authorization" && fields::are_plain_credentials(value);
        if self.settings.field_syntax {
            fields::name(name)?;
            if !plain {
                fields::value(value)?;
            }
        }
        let once = |bit, reason, seen: &mut Seen<'_>| {
            let repeated = seen.once.is_repeated(bit) && self.settings.repeated_fields;
            if repeated { Err(Refusal::bad(reason)) } else { Ok(()) }
        };
        match name {
            b":method" => seen.method = value,
            b":path" => seen.path = value,
            b":authority" => seen.authority = value,
            b"host" => {
                once(1, "host_repeated", seen)?;
                seen.host = Some(value);
            }
            b"authorization" => {
                once(2, "authorization_repeated", seen)?;
                if !plain && self.settings.repeated_fields && fields::are_joined_credentials(value) {
                    return Err(Refusal::bad("authorization_repeated"));
                }
            }
            b"content-encoding" => {
                once(4, "content_encoding_repeated", seen)?;
                seen.encoded |= !value.eq_ignore_ascii_case(b"identity");
            }
            b"content-type" => {
                once(8, "content_type_repeated", seen)?;
                seen.content_type = Some(value);
            }
            b"content-length" => self.content_length(value, seen)?,
            b"transfer-encoding" => self.transfer_encoding(value, seen)?,
            b"upgrade" => seen.upgrade = true,
            b"cookie" => seen.cookies_size = seen.cookies_size.saturating_add(value.len()),
            _ => {}
        }
        Ok(())
    }

    fn content_length(&self, value: &[u8], seen: &mut Seen<'_>) -> Result<(), Refusal> {
        let length = fields::length(value);
        if self.settings.content_length {
            if seen.once.is_repeated(16) {
                return Err(Refusal::bad("content_length_repeated"));
            }
            if length.is_none() {
                return Err(Refusal::bad("content_length_invalid"));
            }
        }
        self.limits.body(length.unwrap_or_default())?;
        seen.content_length = length;
        seen.has_body |= length.is_none_or(|length| length > 0);
        Ok(())
    }

    fn transfer_encoding(&self, value: &[u8], seen: &mut Seen<'_>) -> Result<(), Refusal> {
        seen.has_body = true;
        if self.settings.transfer_encoding {
            if std::mem::replace(&mut seen.transfer_encoding, true) {
                return Err(Refusal::bad("transfer_encoding_repeated"));
            }
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::bad("transfer_encoding_unknown"));
            }
        }
        seen.transfer_encoding = true;
        Ok(())
    }

    /// What only all fields together tell.
    fn message(&self, seen: &mut Seen<'_>) -> Result<(), Refusal> {
        let settings = &self.settings;
        let passes =
            settings.methods.is_empty() || settings.methods.iter().any(|method| method.as_bytes() == seen.method);
        if !passes {
            return Err(Refusal::with_status(405, "method_not_allowed"));
        }
        if settings.content_length && seen.content_length.is_some() && seen.transfer_encoding {
            return Err(Refusal::bad("content_length_with_transfer_encoding"));
        }
        if settings.host {
            fields::host(seen.authority)?;
        }
        let differs = |host| canonical_host(host) != canonical_host(seen.authority);
        if settings.repeated_fields && seen.host.is_some_and(differs) {
            return Err(Refusal::bad("host_mismatch"));
        }
        if settings.unexpected_body && seen.has_body && matches!(seen.method, b"GET" | b"HEAD" | b"DELETE" | b"TRACE") {
            return Err(Refusal::bad("body_unexpected"));
        }
        if settings.content_type {
            fields::content_type(seen.content_type, seen.has_body)?;
        }
        if !settings.media_types.is_empty() && (seen.has_body || seen.content_type.is_some()) {
            fields::media_type(seen.content_type.unwrap_or_default(), &settings.media_types)?;
        }
        Ok(())
    }
}

impl Seen<'_> {
    /// Whether messages go both ways at once: gRPC, or a connection that becomes another protocol's. A field alone makes no such
    /// connection: what announces a body has one.
    pub(crate) fn is_stream(&self) -> bool {
        let content_type = self.content_type.unwrap_or_default();
        let (head, rest) = content_type.split_at_checked(GRPC.len()).unwrap_or_default();
        let grpc = head.eq_ignore_ascii_case(GRPC) && rest.first().is_none_or(|next| b"+-; \t".contains(next));
        let upgrade = self.upgrade && self.method == b"GET" && !self.has_body;
        grpc || upgrade || self.method == b"CONNECT"
    }
}

impl Once {
    fn is_repeated(&mut self, bit: u8) -> bool {
        let repeated = self.0 & bit != 0;
        self.0 |= bit;
        repeated
    }
}

#[cfg(test)]
mod tests;
