use gatewright_core::host::{BufferKind, Host, MapKind, Status};

use super::*;

/// Makes a callout from request headers, holds the exchange, and replies with what the callout's callback saw.
fn caller(notes: &Notes, upstream: &'static str, timeout: u32) -> impl Fn(&VmHost) -> Scripted + 'static {
    let notes = notes.clone();
    move |host| {
        let (calling, host, notes) = (host.clone(), host.clone(), notes.clone());
        let waiting = Rc::new(RefCell::new(0));
        let context = waiting.clone();
        Scripted::new()
            .on_request_headers(move |context, _, _| {
                *waiting.borrow_mut() = context;
                let token = calling.http_call(upstream.as_bytes(), &callout_headers("/c"), b"", b"", timeout);
                Ok(if token.is_ok() { 1 } else { 0 })
            })
            .on_http_call_response(move |root, token, headers, body_size, _| {
                let status = header(&host, MapKind::CalloutHeaders, ":status");
                let body = host.buffer(BufferKind::CalloutBody, 0, 999).map(|body| body.len());
                notes.add(format!("root {root} token {token} headers {headers} body {body_size}={body:?} {status:?}"));
                if host.set_effective_context(*context.borrow()).is_ok() {
                    assert!(header(&host, MapKind::RequestHeaders, ":path").is_ok());
                    host.continue_stream(Direction::Request).unwrap();
                }
                Ok(())
            })
    }
}

#[test]
fn an_answer_comes_to_the_root_context_in_its_time_and_the_exchange_goes_on() {
    let notes = Notes::default();
    let answer = |_: &Request| Answer::delay(Duration::from_millis(30), Response::new(201).with_body("hello"));
    let mut proxy = start_with(Proxy::builder().upstream("idp", answer), caller(&notes, "idp", 1000));
    let exchange = proxy.send(Request::get("/"));
    proxy.advance(Duration::from_millis(29));
    assert!(exchange.is_pending());
    proxy.advance(Duration::from_millis(1));
    assert_eq!(exchange.status(), 200);
    assert_eq!(notes.take(), ["root 1 token 1 headers 1 body 5=Ok(5) Ok(\"201\")"]);
}

#[test]
fn dead_slow_and_broken_upstreams_look_as_envoy_makes_them_look() {
    type Case = (fn(&Request) -> Answer, &'static str);
    let cases: [Case; 5] = [
        (|_| Answer::refused(), "headers 3 body 98=Ok(98) Ok(\"503\")"),
        (|_| Answer::timeout(), "headers 3 body 24=Ok(24) Ok(\"504\")"),
        (|_| Answer::delay(Duration::from_secs(2), Response::new(200)), "headers 3 body 24=Ok(24) Ok(\"504\")"),
        (|_| Answer::failed(), "headers 3 body 95=Ok(95) Ok(\"503\")"),
        (
            |_| Answer::truncated(Response::new(200).with_body("123456")),
            "headers 0 body 0=Err(NotFound) Err(BadArgument)",
        ),
    ];
    for (answer, expected) in cases {
        let notes = Notes::default();
        let mut proxy = start_with(Proxy::builder().upstream("idp", answer), caller(&notes, "idp", 1000));
        proxy.send(Request::get("/"));
        proxy.advance(Duration::from_secs(1));
        assert_eq!(notes.take(), [format!("root 1 token 1 {expected}")]);
    }
}

#[test]
fn a_callout_to_nowhere_or_without_a_pseudo_header_is_a_bad_argument() {
    let builder = Proxy::builder().upstream("idp", |_| Response::new(200).into());
    let mut proxy = start_with(builder, |host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            let call = |upstream: &[u8], headers: &[u8]| host.http_call(upstream, headers, b"", b"", 10);
            assert_eq!(call(b"nowhere", &callout_headers("/")), Err(Status::BadArgument));
            assert_eq!(call(b"idp", &fields::encode(&one(":path", "/"))), Err(Status::BadArgument));
            assert_eq!(host.grpc_call(b"nowhere", b"s", b"m", b"", b"", 1), Err(Status::ParseFailure));
            assert_eq!(host.grpc_stream(b"nowhere", b"s", b"m", b""), Err(Status::ParseFailure));
            Ok(0)
        })
    });
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}

#[test]
fn an_answer_that_is_there_at_once_still_comes_after_the_callback() {
    let notes = Notes::default();
    let builder = Proxy::builder().upstream("idp", |_| Response::new(200).into());
    let mut proxy = start_with(builder, caller(&notes, "idp", 1000));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    assert_eq!(notes.take().len(), 1);
}

#[test]
fn an_answer_after_the_client_left_finds_no_exchange() {
    let notes = Notes::default();
    let answer = |_: &Request| Answer::delay(Duration::from_millis(5), Response::new(200));
    let mut proxy = start_with(Proxy::builder().upstream("idp", answer), caller(&notes, "idp", 1000));
    let exchange = proxy.send(Request::get("/"));
    proxy.abort(&exchange);
    proxy.advance(Duration::from_millis(5));
    assert!(exchange.response().is_none() && exchange.upstream_so_far().is_none());
}

