//! What requests must have in common to share a counter.

mod client_ip;
mod host;
mod pattern;

use std::borrow::Cow;
use std::net::IpAddr;

use gatewright::store::KeyHashing;
use gatewright::syntax::cookie::unquoted;
use gatewright::{Context, Identity, Request};

use crate::config::{CertificateField, KeyPart};

pub(crate) use self::client_ip::network;
pub(crate) use self::pattern::Pattern;

/// What a request has for a part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Missing,
    /// More than one, where a service behind may read another one than this policy. All such requests share a counter.
    Repeated,
    /// A value.
    Bytes(Cow<'a, [u8]>),
    /// An address, and how many leading bits of an IPv6 address count.
    Address(IpAddr, u8),
}

impl<'a> Value<'a> {
    /// What a request has for this part.
    pub(crate) fn of(part: &'a KeyPart, request: &'a Request, cx: &'a Context) -> Self {
        match part {
            KeyPart::ClientIp(settings) => client_ip::find(*settings, request, cx),
            KeyPart::Header(name) => Self::one(request.headers().all(name).map(Cow::Borrowed)),
            KeyPart::Cookie(name) => Self::one(request.headers().cookies(name).map(unquoted).map(Cow::Borrowed)),
            KeyPart::Query(name) => Self::one(request.parameters(name)),
            KeyPart::PathVariable(name) => Self::text(cx.path_variable(name)),
            KeyPart::Claim(name) => cx
                .get::<Identity>()
                .and_then(|identity| identity.text(name).map(owned))
                .map_or(Self::Missing, Self::Bytes),
            KeyPart::Certificate(field) => certificate(*field, cx).map_or(Self::Missing, Self::Bytes),
            KeyPart::Constant(text) => Self::Bytes(Cow::Borrowed(text.as_bytes())),
            KeyPart::Method => Self::Bytes(Cow::Borrowed(request.method().as_bytes())),
            KeyPart::Host => Self::Bytes(host::canonical(request.authority())),
            KeyPart::RouteName => cx.route_name().map_or(Self::Missing, |name| Self::Bytes(owned(Cow::Owned(name)))),
        }
    }

    /// Adds the value to the hash of a key, after a byte that tells the kinds apart.
    pub(crate) fn hash(&self, key: KeyHashing) -> KeyHashing {
        match self {
            Self::Missing => key.with(b"-").with(b""),
            Self::Repeated => key.with(b"*").with(b""),
            Self::Bytes(bytes) => key.with(b"=").with(bytes),
            Self::Address(address, ipv6_prefix) => match network(*address, *ipv6_prefix) {
                IpAddr::V4(address) => key.with(b"@").with(&address.octets()),
                IpAddr::V6(address) => key.with(b"@").with(&address.octets()),
            },
        }
    }

    fn one(mut values: impl Iterator<Item = Cow<'a, [u8]>>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(value), None) => Self::Bytes(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }

    fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, |text| Self::Bytes(Cow::Borrowed(text.as_bytes())))
    }
}

fn certificate<'a>(field: CertificateField, cx: &Context) -> Option<Cow<'a, [u8]>> {
    let peer = cx.peer()?;
    let value = match field {
        CertificateField::Subject => peer.subject,
        CertificateField::UriSan => peer.uri_san,
        CertificateField::DnsSan => peer.dns_san,
        CertificateField::Sha256 => peer.sha256,
    };
    value.map(|value| Cow::Owned(value.into_bytes()))
}

fn owned<'a>(text: Cow<'_, str>) -> Cow<'a, [u8]> {
    Cow::Owned(text.into_owned().into_bytes())
}
