//! What happens when an exchange is over, and what a policy knows of its mode.

use crate::policies::*;

/// Counts itself in shared data while it is kept.
struct Place(std::rc::Rc<dyn gatewright_core::host::Host>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set_shared_data(b"place", b"free", 0).unwrap();
    }
}
policy!(TakesAPlace, Phases::REQUEST_HEADERS, |request, cx| {
    cx.host().set_shared_data(b"place", b"taken", 0).unwrap();
    cx.keep_until_end(Place(cx.host()));
    Ok(request.forward().into())
});

#[test]
fn what_is_kept_until_the_end_is_dropped_then_and_not_before() {
    let never = Proxy::builder().upstream("upstream", |_: &Sent| Answer::never());
    let mut proxy = never.policy::<TakesAPlace>("takes-a-place").unwrap();
    let place = |proxy: &Proxy| String::from_utf8(proxy.world().shared_data("", b"place").unwrap().0).unwrap();
    let exchange = proxy.send(Sent::get("/"));
    assert_eq!(place(&proxy), "taken");
    proxy.respond_headers(&exchange, Answered::new(200), false);
    assert_eq!(place(&proxy), "taken");
    proxy.respond_body(&exchange, "done", true);
    assert_eq!(place(&proxy), "free");

    let exchange = proxy.send(Sent::get("/"));
    assert_eq!(place(&proxy), "taken");
    proxy.abort(&exchange);
    assert_eq!(place(&proxy), "free");
}

policy!(TellsItsMode, Phases::REQUEST_HEADERS, |_, cx| Ok(Reply::deny(403, format!("{:?}", cx.mode())).into()));

#[test]
fn a_policy_knows_whether_its_verdict_counts() {
    for (envelope, expected) in [("{}", "Enforce"), (r#"{"mode": "shadow"}"#, "Shadow")] {
        let mut proxy = Proxy::builder().config(envelope).policy::<TellsItsMode>("tells").unwrap();
        proxy.world().set_log_level(gatewright_core::host::LogLevel::Debug);
        proxy.send(Sent::get("/"));
        assert!(proxy.logs().iter().any(|line| line.message.contains(expected)), "{envelope}");
    }
}
