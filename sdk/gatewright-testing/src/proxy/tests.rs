//! One test per behaviour of Envoy that the proxy imitates.

mod bodies;
mod callouts;
mod endings;
mod failures;
mod headers;
mod lifecycle;
mod model;
mod properties;
mod races;
mod replies;
mod shared;

use std::cell::RefCell;
use std::rc::Rc;

use gatewright_core::host::{BufferKind, HostResult, MapKind};

use super::fields;
use super::*;
use crate::guest::{Outcome, Trap};
use crate::message::{Fields, Response};
use crate::scripted::Scripted;

/// What a guest noted down, in order.
#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl std::fmt::Display) {
        self.0.borrow_mut().push(note.to_string());
    }

    /// As a callback without a result ends.
    fn end(&self, note: impl std::fmt::Display) -> Outcome<()> {
        self.add(note);
        Ok(())
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

/// A proxy with default settings around one script.
fn start(script: impl Fn(&VmHost) -> Scripted + 'static) -> Proxy {
    start_with(Proxy::builder(), script)
}

fn start_with(builder: Builder, script: impl Fn(&VmHost) -> Scripted + 'static) -> Proxy {
    builder.start(move |host| Ok(script(&host).boxed())).unwrap()
}

fn body(host: &VmHost, kind: BufferKind) -> String {
    use gatewright_core::host::Host;
    String::from_utf8(host.buffer(kind, 0, 1 << 24).unwrap()).unwrap()
}

fn header(host: &VmHost, map: MapKind, name: &str) -> HostResult<String> {
    use gatewright_core::host::Host;
    host.header_value(map, name.as_bytes()).map(|value| String::from_utf8(value).unwrap())
}

fn property(host: &VmHost, path: &[&str]) -> HostResult<Vec<u8>> {
    use gatewright_core::host::Host;
    host.property(path.join("\0").as_bytes())
}

fn callout_headers(path: &str) -> Vec<u8> {
    fields::encode(&Request::get(path).headers)
}

fn one(name: &str, value: &str) -> Fields {
    vec![(name.as_bytes().to_vec(), value.as_bytes().to_vec())]
}
