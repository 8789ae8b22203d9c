//! Addresses that only the service can reach.

use super::Severity::{Critical, Error};
use super::{Group, Places, Severity, Signature, signature};
use crate::transform::Transform::{self, JsDecode, Lowercase, RemoveNulls};

/// A URL with backslashes, which some readers take for slashes, is found behind the second.
const VIEWS: &[&[Transform]] = &[&[RemoveNulls, Lowercase], &[RemoveNulls, JsDecode, Lowercase]];

const fn target(severity: Severity, id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::Ssrf, severity, id, Places::PARAMETERS, VIEWS, pattern)
}

pub(super) const SIGNATURES: &[Signature] = &[
    target(
        Critical,
        "ssrf-metadata",
        r#"[/@\\](?:169\.254\.(?:169\.254|170\.2|169\.253)|0xa9\.?(?:0x)?fe\.?(?:0x)?a9\.?(?:0x)?fe|2852039166|0?251\.0?376\.0?251\.0?376|169\.254\.43518|169\.16689662|metadata\.google\.internal|metadata\.azure\.com|metadata\.tencentyun\.com|100\.100\.100\.200|192\.0\.0\.192|rancher-metadata|instance-data\b|\[fd00:ec2::254\]|\[(?:::ffff:|0*:0*:0*:0*:0*:ffff:)(?:169\.254\.169\.254|a9fe:a9fe)\])"#,
    ),
    target(
        Critical,
        "ssrf-metadata-path",
        r#"/latest/(?:meta-data|user-data|dynamic/instance-identity|api/token)|/computemetadata/v1|/metadata/instance\?api-version|/opc/v[12]/instance"#,
    ),
    target(
        Critical,
        "ssrf-loopback",
        r#"(?::[/\\]{2,}(?:[^/\\?# ]*@)?0(?:[:/?#]|$)|(?:^|[^a-z0-9])(?:https?|ftp|wss?|gopher|dict|ldaps?)?:?[/\\]{2,}(?:[^/\\?# ]*@)?(?:localhost\b\.?|127\.[0-9]|0x7f|0177\.|017700000001|2130706433|0\.0\.0\.0|\[::\]|\[(?:0{0,4}:){2,7}0{0,3}1\]|\[(?:0{0,4}:){2,6}ffff:(?:127\.|7f00:|0*0a|a[0-9a-f]{2}:|c0a8:)|ip6-localhost|loopback\b))"#,
    ),
    target(
        Error,
        "ssrf-private",
        r#"(?:https?|ftp|wss?|gopher|dict|ldaps?):[/\\]{2,}(?:[^/\\?# ]*@)?(?:10\.[0-9]{1,3}\.[0-9]|192\.168\.[0-9]|172\.(?:1[6-9]|2[0-9]|3[01])\.[0-9]|169\.254\.[0-9]|\[f[cd][0-9a-f]{2}:|\[fe[89ab][0-9a-f]:)"#,
    ),
    target(
        Error,
        "ssrf-internal-name",
        r#"(?:https?|ftp|wss?|gopher|dict|ldaps?):[/\\]{2,}(?:[^/\\?# ]*@)?(?:(?:[a-z0-9_-]+\.)+(?:internal|localdomain|svc|cluster\.local|consul|nip\.io|xip\.io|sslip\.io)|(?:[a-z0-9_-]+\.)*(?:localtest\.me|lvh\.me|vcap\.me))\.?(?:[:/\\?#]|$)"#,
    ),
    target(
        Critical,
        "ssrf-scheme",
        r#"(?:^|[=("' ])(?:gopher|dict|tftp|netdoc):[/\\]{2}[a-z0-9\[]|^(?:gopher|dict|ldaps?|tftp|netdoc|file):[/\\]"#,
    ),
];
