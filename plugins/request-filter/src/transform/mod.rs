//! Transformations of values: what a rule sees is a pipeline of these, as data.

mod decode;
mod squeeze;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

/// A step of a pipeline. Each takes any bytes, time linear in their number, and never makes them longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// ASCII letters in lower case.
    Lowercase,
    /// `%41` decoded, once; what is no encoding stays.
    PercentDecode,
    /// HTML character references decoded, once: `&lt;`, `&#60;`, `&#x3c;`, with or without semicolon.
    HtmlDecode,
    /// Escapes of JavaScript strings decoded, once: `\x41`, `\u0041`, `\u{41}`, octal; a backslash before another character removed.
    JsDecode,
    /// Runs of white space, of any Unicode kind, as one space.
    CompressWhitespace,
    /// White space of any Unicode kind removed.
    RemoveWhitespace,
    /// Each comment `/* */`, finished or not, as one space, and the marks of `/*!50000 */`, whose content some databases run.
    ReplaceComments,
    /// NUL removed.
    RemoveNulls,
    /// What a shell ignores: `\`, quotes and `^` removed; `,` and `;` and white space as one space, but none before `/` and `(`; lower case.
    CommandLine,
}

/// Applies the steps in order. Borrows where nothing changes.
#[must_use]
pub fn apply<'a>(steps: &[Transform], value: &'a [u8]) -> Cow<'a, [u8]> {
    steps.iter().fold(Cow::Borrowed(value), |value, step| match step.changed(&value) {
        Some(changed) => Cow::Owned(changed),
        None => value,
    })
}

impl Transform {
    /// The value after this step; `None` if nothing changes for certain.
    fn changed(self, value: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Lowercase => value.iter().any(u8::is_ascii_uppercase).then(|| value.to_ascii_lowercase()),
            Self::PercentDecode => value.contains(&b'%').then(|| decode::percent(value)),
            Self::HtmlDecode => value.contains(&b'&').then(|| decode::html(value)),
            Self::JsDecode => value.contains(&b'\\').then(|| decode::js(value)),
            Self::CompressWhitespace => squeeze::may_have_runs(value).then(|| squeeze::whitespace(value, true)),
            Self::RemoveWhitespace => squeeze::may_have_space(value).then(|| squeeze::whitespace(value, false)),
            Self::ReplaceComments => memchr::memmem::find(value, b"/*").map(|_| squeeze::comments(value)),
            Self::RemoveNulls => value.contains(&0).then(|| value.iter().copied().filter(|byte| *byte != 0).collect()),
            Self::CommandLine => Some(squeeze::command_line(value)),
        }
    }
}

#[cfg(test)]
mod tests;
