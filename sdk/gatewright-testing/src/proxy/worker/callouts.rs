//! What comes to root contexts: answers of callouts, ticks, queues.

use super::{Worker, size};
use crate::message::{Fields, Response};
use crate::proxy::answer::GrpcKind;
use crate::proxy::timeline::Event;
use crate::proxy::vm::{Delivery, GrpcStream, Vm};

impl Worker {
    /// When the next event or tick is due, in nanoseconds of elapsed time.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.timeline.next_due().into_iter().chain(self.next_tick().map(|(due, _)| due)).min()
    }

    /// Lets the first thing happen that is due: a queue's value, an event, a tick. `false`: there is none.
    pub(crate) fn happen(&mut self, now: u64) -> bool {
        if let Some((root, queue)) = self.next_wake() {
            self.call(root, "proxy_on_queue_ready", (), |guest| guest.on_queue_ready(root, queue));
        } else if let Some((due, root)) = self.next_tick().filter(|(due, _)| *due <= now)
            && self.timeline.next_due().is_none_or(|event| due < event)
        {
            self.tick(root);
        } else if let Some(event) = self.timeline.take_due(now) {
            self.fire(event);
        } else {
            return false;
        }
        self.run_actions();
        true
    }

    /// Gives a gRPC stream's guest something from the test. `false`: there is no such stream, or it is closed.
    pub(crate) fn on_stream(&mut self, token: u32, delivery: Delivery) -> bool {
        let Some(stream) = self.stream(token) else { return false };
        let root = stream.root;
        let count = |fields: &Option<Fields>| fields.as_ref().map(|fields| size(fields.len()));
        let initial = count(&delivery.grpc_initial);
        let trailing = count(&delivery.grpc_trailing);
        let message = delivery.grpc_message.as_ref().map(|message| size(message.len()));
        self.deliver(delivery);
        if let Some(count) = initial {
            self.call(root, "proxy_on_grpc_receive_initial_metadata", (), |guest| {
                guest.on_grpc_receive_initial_metadata(root, token, count)
            });
        }
        if let Some(size) = message {
            self.call(root, "proxy_on_grpc_receive", (), |guest| guest.on_grpc_receive(root, token, size));
        }
        if let Some(count) = trailing {
            self.call(root, "proxy_on_grpc_receive_trailing_metadata", (), |guest| {
                guest.on_grpc_receive_trailing_metadata(root, token, count)
            });
        }
        self.deliver(Delivery::default());
        self.run_actions();
        true
    }

    /// Ends a gRPC stream from the upstream's side.
    pub(crate) fn close_stream(&mut self, token: u32, status: u32, message: &[u8]) -> bool {
        let Some(stream) = self.stream(token) else { return false };
        let root = stream.root;
        self.with_vm(|vm| {
            vm.status = (status, message.to_vec());
            if stream.half_closed {
                vm.grpc_streams.remove(&token);
            } else if let Some(stream) = vm.grpc_streams.get_mut(&token) {
                stream.remote_closed = true;
            }
        });
        self.call(root, "proxy_on_grpc_close", (), |guest| guest.on_grpc_close(root, token, status));
        self.run_actions();
        true
    }

    /// A stream that the upstream has not closed.
    fn stream(&self, token: u32) -> Option<GrpcStream> {
        let vm = self.vm.as_ref()?.host.0.borrow();
        vm.grpc_streams.get(&token).filter(|stream| !stream.remote_closed).cloned()
    }

    fn fire(&mut self, event: Event) {
        match event {
            Event::Upstream { exchange, kind } => self.upstream_answers(&exchange, kind),
            Event::Callout { vm, root, token, response } if self.is_there(vm, root) => {
                self.callout_ends(root, token, response);
            }
            Event::GrpcReply { vm, root, token, kind } if self.is_there(vm, root) => {
                self.grpc_call_ends(root, token, kind);
            }
            Event::GrpcClose { vm, root, token, status, message } if self.is_there(vm, root) => {
                self.close_stream(token, status, &message);
            }
            // The VM or the root context has gone, and nobody is left to hear of it.
            _ => {}
        }
    }

    fn callout_ends(&mut self, root: u32, token: u32, response: Option<Response>) {
        let (mut counts, mut delivery) = ((0, 0, 0), Delivery::default());
        if let Some(response) = response {
            let body = response.body_bytes();
            counts = (size(response.headers.len()), size(body.len()), size(response.trailers.len()));
            delivery.headers = Some(response.headers);
            delivery.body = Some(body);
            delivery.trailers = Some(response.trailers).filter(|trailers| !trailers.is_empty());
        } else {
            // `BrokenConnection` of the C++ host.
            self.with_vm(|vm| vm.status = (11, b"reset".to_vec()));
        }
        self.deliver(delivery);
        let (headers, body, trailers) = counts;
        self.call(root, "proxy_on_http_call_response", (), |guest| {
            guest.on_http_call_response(root, token, headers, body, trailers)
        });
        self.deliver(Delivery::default());
    }

    fn grpc_call_ends(&mut self, root: u32, token: u32, kind: GrpcKind) {
        let mut pending = false;
        self.with_vm(|vm| {
            pending = vm.grpc_calls.contains(&token);
            vm.grpc_calls.retain(|call| *call != token);
        });
        match kind {
            _ if !pending => {}
            GrpcKind::Message(message) => {
                let size = size(message.len());
                self.deliver(Delivery { grpc_message: Some(message), ..Delivery::default() });
                self.call(root, "proxy_on_grpc_receive", (), |guest| guest.on_grpc_receive(root, token, size));
                self.deliver(Delivery::default());
            }
            GrpcKind::Status(status, message) => {
                self.with_vm(|vm| vm.status = (status, message));
                self.call(root, "proxy_on_grpc_close", (), |guest| guest.on_grpc_close(root, token, status));
            }
            GrpcKind::Never => {}
        }
    }

    fn tick(&mut self, root: u32) {
        self.with_vm(|vm| {
            if let Some((period, due)) = vm.root_mut(root).and_then(|root| root.tick.as_mut()) {
                *due = due.saturating_add(*period);
            }
        });
        self.call(root, "proxy_on_tick", (), |guest| guest.on_tick(root));
    }

    fn next_tick(&self) -> Option<(u64, u32)> {
        let vm = self.vm.as_ref()?.host.0.borrow();
        vm.roots().filter_map(|(number, root)| root.tick.map(|(_, due)| (due, number))).min()
    }

    fn next_wake(&self) -> Option<(u32, u32)> {
        let number = self.vm.as_ref()?.host.0.borrow().number;
        self.world.lock().queues.next_wake(number)
    }

    fn is_there(&self, vm: u64, root: u32) -> bool {
        let Some(running) = &self.vm else { return false };
        let state = running.host.0.borrow();
        state.number == vm && state.contexts.contains_key(&root)
    }

    fn deliver(&mut self, delivery: Delivery) {
        self.with_vm(|vm| vm.delivery = delivery);
    }

    fn with_vm(&self, run: impl FnOnce(&mut Vm)) {
        if let Some(vm) = &self.vm {
            run(&mut vm.host.0.borrow_mut());
        }
    }
}
