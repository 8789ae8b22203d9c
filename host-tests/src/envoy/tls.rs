//! TLS between clients and Envoy, and between Envoy and upstreams.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::filter::typed;

/// Certificates, as PEM files, with which a listener speaks TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    certificate: PathBuf,
    private_key: PathBuf,
    client_ca: Option<PathBuf>,
}

impl Tls {
    /// The listener's own certificate and key.
    #[must_use]
    pub fn new(certificate: &Path, private_key: &Path) -> Self {
        Self { certificate: certificate.into(), private_key: private_key.into(), client_ca: None }
    }

    /// Demands a client certificate of this authority (mTLS).
    #[must_use]
    pub fn client_ca(mut self, authority: &Path) -> Self {
        self.client_ca = Some(authority.into());
        self
    }

    pub(super) fn json(&self) -> Value {
        let mut common = json!({"tls_certificates": [{
            "certificate_chain": {"filename": self.certificate},
            "private_key": {"filename": self.private_key},
        }]});
        if let (Some(authority), Some(fields)) = (&self.client_ca, common.as_object_mut()) {
            fields.insert("validation_context".into(), json!({"trusted_ca": {"filename": authority}}));
        }
        let context = json!({
            "common_tls_context": common,
            "require_client_certificate": self.client_ca.is_some(),
        });
        let message = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
        json!({"name": "envoy.transport_sockets.tls", "typed_config": typed(message, context)})
    }
}

/// How Envoy speaks TLS to an upstream: its certificate is of this authority and for this name.
pub(super) fn upstream_json(authority: &Path, server_name: &str) -> Value {
    let name = json!({"san_type": "DNS", "matcher": {"exact": server_name}});
    let validation = json!({"trusted_ca": {"filename": authority}, "match_typed_subject_alt_names": [name]});
    let context = json!({"sni": server_name, "common_tls_context": {"validation_context": validation}});
    let message = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    json!({"name": "envoy.transport_sockets.tls", "typed_config": typed(message, context)})
}