#[test]
fn an_answer_for_a_dead_vm_is_dropped() {
    let answer = |_: &Request| Answer::delay(Duration::from_millis(5), Response::new(200));
    let builder = Proxy::builder().upstream("idp", answer).failure_policy(FailurePolicy::Reload);
    let mut proxy = start_with(builder, |host| {
        let host = host.clone();
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                if header(&host, MapKind::RequestHeaders, ":path").as_deref() == Ok("/again") {
                    return Ok(0);
                }
                host.http_call(b"idp", &callout_headers("/"), b"", b"", 10).unwrap();
                Err(Trap("dead".into()))
            })
            .on_http_call_response(|_, _, _, _, _| Err(Trap("not mine".into())))
    });
    proxy.advance(Duration::from_secs(1));
    proxy.send(Request::get("/"));
    assert_eq!(proxy.send(Request::get("/again")).status(), 200);
    proxy.advance(Duration::from_millis(5));
    assert!(proxy.is_alive(0));
}

#[test]
fn a_unary_grpc_call_ends_with_a_message_or_a_status() {
    let notes = Notes::default();
    let seen = notes.clone();
    let builder = Proxy::builder().grpc_upstream("etcd", |call| match call.method.as_str() {
        "Get" => GrpcAnswer::message([b"got ", call.message.as_slice()].concat()),
        "Fail" => GrpcAnswer::status(7, "no"),
        _ => GrpcAnswer::never(),
    });
    let mut proxy = start_with(builder, move |host| {
        let (host, receive, close) = (host.clone(), host.clone(), host.clone());
        let (received, closed) = (seen.clone(), seen.clone());
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                for method in [&b"Get"[..], b"Fail", b"Hang"] {
                    host.grpc_call(b"etcd", b"kv.KV", method, b"", b"x", 20).unwrap();
                }
                let cancelled = host.grpc_call(b"etcd", b"kv.KV", b"Get", b"", b"y", 20).unwrap();
                host.grpc_cancel(cancelled).unwrap();
                assert_eq!(host.grpc_cancel(cancelled), Err(Status::NotFound));
                assert_eq!(host.grpc_send(1, b"", false), Err(Status::BadArgument));
                Ok(0)
            })
            .on_grpc_receive(move |_, token, size| {
                received.add(format!("{token} {size} {}", body(&receive, BufferKind::GrpcMessage)));
                Ok(())
            })
            .on_grpc_close(move |_, token, status| {
                let (_, message) = close.callout_status().unwrap();
                closed.add(format!("{token} status {status} {}", String::from_utf8(message).unwrap()));
                Ok(())
            })
    });
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["1 5 got x", "3 status 7 no"]);
    proxy.advance(Duration::from_millis(20));
    assert_eq!(notes.take(), ["5 status 4 deadline exceeded"]);
    proxy.world().set_grpc_up("etcd", false);
    proxy.send(Request::get("/"));
    let down = |token: u32| format!("{token} status 14 upstream connect error");
    assert_eq!(notes.take(), [down(9), down(11), down(13)]);
}

#[test]
fn a_grpc_stream_is_answered_by_hand_and_does_not_open_while_its_upstream_is_down() {
    let notes = Notes::default();
    let seen = notes.clone();
    let builder = Proxy::builder().grpc_upstream("etcd", |_| GrpcAnswer::never());
    let mut proxy = start_with(builder, move |host| {
        let (start, sending, reading) = (host.clone(), host.clone(), host.clone());
        let (a, b, c, d) = (seen.clone(), seen.clone(), seen.clone(), seen.clone());
        Scripted::new()
            .on_configure(move |_, _| {
                start.set_tick_period(1000).unwrap();
                Ok(true)
            })
            .on_tick(move |_| {
                let token = sending.grpc_stream(b"etcd", b"Watch", b"Watch", b"").unwrap();
                sending.grpc_send(token, b"watch", false).unwrap();
                Ok(())
            })
            .on_grpc_receive_initial_metadata(move |_, token, count| a.end(format!("{token} initial {count}")))
            .on_grpc_receive(move |_, token, _| b.end(format!("{token} {}", body(&reading, BufferKind::GrpcMessage))))
            .on_grpc_receive_trailing_metadata(move |_, token, count| c.end(format!("{token} trailing {count}")))
            .on_grpc_close(move |_, token, status| d.end(format!("{token} closed {status}")))
    });
    proxy.advance(Duration::from_secs(1));
    let [stream] = proxy.grpc_streams().try_into().unwrap();
    assert_eq!((stream.service.as_str(), stream.sent.as_slice()), ("Watch", &[b"watch".to_vec()][..]));
    assert!(proxy.grpc_initial_metadata(&stream, one("a", "b")));
    assert!(proxy.grpc_message(&stream, "event"));
    assert!(proxy.grpc_end(&stream, Fields::new(), 13, "reset"));
    assert!(!proxy.grpc_message(&stream, "late"));
    assert_eq!(notes.take(), ["2 initial 1", "2 event", "2 trailing 0", "2 closed 13"]);
    proxy.world().set_grpc_up("etcd", false);
    proxy.advance(Duration::from_secs(1));
    assert_eq!(notes.take(), ["4 closed 14"]);
    assert!(proxy.grpc_streams().is_empty());
}
