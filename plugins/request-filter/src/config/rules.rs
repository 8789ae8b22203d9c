//! Rules and their conditions.

use gatewright::config::{Cidr, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Outcome, Texts};
use crate::transform::Transform;

/// What happens to requests for which a condition holds.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name in events and metrics: letters, digits, `_`, `-` and `.`; no two rules have the same.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_.-]+$"))]
    pub id: String,
    /// What happens if the condition holds.
    pub action: Action,
    /// What a `score` rule adds to the sum. Default: that of the severity: notice 2, warning 3, error 4, critical 5.
    #[serde(default)]
    pub score: Option<u32>,
    /// How bad it is. Default: error.
    #[serde(default)]
    pub severity: Severity,
    /// Words for events.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub tags: Vec<String>,
    /// The rule is evaluated, counted and logged, and decides nothing. Default: false.
    #[serde(default)]
    pub shadow: bool,
    /// Which form of a value texts are compared with. Default: both.
    #[serde(default)]
    pub sees: Sees,
    /// Steps that canonical values go through before they are compared. Default: none.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub transforms: Vec<Transform>,
    /// The condition; everything in it must hold. Without one the rule holds for every request.
    #[serde(default)]
    pub when: Condition,
    /// What a request gets that this rule refuses, instead of the policy's `outcome`.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The request is refused.
    Deny,
    /// No later rule is asked, and no score counts.
    Allow,
    /// The rule's score is added to the sum.
    Score,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Suspicious.
    Warning,
    /// An attack, probably.
    #[default]
    Error,
    /// An attack that may succeed.
    Critical,
}

/// Which form of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// As it was sent, nothing decoded.
    Raw,
    /// The canonical form.
    Canonical,
    /// A match in either counts; also one in what is decoded once, as a well-behaved service sees it.
    #[default]
    Both,
}

/// A condition on a request. Everything given must hold.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// The method is one of these.
    pub methods: Vec<Method>,
    /// The host, in lower case and without port.
    pub host: Option<Match>,
    /// The path, without query.
    pub path: Option<Match>,
    /// Query parameters: for each entry there is one.
    pub query: Vec<Match>,
    /// Parameters of a form, of either kind: for each entry there is one.
    pub form: Vec<Match>,
    /// Header fields: for each entry there is one.
    pub headers: Vec<Match>,
    /// Cookies: for each entry there is one.
    pub cookies: Vec<Match>,
    /// Scalars of a JSON body; `name` is the path, as `user.tags[]`. For each entry there is one.
    pub json: Vec<Match>,
    /// File names of an upload; `name` is the part's. For each entry there is one.
    pub files: Vec<Match>,
    /// The text of a body without a finer structure.
    pub body: Option<Match>,
    /// Any value that a client chooses freely: names and values of query, form and JSON, cookies, file names, plain bodies.
    pub values: Option<Match>,
    /// The client's address.
    pub client_ip: Option<ClientIp>,
    /// The client's certificate: for each entry this holds.
    pub certificate: Vec<Certificate>,
    /// Claims that an earlier policy verified; `name` is the claim's, or a JSON Pointer. A list has the claim if a member has.
    pub claims: Vec<Match>,
    /// The time, in UTC.
    pub time: Option<Time>,
    /// One of these holds.
    pub any: Vec<Condition>,
    /// All of these hold.
    pub all: Vec<Condition>,
    /// This does not hold.
    pub not: Option<Box<Condition>>,
}

/// A test on texts: exactly one of `exact`, `prefix`, `suffix`, `contains`, `glob`, `template`, `regex`, `list` and `present`.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// Name of the parameter, field, cookie or claim. Default: any.
    pub name: Option<String>,
    /// The whole text.
    pub exact: Option<Texts>,
    /// How it begins.
    pub prefix: Option<Texts>,
    /// How it ends.
    pub suffix: Option<Texts>,
    /// What is in it.
    pub contains: Option<Texts>,
    /// The whole text: `*` for anything but `/`, `**` for anything, `?` for one character but `/`.
    pub glob: Option<Texts>,
    /// The whole path: `{name}` for one segment that is not empty, `/**` at the end for all below.
    pub template: Option<Texts>,
    /// A regular expression that matches somewhere in it. It is about bytes: classes and `(?i)` are ASCII. There is no look-around and no
    /// back-reference, so each takes linear time.
    pub regex: Option<Texts>,
    /// The whole text is in this list.
    pub list: Option<String>,
    /// true: it is there; false: it is not.
    pub present: Option<bool>,
    /// ASCII letters are the same in either case. Default: false.
    pub ignore_case: bool,
}

/// A condition on the client's address.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClientIp {
    /// It is in one of these ranges.
    pub ranges: Vec<Cidr>,
    /// It is in this list of addresses.
    pub list: Option<String>,
    /// How many proxies before this one append to `x-forwarded-for` and are trusted. Default: 0, the address that this proxy sees.
    pub trusted_hops: u8,
}

/// A condition on the client's certificate, which the proxy has verified.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What of it.
    pub field: CertificateField,
    /// How it compares. `name` is not for it.
    pub is: Match,
}

/// A property of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateField {
    /// The subject.
    Subject,
    /// The first URI of the subject alternative names.
    UriSan,
    /// The first DNS name of the subject alternative names.
    DnsSan,
    /// SHA-256 of the certificate, in lower-case hex.
    Sha256,
}

/// A window of time, in UTC. Everything given must hold.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Time {
    /// Not before this moment: `2026-01-31T08:00:00Z`.
    pub not_before: Option<String>,
    /// Before this moment: `2026-01-31T08:00:00Z`.
    pub before: Option<String>,
    /// From this time of the day: `22:00`. With `until` before it, the window goes over midnight.
    pub from: Option<String>,
    /// Until this time of the day, exclusive: `06:00`.
    pub until: Option<String>,
    /// On these days of the week. Default: all.
    pub weekdays: Vec<Weekday>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they say it all")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A list that rules refer to. Either texts or addresses.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct List {
    /// Texts; a value is in the list if it is one of them, as a whole.
    #[schemars(length(max = 200_000))]
    pub texts: Vec<String>,
    /// ASCII letters of texts are the same in either case. Default: false.
    pub ignore_case: bool,
    /// Addresses and ranges.
    #[schemars(length(max = 200_000))]
    pub addresses: Vec<Cidr>,
}

/// What the sum of scores leads to.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scoring {
    /// The sum from which a request is refused. Default: 5.
    #[schemars(range(min = 1))]
    pub threshold: u32,
    /// Requests that reach the threshold are counted and logged, and pass. Default: false.
    pub shadow: bool,
    /// What a refused request gets, instead of the policy's `outcome`.
    pub outcome: Option<Outcome>,
}

impl Default for Scoring {
    fn default() -> Self {
        Self { threshold: 5, shadow: false, outcome: None }
    }
}

impl Severity {
    /// The word for events.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// What a rule of this severity scores if it does not say.
    #[must_use]
    pub const fn score(self) -> u32 {
        match self {
            Self::Notice => 2,
            Self::Warning => 3,
            Self::Error => 4,
            Self::Critical => 5,
        }
    }
}

impl Action {
    /// The word for events.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Score => "score",
        }
    }
}
