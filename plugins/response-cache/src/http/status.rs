//! What a cache knows about status codes.

/// Whether a response with this status may be given a heuristic freshness lifetime (RFC 9110 §15.1).
#[must_use]
pub fn is_heuristically_cacheable(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Whether the status is one whose meaning for caches is known here, as `must-understand` asks (RFC 9111 §5.2.2.3): the registered
/// ones, but for 304, which is no response of its own.
#[must_use]
pub fn is_understood(status: u16) -> bool {
    matches!(status, 200..=206 | 300..=303 | 305 | 307 | 308 | 400..=417 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
}

/// Whether the status says that a request was carried out, so that what is stored may be out of date (RFC 9111 §4.4).
#[must_use]
pub fn is_non_error(status: u16) -> bool {
    (200..400).contains(&status)
}

/// Whether the status is a failure of the server in the sense of `stale-if-error` (RFC 5861 §4).
#[must_use]
pub fn is_server_failure(status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504)
}

/// Whether a request of this method changes nothing on the server (RFC 9110 §9.2.1): the registered safe ones that a proxy forwards.
#[must_use]
pub fn is_safe_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "REPORT" | "SEARCH")
}
