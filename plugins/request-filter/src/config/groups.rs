//! Which built-in rules are asked.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::groups::Group;

/// Built-in rules, by group. Default: all off.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Groups {
    /// Text that changes the meaning of a database query.
    pub sql_injection: GroupMode,
    /// Text that runs as script in a browser.
    pub cross_site_scripting: GroupMode,
    /// Names of files outside of what is served.
    pub path_traversal: GroupMode,
    /// Text that a shell runs.
    pub command_injection: GroupMode,
    /// Text that a template engine or an expression language evaluates.
    pub template_injection: GroupMode,
    /// Addresses that only the service can reach.
    pub ssrf: GroupMode,
    /// Tools that search for weaknesses.
    pub scanners: GroupMode,
    /// Credentials where logs and histories keep them.
    pub secrets_in_urls: GroupMode,
    /// Ids of built-in rules that are left out.
    #[schemars(length(max = 64))]
    pub except: Vec<String>,
    /// Built-in rules are evaluated, counted and logged, and decide nothing. Default: false.
    pub shadow: bool,
}

/// What rules of a group do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupMode {
    /// They are not asked.
    #[default]
    Off,
    /// They add to the sum of scores, by severity.
    Score,
    /// They refuse the request.
    Deny,
}

impl Groups {
    /// What rules of this group do.
    #[must_use]
    pub const fn mode(&self, group: Group) -> GroupMode {
        match group {
            Group::SqlInjection => self.sql_injection,
            Group::CrossSiteScripting => self.cross_site_scripting,
            Group::PathTraversal => self.path_traversal,
            Group::CommandInjection => self.command_injection,
            Group::TemplateInjection => self.template_injection,
            Group::Ssrf => self.ssrf,
            Group::Scanners => self.scanners,
            Group::SecretsInUrls => self.secrets_in_urls,
        }
    }
}
