//! Transformations of values: what a rule sees is a pipeline of these, as data.

mod decode;
mod squeeze;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::Shape;

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
    apply_to(steps, value, Shape::ALL)
}

/// The same for a value of this shape, or of a narrower one.
pub(crate) fn apply_to<'a>(steps: &[Transform], value: &'a [u8], mut shape: Shape) -> Cow<'a, [u8]> {
    let mut value = Cow::Borrowed(value);
    for step in steps {
        if step.is_idle(shape) {
            continue;
        }
        if let Some(changed) = step.changed(&value) {
            value = Cow::Owned(changed);
        }
        shape = step.after(shape);
    }
    value
}

/// What a value of this shape has at most after the steps.
pub(crate) fn shape_after(steps: &[Transform], shape: Shape) -> Shape {
    steps.iter().fold(shape, |shape, step| if step.is_idle(shape) { shape } else { step.after(shape) })
}

/// What the steps change in a calm value besides the case of letters. One that has nothing of this they only fold, if at all.
pub(crate) fn moved_in_calm(steps: &[Transform]) -> Shape {
    let moved = steps.iter().map(|step| match step {
        Transform::RemoveWhitespace => Shape::SPACE,
        Transform::CommandLine => Shape::marks(b"\"'^,; "),
        _ => Shape::default(),
    });
    moved.fold(Shape::default(), Shape::and)
}

/// Whether the steps fold the case of letters.
pub(crate) fn folds(steps: &[Transform]) -> bool {
    steps.iter().any(|step| matches!(step, Transform::Lowercase | Transform::CommandLine))
}

/// Whether a value of this shape is calm: it has neither wide white space nor runs of spaces, and nothing that an escape or a comment
/// begins with.
pub(crate) fn is_calm(shape: Shape) -> bool {
    !shape.meets(WIDE_SPACE.and(Shape::RUN).and(Shape::marks(b"%&\\"))) && !shape.holds(Shape::marks(b"/*"))
}

/// White space, some of it in more than one byte.
const WIDE_SPACE: Shape = Shape::CONTROL.and(Shape::HIGH);

impl Transform {
    /// Whether the step changes no value of this shape.
    const fn is_idle(self, shape: Shape) -> bool {
        let moved = match self {
            Self::Lowercase => Shape::UPPER,
            Self::PercentDecode => Shape::marks(b"%"),
            Self::HtmlDecode => Shape::marks(b"&"),
            Self::JsDecode => Shape::marks(b"\\"),
            Self::CompressWhitespace => WIDE_SPACE.and(Shape::RUN),
            Self::RemoveWhitespace => WIDE_SPACE.and(Shape::SPACE),
            Self::ReplaceComments => return !shape.holds(Shape::marks(b"/*")),
            Self::RemoveNulls => Shape::CONTROL,
            Self::CommandLine => Shape::marks(b"\\\"'^,; ").and(Shape::CONTROL).and(Shape::UPPER),
        };
        !shape.meets(moved)
    }

    /// What there is at most where the step changed a value of this shape.
    const fn after(self, shape: Shape) -> Shape {
        match self {
            Self::Lowercase => shape.without(Shape::UPPER),
            Self::PercentDecode | Self::HtmlDecode | Self::JsDecode => Shape::ALL,
            Self::CompressWhitespace if shape.meets(WIDE_SPACE) => shape.and(Shape::SPACE),
            Self::CompressWhitespace => shape.without(Shape::RUN),
            Self::RemoveWhitespace => shape,
            Self::ReplaceComments => shape.and(Shape::SPACE).and(Shape::RUN),
            Self::RemoveNulls => shape.and(Shape::RUN),
            Self::CommandLine => shape.without(Shape::marks(b"\\\"',;").and(Shape::UPPER)).and(Shape::SPACE),
        }
    }

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
