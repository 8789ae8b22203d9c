use gatewright_core::host::{Host, MapKind};

use super::*;

/// Replies 403 in the phase named, and notes what the response callbacks see.
fn replying(phase: &'static str, notes: &Notes) -> impl Fn(&VmHost) -> Scripted + 'static {
    let notes = notes.clone();
    move |host| {
        let reply = |host: &VmHost| {
            let host = host.clone();
            move || host.send_local_response(403, b"denied", b"no", &fields::encode(&one("x-why", "w")), -1).unwrap()
        };
        let (a, b, c, d) = (reply(host), reply(host), reply(host), reply(host));
        let (notes, seen) = (notes.clone(), host.clone());
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                if phase == "request headers" {
                    a();
                }
                Ok(0)
            })
            .on_request_body(move |_, _, end| {
                if phase == "request body" && !end {
                    b();
                }
                Ok(0)
            })
            .on_response_headers(move |_, _, _| {
                notes.add(header(&seen, MapKind::ResponseHeaders, ":status").unwrap());
                assert!(property(&seen, &["response", "code_details"]).is_ok() != (phase.starts_with("request")));
                if phase == "response headers" {
                    c();
                }
                Ok(0)
            })
            .on_response_body(move |_, _, end| {
                if phase == "response body" && !end {
                    d();
                }
                Ok(0)
            })
    }
}

fn exchange_with_reply_in(phase: &'static str, notes: &Notes) -> Exchange {
    let builder = Proxy::builder().upstream("upstream", |_| Response::new(200).with_body("body").into());
    start_with(builder, replying(phase, notes)).send(Request::post("/", "x"))
}

#[test]
fn a_reply_from_a_request_phase_runs_the_response_callbacks() {
    for phase in ["request headers", "request body"] {
        let notes = Notes::default();
        let exchange = exchange_with_reply_in(phase, &notes);
        let response = exchange.response().unwrap();
        assert_eq!((response.status(), response.text().as_str()), (403, "no"));
        assert_eq!(response.header("content-length").as_deref(), Some("2"));
        assert_eq!(response.header("content-type").as_deref(), Some("text/plain"));
        assert_eq!(response.header("x-why").as_deref(), Some("w"));
        assert_eq!(exchange.details().as_deref(), Some("denied"));
        assert!(exchange.is_local_reply());
        assert_eq!(notes.take(), ["403"]);
        assert!(exchange.upstream_request().is_none(), "{phase}");
    }
}

#[test]
fn a_reply_from_response_headers_replaces_the_response_without_a_second_callback() {
    let notes = Notes::default();
    let exchange = exchange_with_reply_in("response headers", &notes);
    assert_eq!(exchange.response().unwrap().text(), "no");
    assert_eq!(exchange.status(), 403);
    assert_eq!(notes.take(), ["200"]);
}

#[test]
fn a_reply_after_the_response_headers_cuts_the_stream() {
    let exchange = exchange_with_reply_in("response body", &Notes::default());
    assert_eq!((exchange.status(), exchange.was_cut()), (200, true));
    assert_eq!(exchange.response().unwrap().text(), "");
}

#[test]
fn a_reply_of_1025_headers_has_none_of_them() {
    for (count, arrived) in [(1024, 1024), (1025, 0)] {
        let mut proxy = start(move |host| {
            let host = host.clone();
            Scripted::new().on_request_headers(move |_, _, _| {
                let many: Fields = (0..count).map(|n| (format!("x-{n}").into_bytes(), Vec::new())).collect();
                host.send_local_response(403, b"", b"", &fields::encode(&many), -1).unwrap();
                Ok(0)
            })
        });
        let response = proxy.send(Request::get("/")).response().unwrap();
        assert_eq!(response.headers.len() - 1, arrived);
    }
}

#[test]
fn a_grpc_client_gets_its_status_in_the_headers_of_a_200() {
    let mut proxy = start(replying("request headers", &Notes::default()));
    let response =
        proxy.send(Request::post("/", "").with_header("content-type", "application/grpc")).response().unwrap();
    assert_eq!((response.status(), response.header("grpc-status").as_deref()), (200, Some("7")));
    assert_eq!((response.header("grpc-message").as_deref(), response.body_bytes()), (Some("no"), Vec::new()));
}

#[test]
fn a_reply_to_head_has_no_body() {
    let mut proxy = start(replying("request headers", &Notes::default()));
    let exchange = proxy.send(Request::new("HEAD", "/"));
    assert_eq!((exchange.status(), exchange.response().unwrap().body_bytes()), (403, Vec::new()));
    assert!(!exchange.is_hung());
}

#[test]
fn close_stream_cuts() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            host.close_stream(Direction::Request).unwrap();
            Ok(0)
        })
    });
    let exchange = proxy.send(Request::get("/"));
    assert_eq!((exchange.status(), exchange.was_cut()), (0, true));
}

#[test]
fn what_the_guest_asks_for_is_done_after_its_callback() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, seen, responses) = (host.clone(), seen.clone(), seen.clone());
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                host.send_local_response(403, b"", b"", b"", -1).unwrap();
                seen.add("request callback ends");
                Ok(4)
            })
            .on_response_headers(move |_, _, _| {
                responses.add("response callback");
                Ok(0)
            })
    });
    assert_eq!(proxy.send(Request::get("/")).status(), 403);
    assert_eq!(notes.take(), ["request callback ends", "response callback"]);
}
