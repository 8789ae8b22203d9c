//! Transformations of values: what a rule sees is a pipeline of these, as data.

use std::borrow::Cow;

/// A step of a pipeline. Each takes any bytes, time linear in their number, and never makes them longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// ASCII letters in lower case.
    Lowercase,
    /// `%41` and `%u0041` decoded, once; what is no encoding stays.
    PercentDecode,
    /// HTML character references decoded: `&lt;`, `&#60;`, `&#x3c;`, with or without semicolon.
    HtmlDecode,
    /// Escapes of JavaScript strings decoded: `\x41`, `\u0041`, `\u{41}`, octal, single letters.
    JsDecode,
    /// Runs of white space, of any Unicode kind, as one space.
    CompressWhitespace,
    /// White space removed.
    RemoveWhitespace,
    /// Each comment `/* */`, finished or not, as one space, and the marks of `/*! */` removed.
    ReplaceComments,
    /// NUL removed.
    RemoveNulls,
    /// What a shell ignores removed: `\`, quotes, `^`; `,` and `;` as a space; runs of space as one; lower case.
    CommandLine,
}

/// Applies the steps in order. Borrows where nothing changes.
#[must_use]
pub fn apply<'a>(steps: &[Transform], value: &'a [u8]) -> Cow<'a, [u8]> {
    steps.iter().fold(Cow::Borrowed(value), |value, step| step.then(value))
}

impl Transform {
    fn then(self, value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
        value
    }
}
