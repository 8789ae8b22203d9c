//! An issuer behind TLS: the cluster decides whom it trusts. The keys are those of `tests/envoy_findings/tls`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatewright_host::net::Upstream;
use gatewright_testing::message::Request;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use crate::support::*;
use crate::tokens::*;

#[test]
fn keys_come_over_tls_from_the_issuer_alone() {
    let idp = Upstream::start_tls(server(), |_: &Request| jwks(&[OLD])).unwrap();
    let source = json!({"first_wait": "2s"});
    let with = |name: &str| builder(remote(&source)).tls_cluster("idp", idp.address(), &file("authority.pem"), name);
    let envoy = with("server.test.example").start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    let asked = idp.requests().len();
    assert!(asked >= 1);
    drop(envoy);

    // Somebody with a certificate of the same authority, but another name.
    let asked = idp.requests().len();
    let envoy = with("idp.example").start().unwrap();
    assert_eq!(status(&envoy, &token(OLD)), 503);
    assert_eq!(idp.requests().len(), asked, "nothing is sent to a stranger");
}

fn server() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/envoy_findings/tls").join(name)
}
