//! gRPC calls and streams.

use gatewright_core::callout::CalloutError;
use gatewright_testing::proxy::GrpcAnswer;

use crate::policies::*;

const SECOND: Duration = Duration::from_secs(1);

policy!(Asks, Phases::REQUEST_HEADERS, |mut request, cx| {
    let call = cx.grpc(&upstream("rls"), "test.Limiter", "Check").metadata("x-id", "7");
    let answer = cx.timeout(ms(100), call.unary(b"may I?", SECOND)).await;
    let told = match answer {
        Ok(Ok(message)) => String::from_utf8_lossy(&message).into_owned(),
        Ok(Err(CalloutError::Grpc(status, message))) => format!("{status} {message}"),
        Ok(Err(other)) => return Err(other.into()),
        Err(_) => "gave up".to_owned(),
    };
    request.set_header("x-told", told);
    Ok(request.forward().into())
});

fn asking(answer: GrpcAnswer) -> Proxy {
    let rls = move |call: &gatewright_testing::proxy::GrpcCall| {
        assert_eq!(
            (call.service.as_str(), call.method.as_str(), &call.message[..]),
            ("test.Limiter", "Check", &b"may I?"[..])
        );
        answer.clone()
    };
    with::<Asks>(Proxy::builder().grpc_upstream("rls", rls), "{}")
}

fn told(answer: GrpcAnswer) -> Option<String> {
    let mut proxy = asking(answer);
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(SECOND);
    exchange.upstream_request()?.header("x-told")
}

#[test]
fn a_unary_call_gives_its_message_or_its_status() {
    assert_eq!(told(GrpcAnswer::message("you may").after(ms(10))).as_deref(), Some("you may"));
    assert_eq!(told(GrpcAnswer::status(8, "no more")).as_deref(), Some("8 no more"));
}

#[test]
fn a_call_given_up_is_cancelled() {
    let mut proxy = asking(GrpcAnswer::message("late").after(ms(500)));
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(100));
    assert_eq!(exchange.upstream_request().unwrap().header("x-told").as_deref(), Some("gave up"));
    assert_eq!(proxy.host_calls().of("proxy_grpc_cancel").calls, 1);
    proxy.advance(SECOND);
    assert!(proxy.is_alive(0));
}

#[test]
fn a_call_answered_is_not_cancelled() {
    let mut proxy = asking(GrpcAnswer::message("you may"));
    proxy.send(Sent::get("/"));
    assert_eq!(proxy.host_calls().of("proxy_grpc_cancel").calls, 0);
}

/// A long one, so that lengths take two bytes.
#[test]
fn a_call_may_name_an_authority() {
    policy!(Named, Phases::REQUEST_HEADERS, |mut request, cx| {
        let authority = format!("{}.example:8081", "a".repeat(200));
        let call = cx.grpc(&upstream("rls"), "test.Limiter", "Check").authority(&authority);
        request.set_header("x-told", call.unary(b"", SECOND).await?);
        Ok(request.forward().into())
    });
    let rls =
        |call: &gatewright_testing::proxy::GrpcCall| GrpcAnswer::message(call.authority.clone().unwrap_or_default());
    let mut proxy = with::<Named>(Proxy::builder().grpc_upstream("rls", rls), "{}");
    let told = proxy.send(Sent::get("/")).upstream_request().unwrap().header("x-told").unwrap();
    assert_eq!(told, format!("{}.example:8081", "a".repeat(200)));
}

#[test]
fn an_upstream_that_does_not_exist_is_a_fault() {
    assert_eq!(proxy::<Asks>("{}").send(Sent::get("/")).details().as_deref(), Some("gatewright.policy.fault.callout"));
}

