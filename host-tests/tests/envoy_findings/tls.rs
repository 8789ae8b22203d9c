//! TLS between clients and Envoy. The keys beside this file are for this test alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatewright_host::envoy::{Envoy, Listener, Route, Tls};
use gatewright_host::net::Client;
use gatewright_testing::message::Request;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::only_envoy::{filter, start};
use crate::setup::results;

#[test]
fn a_client_certificates_subject_reaches_the_plugin() {
    let tls = Tls::new(&file("server.pem"), &file("server.key")).client_ca(&file("authority.pem"));
    let listener = Listener::new().filter(filter("probe")).route(Route::prefix("/").cluster("main")).tls(tls);
    let (envoy, upstream) = start(Envoy::builder(listener));
    let request = Request::get("/").with_header(
        "x-probe-request-headers",
        "property connection/subject_peer_certificate; property connection/uri_san_peer_certificate",
    );
    let connect = |certificate| Client::connect_tls(envoy.address(), connection(certificate)).unwrap();
    let found = results(&connect(true).send(&request).unwrap().response);
    assert_eq!(found[0], "property connection/subject_peer_certificate=CN=client.test.example");
    assert_eq!(found[1], "property connection/uri_san_peer_certificate=spiffe://test.example/client");

    assert!(connect(false).send(&request).is_err(), "no certificate");
    assert!(envoy.exchange(&request).is_err(), "no TLS");
    assert_eq!(upstream.requests().len(), 1);
}

fn connection(with_certificate: bool) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(certificate("authority.pem")).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = if with_certificate {
        let key = PrivateKeyDer::from_pem_file(file("client.key")).unwrap();
        config.with_client_auth_cert(vec![certificate("client.pem")], key).unwrap()
    } else {
        config.with_no_client_auth()
    };
    let name = ServerName::try_from("server.test.example").unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/envoy_findings/tls").join(name)
}
