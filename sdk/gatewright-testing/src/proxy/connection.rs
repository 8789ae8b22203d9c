//! The client's connection, as guests see it in properties.

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Number of the connection.
    pub id: u64,
    /// Address and port of the client.
    pub source_address: String,
    /// Address and port that the client connected to.
    pub destination_address: String,
    /// Name that the client asked for in the TLS handshake (SNI).
    pub requested_server_name: Option<String>,
    /// The certificate that the client presented and the proxy accepted.
    pub peer_certificate: Option<PeerCertificate>,
}

/// A client certificate in the terms of Envoy's connection properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Subject, in RFC 2253 form.
    pub subject: String,
    /// The first URI of the subject alternative names.
    pub uri_san: Option<String>,
    /// The first DNS name of the subject alternative names.
    pub dns_san: Option<String>,
    /// SHA-256 of the certificate in hex.
    pub sha256_digest: String,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            id: 1,
            source_address: "127.0.0.1:40000".to_owned(),
            destination_address: "127.0.0.1:10000".to_owned(),
            requested_server_name: None,
            peer_certificate: None,
        }
    }
}

impl Connection {
    /// A connection from this address, such as `10.0.0.1:1234`.
    #[must_use]
    pub fn from_address(address: &str) -> Self {
        Self { source_address: address.to_owned(), ..Self::default() }
    }

    /// Adds the certificate that the client presented.
    #[must_use]
    pub fn with_certificate(mut self, certificate: PeerCertificate) -> Self {
        self.peer_certificate = Some(certificate);
        self
    }
}
