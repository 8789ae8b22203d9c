//! `Cache-Status` (RFC 9211): what the cache did, for whoever debugs it.

/// Why a request went to the origin (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// Nothing of the URL was stored.
    UriMiss,
    /// Nothing that the request's fields select was.
    VaryMiss,
    /// It was stale.
    Stale,
    /// It was fresh, but the request wanted it fresher.
    Request,
    /// A part of it was stored.
    Partial,
    /// The method is not one that a cache answers.
    Method,
}

impl Forwarded {
    fn as_str(self) -> &'static str {
        match self {
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::Request => "request",
            Self::Partial => "partial",
            Self::Method => "method",
        }
    }
}

/// The member for a response from the store. Behind it come the seconds for which that goes on being fresh.
pub(crate) fn hit(cache: &str) -> String {
    [cache, "; hit; ttl="].concat()
}

/// The member for a response that the origin was asked about. `status` is what it said, where the client gets another one.
pub(crate) fn forwarded(cache: &str, why: Forwarded, status: Option<u16>, stored: bool, collapsed: bool) -> String {
    let status = status.map(|status| status.to_string());
    let mut out = [cache, "; fwd=", why.as_str()].concat();
    if let Some(status) = status {
        out.push_str("; fwd-status=");
        out.push_str(&status);
    }
    if stored {
        out.push_str("; stored");
    }
    if collapsed {
        out.push_str("; collapsed");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn rfc9211_2_members_are_tokens_with_parameters() {
        assert_eq!(hit("gw"), "gw; hit; ttl=");
        assert_eq!(forwarded("gw", Forwarded::UriMiss, None, true, false), "gw; fwd=uri-miss; stored");
        assert_eq!(
            forwarded("gw", Forwarded::Stale, Some(304), false, true),
            "gw; fwd=stale; fwd-status=304; collapsed"
        );
    }
}
