//! The same requests through the whole policy.

use gatewright_testing::message::Request as Sent;
use gatewright_testing::proxy::{Proxy, World};
use request_filter::RequestFilter;
use request_filter::groups::Group;
use serde_json::{Value, json};

use crate::request::Request;

/// A proxy with the policy, all groups in deny, and these other settings.
pub(crate) fn proxy(settings: &Value) -> Proxy {
    let mut policy = settings.clone();
    policy["groups"] = Group::ALL.into_iter().map(|group| (group.name(), "deny")).collect::<Value>();
    policy["body"] = json!({ "inspect": true });
    let config = json!({ "policy": policy }).to_string();
    Proxy::builder().world(&World::default()).config(config.as_str()).policy::<RequestFilter>("request-filter").unwrap()
}

/// Status, and what the access log says.
pub(crate) fn send(proxy: &mut Proxy, request: &Request) -> (u16, String) {
    let joint = if request.query.is_empty() { "" } else { "?" };
    let method = if request.body.is_empty() { "GET" } else { "POST" };
    let sent = Sent::new(method, &format!("{}{joint}{}", request.path, request.query));
    let sent = request.headers.iter().fold(sent, |sent, (name, value)| sent.with_header(name, value));
    let sent = if request.body.is_empty() { sent } else { sent.with_body(request.body.clone()) };
    let exchange = proxy.send(sent);
    (exchange.status(), exchange.details().unwrap_or_default().to_owned())
}
