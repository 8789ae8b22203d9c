//! What can be odd about the spelling of a value.

/// An oddity of spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Condition {
    /// `%` that begins no encoding.
    InvalidPercent,
    /// What is decoded is percent-encoded again.
    DoubleEncoding,
    /// `%u0041`, which no standard has and some services decode.
    PercentU,
    /// A character in more bytes than it needs (RFC 3629 §3).
    OverlongUtf8,
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// Full-width or look-alike forms of ASCII characters.
    FullWidth,
    /// NUL, encoded or not.
    Nul,
    /// Another control character, encoded or not.
    ControlCharacter,
    /// Encoded more often than is decoded.
    TooDeep,
    /// A slash or backslash that is percent-encoded in a path.
    EncodedSlash,
    /// A backslash in a path.
    Backslash,
    /// Repeated slashes in a path.
    DoubleSlash,
    /// `.` or `..` as a segment of a path.
    DotSegment,
    /// A dot segment that is percent-encoded.
    EncodedDotSegment,
    /// A dot segment with a `;` parameter or behind an empty segment, which services read differently.
    AmbiguousDotSegment,
    /// More `..` than there are segments.
    AboveRoot,
    /// `;` parameters in a path.
    PathParameter,
    /// `#` in what should be a path and query.
    Fragment,
    /// A path that does not begin with `/`.
    RelativePath,
}

impl Condition {
    /// The condition's name in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidPercent => "invalid_percent",
            Self::DoubleEncoding => "double_encoding",
            Self::PercentU => "percent_u",
            Self::OverlongUtf8 => "overlong_utf8",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::FullWidth => "full_width",
            Self::Nul => "nul",
            Self::ControlCharacter => "control_character",
            Self::TooDeep => "encoded_too_deep",
            Self::EncodedSlash => "encoded_slash",
            Self::Backslash => "backslash",
            Self::DoubleSlash => "double_slash",
            Self::DotSegment => "dot_segment",
            Self::EncodedDotSegment => "encoded_dot_segment",
            Self::AmbiguousDotSegment => "ambiguous_dot_segment",
            Self::AboveRoot => "above_root",
            Self::PathParameter => "path_parameter",
            Self::Fragment => "fragment",
            Self::RelativePath => "relative_path",
        }
    }

    /// Every condition.
    pub const ALL: [Self; 19] = [
        Self::InvalidPercent,
        Self::DoubleEncoding,
        Self::PercentU,
        Self::OverlongUtf8,
        Self::InvalidUtf8,
        Self::FullWidth,
        Self::Nul,
        Self::ControlCharacter,
        Self::TooDeep,
        Self::EncodedSlash,
        Self::Backslash,
        Self::DoubleSlash,
        Self::DotSegment,
        Self::EncodedDotSegment,
        Self::AmbiguousDotSegment,
        Self::AboveRoot,
        Self::PathParameter,
        Self::Fragment,
        Self::RelativePath,
    ];
}

/// A set of conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions(u32);

impl Conditions {
    /// Adds one.
    pub fn add(&mut self, condition: Condition) {
        self.0 |= 1 << condition as u8;
    }

    /// Adds those of another set.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether it is in the set.
    #[must_use]
    pub fn has(self, condition: Condition) -> bool {
        self.0 >> (condition as u8) & 1 == 1
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first that is in both sets, in the order of [`Condition::ALL`].
    #[must_use]
    pub fn first_of(self, others: Self) -> Option<Condition> {
        Condition::ALL.into_iter().find(|condition| self.has(*condition) && others.has(*condition))
    }
}

impl FromIterator<Condition> for Conditions {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        let mut set = Self::default();
        conditions.into_iter().for_each(|condition| set.add(condition));
        set
    }
}
