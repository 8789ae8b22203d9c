//! Built-in rule groups: what attacks look like, as data.
//!
//! A [`Signature`] is a pattern over the canonical form of values in some places, seen through one or more pipelines of transformations.
//! Patterns aim at what ordinary text does not contain: they ask for the grammar of an attack, not for its words.

mod command_injection;
mod cross_site_scripting;
mod path_traversal;
mod places;
mod scanners;
mod secrets_in_urls;
mod sql_injection;
mod ssrf;
mod template_injection;

use schemars::JsonSchema;
use serde::Deserialize;

pub use crate::config::Severity;
use crate::transform::Transform;
pub use places::Places;

/// A group of signatures that is switched as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Text that changes the meaning of a database query.
    SqlInjection,
    /// Text that runs as script in a browser.
    CrossSiteScripting,
    /// Names of files outside of what is served.
    PathTraversal,
    /// Text that a shell runs.
    CommandInjection,
    /// Text that a template engine or an expression language evaluates.
    TemplateInjection,
    /// Addresses that only the service can reach.
    Ssrf,
    /// Tools that search for weaknesses.
    Scanners,
    /// Credentials where logs and histories keep them.
    SecretsInUrls,
}

/// What one kind of attack looks like.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name in events and metrics, unique: `sqli-union`.
    pub id: &'static str,
    /// The group it belongs to.
    pub group: Group,
    /// How bad a hit is.
    pub severity: Severity,
    /// Where it is looked for.
    pub places: Places,
    /// Names of header fields, if it is looked for in these only; in lower case.
    pub headers: &'static [&'static str],
    /// Pipelines over the canonical value. A match behind any of them is a hit.
    pub views: &'static [&'static [Transform]],
    /// A regular expression over bytes, ASCII, of linear time.
    pub pattern: &'static str,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 8] = [
        Self::SqlInjection,
        Self::CrossSiteScripting,
        Self::PathTraversal,
        Self::CommandInjection,
        Self::TemplateInjection,
        Self::Ssrf,
        Self::Scanners,
        Self::SecretsInUrls,
    ];

    /// The group's name in settings, events and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SqlInjection => "sql_injection",
            Self::CrossSiteScripting => "cross_site_scripting",
            Self::PathTraversal => "path_traversal",
            Self::CommandInjection => "command_injection",
            Self::TemplateInjection => "template_injection",
            Self::Ssrf => "ssrf",
            Self::Scanners => "scanners",
            Self::SecretsInUrls => "secrets_in_urls",
        }
    }

    /// The group's signatures.
    #[must_use]
    pub const fn signatures(self) -> &'static [Signature] {
        match self {
            Self::SqlInjection => sql_injection::SIGNATURES,
            Self::CrossSiteScripting => cross_site_scripting::SIGNATURES,
            Self::PathTraversal => path_traversal::SIGNATURES,
            Self::CommandInjection => command_injection::SIGNATURES,
            Self::TemplateInjection => template_injection::SIGNATURES,
            Self::Ssrf => ssrf::SIGNATURES,
            Self::Scanners => scanners::SIGNATURES,
            Self::SecretsInUrls => secrets_in_urls::SIGNATURES,
        }
    }
}

/// A signature of most tables: every header field.
const fn signature(
    group: Group,
    severity: Severity,
    id: &'static str,
    places: Places,
    views: &'static [&'static [Transform]],
    pattern: &'static str,
) -> Signature {
    Signature { id, group, severity, places, headers: &[], views, pattern }
}

#[cfg(test)]
mod tests;
