//! Credentials where logs and histories keep them.

use super::Severity::{Error, Notice};
use super::{Group, Places, Signature, signature};
use crate::transform::Transform::{self, Lowercase};
use crate::value::Place;

/// Keys are told by their case.
const AS_IT_IS: &[&[Transform]] = &[&[]];

pub(super) const SIGNATURES: &[Signature] = &[
    signature(
        Group::SecretsInUrls,
        Error,
        "secret-key",
        Places::of(&[Place::Path, Place::Query]),
        AS_IT_IS,
        r#"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{40,}|glpat-[0-9A-Za-z_-]{20}|xox[abeprs]-[0-9A-Za-z-]{10,}|[sr]k_live_[0-9A-Za-z]{16,}|AIza[0-9A-Za-z_-]{35}|npm_[0-9A-Za-z]{36}|pypi-[0-9A-Za-z_-]{50,}|SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}|hv[sb]\.[0-9A-Za-z_-]{24,}|dop_v1_[0-9a-f]{64})|-----BEGIN [A-Z ]*PRIVATE KEY"#,
    ),
    signature(
        Group::SecretsInUrls,
        Notice,
        "secret-parameter",
        Places::of(&[Place::QueryName]),
        &[&[Lowercase]],
        r#"^(?:password|passwd|passphrase|client_secret|client_assertion|api_?secret|secret_?key|access_token|refresh_token|private_key|aws_secret_access_key|card_?number|cvv|cvc)$"#,
    ),
    signature(
        Group::SecretsInUrls,
        Error,
        "secret-user-info",
        Places::of(&[Place::Path, Place::Query]),
        AS_IT_IS,
        r#"(?:https?|ftp|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?)://[^/\s:@?#]+:[^/\s:@?#]+@[0-9A-Za-z\[]"#,
    ),
];
