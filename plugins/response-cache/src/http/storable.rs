//! Whether a response may be stored by a shared cache (RFC 9111 §3).

use gatewright::Headers;

use super::cache_control::{Extent, ResponseDirectives};
use super::status::{is_heuristically_cacheable, is_understood};

/// What of the request matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// It has `Authorization`.
    pub authorization: bool,
    /// It has `Cache-Control: no-store`.
    pub no_store: bool,
}

/// Why a response is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The status is not a final one, or not one that can be stored.
    Status,
    /// `must-understand` on a status whose meaning is not known here.
    MustUnderstand,
    /// `no-store`, of request or response.
    NoStore,
    /// `private`.
    Private,
    /// The request has `Authorization`, and the response does not say that it may be shared.
    Authorization,
    /// It sets cookies.
    SetCookie,
    /// Nothing says that it may be stored: no freshness, no `public`, no status that implies it.
    NotCacheable,
}

/// Why a response must not be stored; `None` if it may. `forced` says that the configuration gives it a lifetime.
#[must_use]
pub fn refusal(
    asked: Asked,
    status: u16,
    headers: &Headers,
    directives: &ResponseDirectives,
    expires: bool,
    forced: bool,
) -> Option<Refusal> {
    if !(200..=599).contains(&status) || status == 304 {
        return Some(Refusal::Status);
    }
    if directives.must_understand && !is_understood(status) {
        return Some(Refusal::MustUnderstand);
    }
    // A cache that understands both may store what it is told not to (§5.2.2.3).
    if asked.no_store || (directives.no_store && !directives.must_understand) {
        return Some(Refusal::NoStore);
    }
    if directives.private == Extent::Whole {
        return Some(Refusal::Private);
    }
    if asked.authorization && !shares_with_others(directives) {
        return Some(Refusal::Authorization);
    }
    let allowed = directives.public
        || directives.max_age.is_some()
        || directives.s_maxage.is_some()
        || (expires && headers.contains("expires"))
        || is_heuristically_cacheable(status);
    (!allowed && !forced).then_some(Refusal::NotCacheable)
}

/// The statements that let a response to an authenticated request be stored (RFC 9111 §3.5).
fn shares_with_others(directives: &ResponseDirectives) -> bool {
    directives.public || directives.must_revalidate || directives.s_maxage.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn verdict(asked: Asked, status: u16, fields: &[(&str, &str)]) -> Option<Refusal> {
        let headers: Headers = fields.iter().copied().collect();
        let directives = ResponseDirectives::read(headers.all("cache-control"));
        refusal(asked, status, &headers, &directives, true, false)
    }

    fn plain(status: u16, cache_control: &str) -> Option<Refusal> {
        verdict(Asked::default(), status, &[("cache-control", cache_control)])
    }

    #[test]
    fn rfc9111_3_every_final_status_with_explicit_freshness_may_be_stored() {
        for status in (200..=599).filter(|status| *status != 304) {
            assert_eq!(plain(status, "max-age=1"), None, "{status}");
        }
        for status in [100, 103, 304, 600, 999, 0] {
            assert_eq!(plain(status, "max-age=1"), Some(Refusal::Status), "{status}");
        }
    }

    #[test]
    fn rfc9111_3_without_explicit_freshness_the_status_decides() {
        for status in [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501] {
            assert_eq!(plain(status, ""), None, "{status}");
        }
        for status in [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599] {
            assert_eq!(plain(status, ""), Some(Refusal::NotCacheable), "{status}");
            assert_eq!(plain(status, "public"), None, "{status}");
            assert_eq!(verdict(Asked::default(), status, &[("expires", "0")]), None, "{status}");
        }
    }

    #[test]
    fn rfc9111_5_2_2_5_and_5_2_2_7_no_store_and_private() {
        assert_eq!(plain(200, "max-age=9, no-store"), Some(Refusal::NoStore));
        assert_eq!(plain(200, "max-age=9, private"), Some(Refusal::Private));
        assert_eq!(plain(200, "max-age=9, private=\"set-cookie\""), None);
        assert_eq!(plain(200, "max-age=9, no-cache"), None);
    }

    #[test]
    fn rfc9111_5_2_1_5_no_store_of_the_request() {
        let asked = Asked { no_store: true, ..Asked::default() };
        assert_eq!(verdict(asked, 200, &[("cache-control", "max-age=9")]), Some(Refusal::NoStore));
    }

    #[test]
    fn rfc9111_5_2_2_3_must_understand_overrules_no_store_where_the_status_is_known() {
        assert_eq!(plain(200, "max-age=9, no-store, must-understand"), None);
        assert_eq!(plain(599, "max-age=9, no-store, must-understand"), Some(Refusal::MustUnderstand));
        assert_eq!(plain(599, "max-age=9, must-understand"), Some(Refusal::MustUnderstand));
    }

    #[test]
    fn rfc9111_3_5_a_response_to_an_authenticated_request_must_say_that_it_may_be_shared() {
        let asked = Asked { authorization: true, ..Asked::default() };
        for shared in ["max-age=9, public", "max-age=9, must-revalidate", "s-maxage=9"] {
            assert_eq!(verdict(asked, 200, &[("cache-control", shared)]), None, "{shared}");
        }
        for other in ["max-age=9", "max-age=9, proxy-revalidate", "immutable, max-age=9", ""] {
            assert_eq!(verdict(asked, 200, &[("cache-control", other)]), Some(Refusal::Authorization), "{other}");
        }
    }
}
