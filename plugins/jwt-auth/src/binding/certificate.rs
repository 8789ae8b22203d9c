//! Tokens bound to the client's certificate (RFC 8705 §3).

use gatewright::Context;
use gatewright::config::Sha256Hex;

use crate::jose::base64url;

/// Whether the client authenticated with the certificate of this SHA-256, in base64url.
pub(super) fn is_presented(digest: &str, cx: &Context) -> bool {
    let presented = cx.peer().and_then(|peer| peer.sha256?.parse::<Sha256Hex>().ok());
    presented.is_some_and(|presented| base64url::encode(presented.as_bytes()) == digest)
}
