use gatewright_core::host::{Host, MapKind, MetricKind, Status};

use super::*;

#[test]
fn shared_data_is_one_for_all_workers_and_survives_a_crash() {
    let mut proxy = start_with(Proxy::builder().workers(2).vm_id("vm").failure_policy(FailurePolicy::Reload), |host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            let count = host.shared_data(b"n").map_or(0, |(value, _)| value[0]);
            host.set_shared_data(b"n", &[count + 1], 0).unwrap();
            if count == 1 { Err(Trap("second".into())) } else { Ok(0) }
        })
    });
    proxy.advance(Duration::from_secs(1));
    for worker in [0, 1, 1] {
        proxy.exchange(Request::get("/")).on_worker(worker).send();
    }
    assert_eq!(proxy.world().shared_data("vm", b"n"), Some((vec![3], 3)));
    assert_eq!(proxy.world().shared_data("", b"n"), None);
}

#[test]
fn a_queue_wakes_its_last_registrant() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start_with(Proxy::builder().workers(3).main_thread(), move |host| {
        let (start, host, sending, seen) = (host.clone(), host.clone(), host.clone(), seen.clone());
        Scripted::new()
            .on_configure(move |_, _| Ok(start.worker() == usize::MAX || start.register_queue(b"q").is_ok()))
            .on_request_headers(move |_, _, _| {
                let queue = sending.resolve_queue(b"", b"q").unwrap();
                sending.enqueue(queue, b"news").unwrap();
                Ok(0)
            })
            .on_queue_ready(move |_, queue| {
                let value = String::from_utf8(host.dequeue(queue).unwrap()).unwrap();
                seen.add(format!("worker {} {value} {:?}", host.worker(), host.dequeue(queue)));
                Ok(())
            })
    });
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["worker 2 news Err(Empty)"]);
}

#[test]
fn metrics_logs_and_foreign_functions_are_there_for_the_test() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            let counter = host.define_metric(MetricKind::Counter, "requests").unwrap();
            host.increment_metric(counter, 2).unwrap();
            assert_eq!(host.metric(counter), Ok(2));
            assert_eq!(host.metric(counter + 1), Err(Status::NotFound));
            let times = host.define_metric(MetricKind::Histogram, "times").unwrap();
            host.record_metric(times, 7).unwrap();
            assert_eq!(host.call_foreign("double", b"ab"), Ok(b"abab".to_vec()));
            assert_eq!(host.call_foreign("unknown", b""), Err(Status::NotFound));
            host.log(LogLevel::Warn, "hello");
            Ok(0)
        })
    });
    proxy.world().foreign("double", |arguments| Ok(arguments.repeat(2)));
    proxy.send(Request::get("/"));
    assert_eq!((proxy.metric("requests"), proxy.metric("none")), (Some(2), None));
    assert_eq!(proxy.world().histogram("times"), [7]);
    let line = LogLine { level: LogLevel::Warn, message: "hello".into(), vm: "worker 0".into() };
    assert_eq!(proxy.logs(), [line]);
}

#[test]
fn host_calls_are_counted_with_their_bytes() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            let _ = host.header_value(MapKind::RequestHeaders, b":path");
            let _ = host.header_value(MapKind::RequestHeaders, b"x-none");
            host.now_nanos();
            Ok(0)
        })
    });
    proxy.send(Request::get("/four"));
    let calls = proxy.host_calls();
    assert_eq!(calls.of("proxy_get_header_map_value"), Calls { calls: 2, bytes: 5 + 5 + 6 });
    assert_eq!(calls.total().calls, 3);
    assert_eq!(calls.iter().count(), 2);
    proxy.world().reset_host_calls();
    assert_eq!(proxy.host_calls(), HostCalls::default());
}

#[test]
fn any_host_function_fails_when_the_test_says_so() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, seen) = (host.clone(), seen.clone());
        Scripted::new().on_request_headers(move |_, _, _| {
            seen.add(format!("{:?} {:?}", host.set_shared_data(b"k", b"v", 0), host.shared_data(b"k").is_ok()));
            Ok(0)
        })
    });
    proxy.world().fail_nth_call("proxy_set_shared_data", 2, Status::InternalFailure);
    proxy.world().fail_calls("proxy_get_shared_data", Status::Other(99));
    proxy.send(Request::get("/"));
    proxy.send(Request::get("/"));
    proxy.world().clear_faults();
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["Ok(()) false", "Err(InternalFailure) false", "Ok(()) true"]);
}

#[test]
fn injected_cas_mismatches_repeat_by_seed_and_spare_unconditional_writes() {
    let run = |seed: u64| {
        let notes = Notes::default();
        let seen = notes.clone();
        let mut proxy = start_with(Proxy::builder().seed(seed), move |host| {
            let (host, seen) = (host.clone(), seen.clone());
            Scripted::new().on_request_headers(move |_, _, _| {
                host.set_shared_data(b"k", b"v", 0).unwrap();
                let (_, version) = host.shared_data(b"k").unwrap();
                seen.add(format!("{:?}", host.set_shared_data(b"k", b"w", version)));
                Ok(0)
            })
        });
        proxy.world().inject_cas_mismatches(0.5);
        for _ in 0..32 {
            proxy.send(Request::get("/"));
        }
        notes.take()
    };
    let results = run(1);
    assert!(results.contains(&"Ok(())".into()) && results.contains(&"Err(CasMismatch)".into()));
    assert_eq!(results, run(1));
    assert_ne!(results, run(2));
}
