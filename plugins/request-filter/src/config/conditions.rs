//! Oddities of spelling, and what is done about them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::normalise::{Condition, Conditions};

/// Which oddities of spelling are refused. What is accepted is normalised for rules that see canonical values; what is forwarded stays as it
/// came.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// Oddities of the path.
    #[serde(default)]
    pub path: PathConditions,
    /// Oddities of the values of parameters, cookies and bodies, and of their names.
    #[serde(default)]
    pub values: ValueConditions,
}

/// What is done about an oddity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Odd {
    /// The request is refused with 400.
    Refuse,
    /// Nothing; rules see the canonical value.
    Accept,
}

macro_rules! conditions {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $condition:ident = $default:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$doc])* pub $field: Odd,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: Odd::$default,)* }
            }
        }

        impl $name {
            pub(crate) fn refused(&self) -> Conditions {
                let all = [$((self.$field, Condition::$condition),)*];
                all.into_iter().filter(|(odd, _)| *odd == Odd::Refuse).map(|(_, condition)| condition).collect()
            }
        }
    };
}

conditions! {
    /// Oddities of the path.
    PathConditions {
        /// A `%` that begins no encoding. Default: refuse.
        invalid_percent: InvalidPercent = Refuse,
        /// Something is percent-encoded twice. Default: refuse.
        double_encoding: DoubleEncoding = Refuse,
        /// `%u0041`. Default: refuse.
        percent_u: PercentU = Refuse,
        /// A character in more bytes than it needs. Default: refuse.
        overlong_utf8: OverlongUtf8 = Refuse,
        /// Bytes that are no UTF-8. Default: refuse.
        invalid_utf8: InvalidUtf8 = Refuse,
        /// Full-width forms of ASCII characters, and others that look alike. Default: accept.
        full_width: FullWidth = Accept,
        /// NUL. Default: refuse.
        nul: Nul = Refuse,
        /// Another control character. Default: refuse.
        control_character: ControlCharacter = Refuse,
        /// Something is encoded more often than four times. Default: refuse.
        encoded_too_deep: TooDeep = Refuse,
        /// `%2F` or `%5C`. Default: refuse.
        encoded_slash: EncodedSlash = Refuse,
        /// A backslash. Default: refuse.
        backslash: Backslash = Refuse,
        /// Repeated slashes. Default: accept.
        double_slash: DoubleSlash = Accept,
        /// `.` or `..` as a segment. Default: accept.
        dot_segment: DotSegment = Accept,
        /// A dot segment that is percent-encoded. Default: refuse.
        encoded_dot_segment: EncodedDotSegment = Refuse,
        /// A dot segment with a `;` parameter, or behind an empty segment. Default: refuse.
        ambiguous_dot_segment: AmbiguousDotSegment = Refuse,
        /// More `..` than there are segments. Default: refuse.
        above_root: AboveRoot = Refuse,
        /// A `;` parameter. Default: accept.
        path_parameter: PathParameter = Accept,
        /// A `#`. Default: refuse.
        fragment: Fragment = Refuse,
        /// The path does not begin with `/`. Default: refuse.
        relative_path: RelativePath = Refuse,
    }
}

conditions! {
    /// Oddities of values and of their names.
    ValueConditions {
        /// A `%` that begins no encoding. Default: accept.
        invalid_percent: InvalidPercent = Accept,
        /// Something is percent-encoded twice, as a URL in a URL is. Default: accept.
        double_encoding: DoubleEncoding = Accept,
        /// `%u0041`. Default: accept.
        percent_u: PercentU = Accept,
        /// A character in more bytes than it needs. Default: refuse.
        overlong_utf8: OverlongUtf8 = Refuse,
        /// Bytes that are no UTF-8. Default: accept.
        invalid_utf8: InvalidUtf8 = Accept,
        /// Full-width forms of ASCII characters, and others that look alike. Default: accept.
        full_width: FullWidth = Accept,
        /// NUL. Default: refuse.
        nul: Nul = Refuse,
        /// Another control character, such as a line feed. Default: accept.
        control_character: ControlCharacter = Accept,
        /// Something is encoded more often than four times. Default: refuse.
        encoded_too_deep: TooDeep = Refuse,
    }
}