/// HTTP and gRPC calls have tokens of their own, which may be the same numbers.
#[test]
fn answers_of_both_kinds_do_not_mix() {
    policy!(Mixed, Phases::REQUEST_HEADERS, |mut request, cx| {
        let (users, rls) = (upstream("users"), upstream("rls"));
        let http = cx.http(&users, SECOND).send();
        let grpc = cx.grpc(&rls, "test.Limiter", "Check").unary(b"", SECOND);
        let (http, grpc) = gatewright_core::future::try_join(http, grpc).await?;
        request.set_header("x-http", http.body().to_vec());
        request.set_header("x-grpc", grpc);
        Ok(request.forward().into())
    });
    let builder = Proxy::builder()
        .upstream("users", |_| Answered::new(200).with_body("http").into())
        .grpc_upstream("rls", |_| GrpcAnswer::message("grpc").after(ms(5)));
    let mut proxy = with::<Mixed>(builder, "{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.advance(ms(5));
    let upstream = exchange.upstream_request().unwrap();
    assert_eq!(
        (upstream.header("x-http").as_deref(), upstream.header("x-grpc").as_deref()),
        (Some("http"), Some("grpc"))
    );
}

/// Keeps a stream open in each worker, and tells in a gauge what came last.
struct Watches;
impl Policy for Watches {
    type Config = NoSettings;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        let (last, ends) = (setup.gauge("last"), setup.counter("ends"));
        setup.spawn(|services| async move {
            loop {
                let watch = services.grpc(&upstream("etcd"), "etcdserverpb.Watch", "Watch");
                let Ok(mut stream) = watch.stream() else { return };
                if stream.send(b"from here", false).is_err() {
                    return;
                }
                while let Ok(Some(message)) = stream.next().await {
                    last.set(message.first().copied().unwrap_or_default().into());
                }
                ends.increment();
                services.sleep(ms(500)).await;
            }
        });
        Ok(Self)
    }

    async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
        Ok(request.forward().into())
    }
}

fn watching() -> Proxy {
    with::<Watches>(Proxy::builder().grpc_upstream("etcd", |_| GrpcAnswer::never()), "{}")
}

#[test]
fn a_task_reads_a_stream_message_by_message() {
    let mut proxy = watching();
    let stream = proxy.grpc_streams().pop().unwrap();
    assert_eq!((stream.service.as_str(), &stream.sent[..]), ("etcdserverpb.Watch", &[b"from here".to_vec()][..]));
    for message in [[1], [2], [3]] {
        assert!(proxy.grpc_message(&stream, message));
        assert_eq!(proxy.metric("gatewright.last"), Some(message[0].into()));
    }
}

#[test]
fn a_stream_that_ended_is_closed_and_opened_anew() {
    let mut proxy = watching();
    let stream = proxy.grpc_streams().pop().unwrap();
    proxy.grpc_end(&stream, Vec::new(), 13, "reset");
    assert_eq!((proxy.metric("gatewright.ends"), proxy.grpc_streams().len()), (Some(1), 0));
    proxy.advance(ms(500));
    assert_eq!(
        proxy.host_calls().of("proxy_grpc_close").calls,
        1,
        "the host keeps a stream until both sides closed it"
    );
    let again = proxy.grpc_streams().pop().unwrap();
    assert_ne!(again.token, stream.token);
    assert!(proxy.grpc_message(&again, [9]));
    assert_eq!(proxy.metric("gatewright.last"), Some(9));
}

#[test]
fn a_new_configuration_ends_the_streams_of_the_old_one() {
    let mut proxy = watching();
    let old = proxy.grpc_streams().pop().unwrap();
    proxy.configure("{}").unwrap();
    let open = proxy.grpc_streams();
    assert!(open.len() == 1 && open[0].token != old.token);
}

#[test]
fn messages_that_nobody_reads_are_bounded() {
    struct Idle;
    impl Policy for Idle {
        type Config = NoSettings;
        fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
            let (read, lost) = (setup.gauge("read"), setup.counter("lost"));
            setup.spawn(|services| async move {
                let Ok(mut stream) = services.grpc(&upstream("etcd"), "s", "m").stream() else { return };
                services.sleep(SECOND).await;
                let mut count = 0;
                loop {
                    match stream.next().await {
                        Ok(Some(_)) => count += 1,
                        Err(CalloutError::Unread(64)) => break lost.increment(),
                        _ => break,
                    }
                }
                read.set(count);
            });
            Ok(Self)
        }
        async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
            Ok(request.forward().into())
        }
    }
    let mut proxy = with::<Idle>(Proxy::builder().grpc_upstream("etcd", |_| GrpcAnswer::never()), "{}");
    let stream = proxy.grpc_streams().pop().unwrap();
    for _ in 0..100 {
        proxy.grpc_message(&stream, "m");
    }
    proxy.advance(SECOND);
    assert_eq!((proxy.metric("gatewright.read"), proxy.metric("gatewright.lost")), (Some(64), Some(1)));
    assert!(proxy.grpc_streams().is_empty(), "dropping the stream resets it");
}
