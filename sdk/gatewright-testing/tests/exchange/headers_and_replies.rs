//! Request headers, and answering from here.

use std::rc::Rc;

use gatewright_core::Worker;
use gatewright_core::host::Status;
use gatewright_testing::scripted::Scripted;

use crate::policies::*;

policy!(Tenant, Phases::REQUEST_HEADERS, |mut request, _| {
    let Ok(Some(tenant)) = request.single_header("x-tenant") else {
        return Ok(Reply::deny(400, "no_tenant").with_body("text/plain", "which tenant?").into());
    };
    let tenant = tenant.to_vec();
    request.set_header("x-seen", [b"tenant ", &tenant[..]].concat());
    request.append_header("x-seen", request.headers().len());
    request.remove_header("x-tenant");
    request.remove_header("x-never-there");
    Ok(request.forward().into())
});

#[test]
fn edits_reach_the_upstream_when_the_request_goes_on() {
    let mut proxy = proxy::<Tenant>("{}");
    let upstream = proxy.send(Sent::get("/").with_header("X-Tenant", "ü")).upstream_request().unwrap();
    let seen: Vec<_> =
        upstream.headers.iter().filter(|(name, _)| name == b"x-seen").map(|(_, value)| &value[..]).collect();
    assert_eq!(seen, ["tenant ü".as_bytes(), b"6"]);
    assert_eq!(upstream.header("x-tenant"), None);
}

#[test]
fn header_values_are_bytes() {
    let request = Sent::get("/").with_header("x-tenant", b"\xff\xfe");
    let upstream = proxy::<Tenant>("{}").send(request).upstream_request().unwrap();
    assert!(upstream.headers.contains(&(b"x-seen".to_vec(), b"tenant \xff\xfe".to_vec())));
}

#[test]
fn a_reply_is_the_response_and_the_upstream_hears_nothing() {
    let mut proxy = proxy::<Tenant>("{}");
    let exchange = proxy.send(Sent::get("/"));
    let response = exchange.response().unwrap();
    assert_eq!((response.status(), response.text().as_str()), (400, "which tenant?"));
    assert_eq!(response.header("content-type").as_deref(), Some("text/plain"));
    assert!(exchange.is_local_reply() && exchange.upstream_request().is_none());
    assert_eq!(exchange.details().as_deref(), Some("gatewright.policy.deny.no_tenant"));
}

#[test]
fn a_repeated_field_is_not_one_value() {
    let request = Sent::get("/").with_header("x-tenant", "a").with_header("x-tenant", "b");
    assert_eq!(proxy::<Tenant>("{}").send(request).status(), 400);
}

#[test]
fn a_reply_stops_the_body_of_the_request_too() {
    let exchange = proxy::<Tenant>("{}").send(Sent::post("/", "body"));
    assert_eq!(exchange.status(), 400);
    assert!(exchange.upstream_so_far().is_none());
}

/// The host passes on no list of more than 1,024 fields: it gives an empty one. That must not read as "no key".
#[test]
fn headers_that_cannot_be_read_are_a_fault_and_no_denial() {
    for status in [Status::BadArgument, Status::InternalFailure] {
        let mut proxy = proxy::<Tenant>("{}");
        proxy.world().fail_calls("proxy_get_header_map_pairs", status);
        let exchange = proxy.send(Sent::get("/").with_header("x-tenant", "a"));
        assert_eq!(exchange.status(), 503);
        assert_eq!(exchange.details().as_deref(), Some("gatewright.policy.fault.message"));
        assert_eq!(
            (decisions(&proxy, "policy", "enforce", "deny"), decisions(&proxy, "policy", "enforce", "fault")),
            (0, 1)
        );
    }
}

policy!(Injects, Phases::REQUEST_HEADERS, |mut request, _| {
    request.set_header("x-value", "a\r\nx-admin: 1\0");
    request.set_header("X-Na me\r\nx-admin", "b");
    Ok(request.forward().into())
});

#[test]
fn no_value_and_no_name_adds_a_field() {
    let upstream = proxy::<Injects>("{}").send(Sent::get("/")).upstream_request().unwrap();
    assert_eq!(upstream.header("x-value").as_deref(), Some("a  x-admin: 1 "));
    assert_eq!(upstream.header("x-na-me--x-admin").as_deref(), Some("b"));
    assert_eq!(upstream.header("x-admin"), None);
}

policy!(OddStatus, Phases::REQUEST_HEADERS, |request, _| {
    let status = request.headers().text("x-status").and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok(Reply::answer(status, "odd").into())
});

#[test]
fn what_is_no_final_status_is_sent_as_500() {
    let mut proxy = proxy::<OddStatus>("{}");
    for (asked, sent) in
        [("0", 500), ("100", 500), ("199", 500), ("200", 200), ("599", 599), ("600", 500), ("65535", 500)]
    {
        assert_eq!(proxy.send(Sent::get("/").with_header("x-status", asked)).status(), sent, "{asked}");
    }
}

policy!(Grpc, Phases::REQUEST_HEADERS, |_, _| Ok(Reply::forbidden("no").with_grpc_status(7).into()));

#[test]
fn a_grpc_client_gets_a_grpc_status() {
    let request = Sent::post("/svc/m", "x").with_header("content-type", "application/grpc");
    let response = proxy::<Grpc>("{}").send(request).response().unwrap();
    assert_eq!((response.status(), response.header("grpc-status").as_deref()), (200, Some("7")));
}

/// A proxy whose guest is this worker, as far as `with_configuration` goes.
fn bare(configure: bool, create: bool) -> Proxy {
    let start = move |host: gatewright_testing::proxy::VmHost| {
        let worker = Rc::new(Worker::new(Rc::new(host), Module::single::<Tenant>("policy")));
        let (created, configured, headers) = (worker.clone(), worker.clone(), worker);
        Ok(Scripted::new()
            .on_context_create(move |context, parent| {
                if create || parent == 0 {
                    created.on_context_create(context, parent);
                }
                Ok(())
            })
            .on_configure(move |root, size| Ok(!configure || configured.on_configure(root, size)))
            .on_request_headers(move |context, count, end| Ok(headers.on_request_headers(context, count, end) as u32))
            .boxed())
    };
    Proxy::builder().config("{}").start(start).unwrap()
}

#[test]
fn without_a_configuration_nothing_passes() {
    let request = || Sent::get("/").with_header("x-tenant", "a");
    assert_eq!(bare(true, true).send(request()).status(), 200);
    let exchange = bare(false, true).send(request());
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, Some("gatewright.policy.fault.misuse")));
}

#[test]
fn an_exchange_that_no_plugin_knows_does_not_pass() {
    let exchange = bare(true, false).send(Sent::get("/").with_header("x-tenant", "a"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, Some("gatewright.no_plugin")));
    assert!(exchange.upstream_request().is_none());
}
