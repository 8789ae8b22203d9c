//! What the upstream gets of a token.

mod value;

use gatewright::config::HeaderName;
use gatewright::{Request, sort};

use crate::places::{Place, Places};
use crate::providers::{Provider, Providers};
use crate::verified::Verified;

/// Makes requests ready for the upstream.
pub(crate) struct Outcome {
    /// Every header that any provider sets: what a client sends under these names is not to be believed.
    ours: Vec<HeaderName>,
}

impl Outcome {
    pub(crate) fn new(providers: &Providers) -> Self {
        let mut ours: Vec<HeaderName> = providers.iter().flat_map(headers).cloned().collect();
        sort::stable(&mut ours);
        ours.dedup();
        Self { ours }
    }

    /// Removes what a client sent under our names.
    pub(crate) fn clean(&self, request: &mut Request) {
        if self.ours.is_empty() {
            return;
        }
        let fields = request.headers().iter().map(|(name, _)| name);
        let forged: Vec<String> = fields.filter(|name| self.is_ours(name)).map(text).collect();
        for name in forged {
            request.remove_header(name);
        }
    }

    /// Adds what the token says, and takes the token out unless it is to be forwarded.
    pub(crate) fn apply(
        &self,
        request: &mut Request,
        provider: &Provider,
        verified: &Verified,
        place: Place,
        places: &Places,
    ) {
        if !provider.forward {
            places.strip(place, request);
            if places.is_dpop(place) {
                request.remove_header("dpop");
            }
        }
        for mapping in &provider.claim_to_headers {
            if let Some(value) = mapping.claim.find(&verified.claims).and_then(value::of_claim) {
                request.set_header(&mapping.header, value);
            }
        }
        if let (Some(name), Some(payload)) = (&provider.forward_payload_header, &verified.payload) {
            request.set_header(name, &**payload);
        }
    }

    /// Whether a field is one of ours. Many services read `x_sub` as `x-sub` (CGI, RFC 3875 §4.1.18), so that counts too.
    fn is_ours(&self, name: &[u8]) -> bool {
        let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
        self.ours.iter().any(|ours| {
            let ours: &[u8] = ours.as_bytes();
            ours.len() == name.len() && ours.iter().zip(name).all(|(one, other)| plain(*one) == plain(*other))
        })
    }
}

fn headers(provider: &Provider) -> impl Iterator<Item = &HeaderName> {
    provider.claim_to_headers.iter().map(|mapping| &mapping.header).chain(&provider.forward_payload_header)
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
