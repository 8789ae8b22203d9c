//! HTTP messages as tests write and read them. Names are lower case; values are bytes, as on the wire.

/// Header or trailer fields in order, duplicates kept.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A request, pseudo-header fields first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Fields, `:method`, `:scheme`, `:authority` and `:path` included.
    pub headers: Fields,
    /// Body, in the pieces it arrives in. None: the headers end the message.
    pub body: Vec<Vec<u8>>,
    /// Trailer fields.
    pub trailers: Fields,
}

/// A response, `:status` first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Fields, `:status` included.
    pub headers: Fields,
    /// Body, in the pieces it arrives in. None: the headers end the message.
    pub body: Vec<Vec<u8>>,
    /// Trailer fields.
    pub trailers: Fields,
}

impl Request {
    /// A request for `http://test.example` plus this path.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let pseudo = [(":method", method), (":scheme", "http"), (":authority", "test.example"), (":path", path)];
        Self {
            headers: pseudo.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect(),
            ..Self::default()
        }
    }

    /// A `GET` request.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A `POST` request with a body of one piece.
    #[must_use]
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", path).with_body(body)
    }

    /// Adds a field, beside any of the same name.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_ascii_lowercase().into_bytes(), value.as_ref().to_vec()));
        self
    }

    /// Sets `:authority`.
    #[must_use]
    pub fn with_host(mut self, host: &str) -> Self {
        self.headers.retain(|(name, _)| name != b":authority");
        self.headers.insert(2.min(self.headers.len()), (b":authority".to_vec(), host.as_bytes().to_vec()));
        self
    }

    /// Adds a piece to the body.
    #[must_use]
    pub fn with_body(mut self, piece: impl Into<Vec<u8>>) -> Self {
        self.body.push(piece.into());
        self
    }

    /// Adds a trailer field.
    #[must_use]
    pub fn with_trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.push((name.to_ascii_lowercase().into_bytes(), value.as_ref().to_vec()));
        self
    }

    /// The first value of a field, as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        first(&self.headers, name)
    }

    /// The path with its query.
    #[must_use]
    pub fn path(&self) -> String {
        self.header(":path").unwrap_or_default()
    }

    /// The whole body.
    #[must_use]
    pub fn body_bytes(&self) -> Vec<u8> {
        self.body.concat()
    }
}

impl Response {
    /// A response with this status and no body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { headers: vec![(b":status".to_vec(), status.to_string().into_bytes())], ..Self::default() }
    }

    /// Adds a field, beside any of the same name.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_ascii_lowercase().into_bytes(), value.as_ref().to_vec()));
        self
    }

    /// Adds a piece to the body.
    #[must_use]
    pub fn with_body(mut self, piece: impl Into<Vec<u8>>) -> Self {
        self.body.push(piece.into());
        self
    }

    /// Adds a trailer field.
    #[must_use]
    pub fn with_trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.push((name.to_ascii_lowercase().into_bytes(), value.as_ref().to_vec()));
        self
    }

    /// The status code; 0 where there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.header(":status").and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The first value of a field, as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        first(&self.headers, name)
    }

    /// All values of a field, as text.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<String> {
        let values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        values.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The whole body.
    #[must_use]
    pub fn body_bytes(&self) -> Vec<u8> {
        self.body.concat()
    }

    /// The whole body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body_bytes()).into_owned()
    }
}

fn first(fields: &Fields, name: &str) -> Option<String> {
    let field = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(String::from_utf8_lossy(&field.1).into_owned())
}
