//! What `Cache-Control` asks for, of a response (RFC 9111 §5.2.2) and of a request (§5.2.1).

use super::directive::{Argument, Directive, directives};
use gatewright::syntax::is_token;

use super::text::{digits, members};

/// The most seconds that a directive can mean (RFC 9111 §1.2.2).
pub const MAX_SECONDS: u64 = 1 << 31;
/// More field names than this in one `no-cache` or `private` count as the whole response.
const MAX_NAMES: usize = 32;

/// The directives of a response that a shared cache minds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseDirectives {
    /// §5.2.2.1.
    pub max_age: Option<Seconds>,
    /// §5.2.2.10.
    pub s_maxage: Option<Seconds>,
    /// §5.2.2.4.
    pub no_cache: Extent,
    /// §5.2.2.7.
    pub private: Extent,
    /// §5.2.2.5.
    pub no_store: bool,
    /// §5.2.2.9.
    pub public: bool,
    /// §5.2.2.2.
    pub must_revalidate: bool,
    /// §5.2.2.8.
    pub proxy_revalidate: bool,
    /// §5.2.2.3.
    pub must_understand: bool,
    /// RFC 8246 §2.
    pub immutable: bool,
    /// RFC 5861 §3, in seconds.
    pub stale_while_revalidate: Option<u64>,
    /// RFC 5861 §4, in seconds.
    pub stale_if_error: Option<u64>,
}

/// A number of seconds as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seconds {
    /// That many, at most [`MAX_SECONDS`].
    Of(u64),
    /// No number: what has it is stale (RFC 9111 §4.2.1).
    Invalid,
}

/// What of a response a directive is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nothing: the directive is not there.
    #[default]
    Nothing,
    /// Fields of these names, in lower case.
    Fields(Vec<String>),
    /// The response.
    Whole,
}

/// The directives of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestDirectives {
    /// §5.2.1.1, in seconds.
    pub max_age: Option<u64>,
    /// §5.2.1.2, in seconds; without a number, any.
    pub max_stale: Option<u64>,
    /// §5.2.1.3, in seconds.
    pub min_fresh: Option<u64>,
    /// §5.2.1.4.
    pub no_cache: bool,
    /// §5.2.1.5.
    pub no_store: bool,
    /// §5.2.1.7.
    pub only_if_cached: bool,
    /// RFC 5861 §4, in seconds.
    pub stale_if_error: Option<u64>,
}

impl ResponseDirectives {
    /// Reads all lines of `Cache-Control`.
    pub fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut read = Self::default();
        for directive in directives(lines) {
            read.take(&directive);
        }
        read
    }

    fn take(&mut self, directive: &Directive<'_>) {
        match directive.name.to_ascii_lowercase().as_slice() {
            // Of several, the first counts (RFC 9111 §4.2.1).
            b"max-age" => _ = self.max_age.get_or_insert_with(|| seconds(&directive.argument)),
            b"s-maxage" => _ = self.s_maxage.get_or_insert_with(|| seconds(&directive.argument)),
            b"no-cache" => self.no_cache.widen(&directive.argument),
            b"private" => self.private.widen(&directive.argument),
            b"no-store" => self.no_store = true,
            b"public" => self.public = true,
            b"must-revalidate" => self.must_revalidate = true,
            b"proxy-revalidate" => self.proxy_revalidate = true,
            b"must-understand" => self.must_understand = true,
            b"immutable" => self.immutable = true,
            b"stale-while-revalidate" => extend(&mut self.stale_while_revalidate, &directive.argument),
            b"stale-if-error" => extend(&mut self.stale_if_error, &directive.argument),
            _ => {}
        }
    }

    /// Whether staleness may not be passed over, be the client content with it or the origin dead (RFC 9111 §4.2.4).
    #[must_use]
    pub fn forbids_stale(&self) -> bool {
        // s-maxage includes what proxy-revalidate says (§5.2.2.10).
        self.must_revalidate || self.proxy_revalidate || self.s_maxage.is_some() || self.no_cache == Extent::Whole
    }
}

impl RequestDirectives {
    /// Reads all lines of `Cache-Control` of a request; `Pragma: no-cache` counts where there are none (RFC 9111 §5.4).
    pub fn read<'a>(mut lines: impl Iterator<Item = &'a [u8]>, pragma: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut read = Self::default();
        let Some(first) = lines.next() else {
            read.no_cache = directives(pragma).any(|directive| directive.is("no-cache"));
            return read;
        };
        for directive in directives(std::iter::once(first).chain(lines)) {
            read.take(&directive);
        }
        read
    }

    fn take(&mut self, directive: &Directive<'_>) {
        match directive.name.to_ascii_lowercase().as_slice() {
            // What cannot be read asks for the freshest there is.
            b"max-age" => _ = self.max_age.get_or_insert(number(&directive.argument).unwrap_or(0)),
            b"min-fresh" => _ = self.min_fresh.get_or_insert(number(&directive.argument).unwrap_or(MAX_SECONDS)),
            b"max-stale" if directive.argument == Argument::None => self.max_stale = Some(MAX_SECONDS),
            b"max-stale" => extend(&mut self.max_stale, &directive.argument),
            b"stale-if-error" => extend(&mut self.stale_if_error, &directive.argument),
            b"no-cache" => self.no_cache = true,
            b"no-store" => self.no_store = true,
            b"only-if-cached" => self.only_if_cached = true,
            _ => {}
        }
    }
}

impl Seconds {
    /// The number; an invalid one is none, for what has it is stale.
    #[must_use]
    pub fn or_stale(self) -> u64 {
        match self {
            Self::Of(seconds) => seconds,
            Self::Invalid => 0,
        }
    }
}

impl Extent {
    /// Whether a field of this name is meant.
    #[must_use]
    pub fn names(&self, field: &[u8]) -> bool {
        matches!(self, Self::Fields(names) if names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(field)))
    }

    /// The fields of a comma-separated list; what cannot be read as one is about the whole response.
    #[must_use]
    pub fn of_names(list: &[u8]) -> Self {
        field_names(list).map_or(Self::Whole, Self::Fields)
    }

    /// Takes one more directive of the name into account. What cannot be read as field names is about the whole response.
    fn widen(&mut self, argument: &Argument) {
        let more = match argument {
            Argument::Text(text) => field_names(text),
            Argument::None | Argument::Malformed => None,
        };
        *self = match (std::mem::take(self), more) {
            (Self::Nothing, Some(more)) => Self::Fields(more),
            (Self::Fields(mut names), Some(more)) if names.len() + more.len() <= MAX_NAMES => {
                names.extend(more);
                Self::Fields(names)
            }
            _ => Self::Whole,
        };
    }
}

fn field_names(list: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for member in members(list) {
        if !is_token(member) || names.len() >= MAX_NAMES {
            return None;
        }
        names.push(String::from_utf8_lossy(member).to_ascii_lowercase());
    }
    (!names.is_empty()).then_some(names)
}

fn seconds(argument: &Argument) -> Seconds {
    number(argument).map_or(Seconds::Invalid, Seconds::Of)
}

fn number(argument: &Argument) -> Option<u64> {
    let Argument::Text(text) = argument else { return None };
    digits(text).map(|number| number.min(MAX_SECONDS))
}

/// The first number given; one that cannot be read extends nothing.
fn extend(known: &mut Option<u64>, argument: &Argument) {
    *known = known.or_else(|| number(argument));
}

#[cfg(test)]
mod tests;
