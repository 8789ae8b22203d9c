//! Expectations about a text, and about the values of a field.

use std::fmt;

use anyhow::{Context, Result};
use regex_lite::Regex;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::vars::Vars;

/// What a text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Exactly this.
    Is(String),
    /// This is somewhere in it.
    Contains(String),
    /// The whole of it matches this regular expression.
    Matches(String),
}

/// What the values of a field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// The field is not there.
    Absent,
    /// It is there once.
    One(Text),
    /// It is there so often, with these values in order.
    All(Vec<Text>),
}

impl Text {
    /// Whether a text is as expected, with `${name}` filled in.
    ///
    /// # Errors
    /// A name that no value has, or a broken regular expression.
    pub(super) fn accepts(&self, found: &str, vars: &Vars) -> Result<bool> {
        Ok(match self.filled(vars)? {
            Self::Is(wanted) => found == wanted,
            Self::Contains(part) => found.contains(&part),
            Self::Matches(pattern) => whole(&pattern)?.is_match(found),
        })
    }

    fn filled(&self, vars: &Vars) -> Result<Self> {
        Ok(match self {
            Self::Is(text) => Self::Is(vars.fill(text)?),
            Self::Contains(text) => Self::Contains(vars.fill(text)?),
            Self::Matches(text) => Self::Matches(text.clone()),
        })
    }
}

impl Values {
    /// As [`Text::accepts`], for all values of a field in order.
    pub(super) fn accepts(&self, found: &[String], vars: &Vars) -> Result<bool> {
        let texts = match self {
            Self::Absent => return Ok(found.is_empty()),
            Self::One(text) => std::slice::from_ref(text),
            Self::All(texts) => texts,
        };
        let mut same = texts.len() == found.len();
        for (text, found) in texts.iter().zip(found) {
            same &= text.accepts(found, vars)?;
        }
        Ok(same)
    }
}

fn whole(pattern: &str) -> Result<Regex> {
    Regex::new(&format!("^(?s:{pattern})$")).with_context(|| format!("{pattern:?} is no regular expression"))
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(text) => write!(f, "{text:?}"),
            Self::Contains(text) => write!(f, "a text with {text:?} in it"),
            Self::Matches(pattern) => write!(f, "a text that matches /{pattern}/"),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no such field"),
            Self::One(text) => write!(f, "{text}"),
            Self::All(texts) => {
                let texts: Vec<_> = texts.iter().map(ToString::to_string).collect();
                write!(f, "in this order: {}", texts.join(", "))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct TextVisitor;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Looser {
    Contains(String),
    Matches(String),
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, `{contains: text}` or `{matches: regular expression}`")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Is(text.to_owned()))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text::Is(number.to_string()))
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text::Is(number.to_string()))
    }
    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Text, E> {
        Ok(Text::Is(truth.to_string()))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
        match Looser::deserialize(de::value::MapAccessDeserializer::new(map))? {
            Looser::Contains(text) => Ok(Text::Contains(text)),
            Looser::Matches(pattern) => match whole(&pattern) {
                Ok(_) => Ok(Text::Matches(pattern)),
                Err(error) => Err(de::Error::custom(format!("{error:#}"))),
            },
        }
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a text, `{contains: text}`, `{matches: regular expression}`, a list of these, or null for no such field",
        )
    }
    fn visit_unit<E: de::Error>(self) -> Result<Values, E> {
        Ok(Values::Absent)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Values, E> {
        TextVisitor.visit_str(text).map(Values::One)
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Values, E> {
        TextVisitor.visit_u64(number).map(Values::One)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Values, E> {
        TextVisitor.visit_i64(number).map(Values::One)
    }
    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Values, E> {
        TextVisitor.visit_bool(truth).map(Values::One)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Values, A::Error> {
        TextVisitor.visit_map(map).map(Values::One)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(Values::All(texts))
    }
}
