use gatewright_core::host::Status;
use serde_json::json;

use super::*;

/// Reads these properties in request headers.
fn read(builder: Builder, request: Request, paths: &'static [&'static [&'static str]]) -> Vec<HostResult<Vec<u8>>> {
    let values = Rc::new(RefCell::new(Vec::new()));
    let seen = values.clone();
    let mut proxy = start_with(builder, move |host| {
        let (host, seen) = (host.clone(), seen.clone());
        Scripted::new().on_request_headers(move |_, _, _| {
            seen.borrow_mut().extend(paths.iter().map(|path| property(&host, path)));
            Ok(0)
        })
    });
    proxy.send(request);
    drop(proxy);
    values.take()
}

#[test]
fn route_metadata_has_envoys_encodings() {
    let route = Route::prefix("/")
        .named("r")
        .metadata("ns", "text", "hello")
        .metadata("ns", "number", 1.5)
        .metadata("ns", "object", json!({"a": {"b": true}}))
        .metadata("other", "null", json!(null));
    let values = read(
        Proxy::builder().routes([route]),
        Request::get("/"),
        &[
            &["xds", "route_name"],
            &["xds", "route_metadata", "filter_metadata", "ns", "text"],
            &["xds", "route_metadata", "filter_metadata", "ns", "number"],
            &["xds", "route_metadata", "filter_metadata", "ns", "object", "a", "b"],
            &["xds", "route_metadata", "filter_metadata", "ns", "absent"],
            &["xds", "route_metadata", "filter_metadata", "other", "null"],
            &["xds", "route_metadata", "filter_metadata", "other"],
            &["xds", "route_metadata", "filter_metadata"],
            &["route_name"],
        ],
    );
    assert_eq!(values[0], Ok(b"r".to_vec()));
    assert_eq!(values[1], Ok(b"hello".to_vec()));
    assert_eq!(values[2], Ok(1.5f64.to_le_bytes().to_vec()));
    assert_eq!(values[3], Ok(vec![1]));
    assert_eq!(values[4], Err(Status::NotFound));
    assert_eq!(values[5..8], [const { Err(Status::SerializationFailure) }; 3]);
    assert_eq!(values[8], Err(Status::NotFound));
}

#[test]
fn whole_route_metadata_is_typed_protobuf() {
    let builder = Proxy::builder().routes([Route::prefix("/").metadata("n", "k", json!(null))]);
    let values = read(builder, Request::get("/"), &[&["xds", "route_metadata"]]);
    // Metadata { filter_metadata: { "n": Struct { fields: { "k": null } } } }
    assert_eq!(values[0].as_deref(), Ok(&b"\x0a\x0e\x0a\x01n\x12\x09\x0a\x07\x0a\x01k\x12\x02\x08\x00"[..]));
}

#[test]
fn the_request_is_in_properties() {
    let request = Request::post("/a?b=c", "body")
        .with_host("h")
        .with_header("x-request-id", "id")
        .with_header("content-length", "4");
    let values = read(
        Proxy::builder(),
        request,
        &[
            &["request", "path"],
            &["request", "url_path"],
            &["request", "host"],
            &["request", "method"],
            &["request", "id"],
            &["request", "headers", "content-length"],
            &["request", "size"],
            &["request", "time"],
            &["request", "duration"],
            &["response", "code"],
        ],
    );
    let texts: Vec<_> = values[..6].iter().map(|value| String::from_utf8(value.clone().unwrap()).unwrap()).collect();
    assert_eq!(texts, ["/a?b=c", "/a", "h", "POST", "id", "4"]);
    assert_eq!(values[6], Ok(4i64.to_le_bytes().to_vec()));
    assert_eq!(values[7], Ok(1_767_225_600_000_000_000i64.to_le_bytes().to_vec()));
    assert_eq!(values[8..], [Err(Status::NotFound), Err(Status::NotFound)]);
}

#[test]
fn the_connection_and_its_certificate_are_in_properties() {
    let certificate = PeerCertificate {
        subject: "CN=client".into(),
        uri_san: Some("spiffe://td/client".into()),
        dns_san: None,
        sha256_digest: "ab".into(),
    };
    let connection = Connection::from_address("10.0.0.1:1234").with_certificate(certificate);
    let values = read(
        Proxy::builder().connection(connection),
        Request::get("/"),
        &[
            &["source", "address"],
            &["source", "port"],
            &["connection", "mtls"],
            &["connection", "subject_peer_certificate"],
            &["connection", "uri_san_peer_certificate"],
            &["connection", "sha256_peer_certificate_digest"],
            &["connection", "dns_san_peer_certificate"],
        ],
    );
    assert_eq!(values[0], Ok(b"10.0.0.1:1234".to_vec()));
    assert_eq!(values[1], Ok(1234i64.to_le_bytes().to_vec()));
    assert_eq!(values[2], Ok(vec![1]));
    assert_eq!(values[3], Ok(b"CN=client".to_vec()));
    assert_eq!(values[4], Ok(b"spiffe://td/client".to_vec()));
    assert_eq!(values[5], Ok(b"ab".to_vec()));
    assert_eq!(values[6], Err(Status::NotFound));
}

#[test]
fn the_plugin_knows_its_names() {
    let builder = Proxy::builder().vm_id("vm").root_id("root");
    let values = read(builder, Request::get("/"), &[&["plugin_name"], &["plugin_root_id"], &["plugin_vm_id"]]);
    assert_eq!(values, [Ok(b"plugin".to_vec()), Ok(b"root".to_vec()), Ok(b"vm".to_vec())]);
}

#[test]
fn a_guest_reads_what_it_set_and_a_test_overrides() {
    let mut proxy = start(|host| {
        use gatewright_core::host::Host;
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            host.set_property(b"mine", b"1").unwrap();
            assert_eq!(property(&host, &["mine"]), Ok(b"1".to_vec()));
            assert_eq!(property(&host, &["filter_state", "wasm.mine"]), Ok(b"1".to_vec()));
            assert_eq!(property(&host, &["metadata", "x"]), Ok(b"2".to_vec()));
            Ok(0)
        })
    });
    let exchange = proxy.exchange(Request::get("/")).property(&["metadata", "x"], "2").send();
    assert_eq!(exchange.status(), 200);
}
