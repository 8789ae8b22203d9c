//! Values of a request, and how they reach whoever looks at them.

/// What kind of place of a request a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The method. It has no name.
    Method,
    /// The host, without port. It has no name.
    Host,
    /// The path, without query. It has no name.
    Path,
    /// The name of a query parameter; it is its own name.
    QueryName,
    /// The value of the query parameter that the value is named after.
    Query,
    /// The value of the header field that the value is named after, in lower case.
    Header,
    /// The value of the cookie that the value is named after.
    Cookie,
    /// The name of a form parameter, of `application/x-www-form-urlencoded` or of a part of `multipart/form-data`.
    FormName,
    /// The value of the form parameter that the value is named after.
    Form,
    /// The file name of the part of `multipart/form-data` that the value is named after.
    FileName,
    /// A member name of a JSON document. Its name is the path of the object that holds it.
    JsonKey,
    /// A string, number or other scalar of a JSON document. Its name is its path.
    Json,
    /// Text of a body that has no finer structure, or a window of it. It has no name.
    Body,
    /// The claim that the value is named after, verified by an earlier policy.
    Claim,
    /// The property of the client's certificate that the value is named after.
    Certificate,
}

impl Place {
    /// Every kind.
    pub(crate) const ALL: [Self; 15] = [
        Self::Method,
        Self::Host,
        Self::Path,
        Self::QueryName,
        Self::Query,
        Self::Header,
        Self::Cookie,
        Self::FormName,
        Self::Form,
        Self::FileName,
        Self::JsonKey,
        Self::Json,
        Self::Body,
        Self::Claim,
        Self::Certificate,
    ];
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Whether values of this kind are known only when the body was read.
    #[must_use]
    pub const fn is_of_body(self) -> bool {
        matches!(self, Self::FormName | Self::Form | Self::FileName | Self::JsonKey | Self::Json | Self::Body)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// A value of a request, as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// What it is a value of.
    pub place: Place,
    /// The parameter, field, cookie or part that it belongs to, decoded; or the JSON path, such as `user.tags[0]`. A list index may be
    /// left out as `user.tags[]`, so that all members of a list have one name.
    pub name: &'a [u8],
    /// The bytes as sent.
    pub raw: &'a [u8],
    /// The bytes after the encoding of the place itself was undone, once: percent and plus in forms and queries, escapes in JSON
    /// strings, quoted pairs and RFC 8187 in file names. The same slice as `raw` where there was nothing to undo.
    pub decoded: &'a [u8],
}

/// Whoever looks at values one by one.
pub trait Visitor {
    /// Looks at one value. It lives for this call only.
    ///
    /// # Errors
    /// A [`Refusal`] ends the walk: the request is refused.
    fn visit(&mut self, value: &Value<'_>) -> Result<(), Refusal>;
}

/// Why a request is refused without asking any rule: it is malformed, ambiguous or larger than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The condition's name, in snake case, as events show it: `json_too_deep`.
    pub reason: &'static str,
    /// Status of the answer: 400, 413, 414, 415 or 431.
    pub status: u16,
}

impl Refusal {
    /// A refusal as malformed or ambiguous: 400.
    #[must_use]
    pub const fn bad(reason: &'static str) -> Self {
        Self { reason, status: 400 }
    }

    /// A refusal with a status of its own.
    #[must_use]
    pub const fn with_status(status: u16, reason: &'static str) -> Self {
        Self { reason, status }
    }
}

impl<F: FnMut(&Value<'_>) -> Result<(), Refusal>> Visitor for F {
    fn visit(&mut self, value: &Value<'_>) -> Result<(), Refusal> {
        self(value)
    }
}
