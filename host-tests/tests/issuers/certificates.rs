//! The certificates of `tests/envoy_findings/tls`: of one authority, a server and a client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig};

/// The name in the server's certificate.
pub(crate) const SERVER: &str = "server.test.example";

/// A server with the server's certificate.
pub(crate) fn server() -> Arc<ServerConfig> {
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate("server.pem")], key("server.key")).unwrap())
}

/// A client that shows a certificate: this file's and its key.
pub(crate) fn client(certificate_file: &str, key_file: &str) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(certificate("authority.pem")).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = config.with_client_auth_cert(vec![certificate(certificate_file)], key(key_file)).unwrap();
    ClientConnection::new(Arc::new(config), ServerName::try_from(SERVER).unwrap()).unwrap()
}

pub(crate) fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/envoy_findings/tls").join(name)
}

fn key(name: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(file(name)).unwrap()
}
