//! A policy compiled natively, as the guest of a proxy.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gatewright_core::host::Action;
use gatewright_core::{Module, Phases, Policy, Worker};

use crate::guest::{Guest, Outcome, Trap};
use crate::proxy::{Builder, Proxy, StartError, VmHost};

impl Builder {
    /// Starts the VMs with this policy in them, set up as `docs/deploying.md` says: with `allow_on_headers_stop_iteration`.
    ///
    /// # Errors
    /// The policy refused its configuration, or panicked.
    pub fn policy<P: Policy>(self, name: &'static str) -> Result<Proxy, StartError> {
        self.allow_on_headers_stop_iteration(true).start(native::<P>(name))
    }
}

/// Makes guests of a policy, for [`Builder::start`].
pub fn native<P: Policy>(name: &'static str) -> impl Fn(VmHost) -> Result<Box<dyn Guest>, Trap> + Copy {
    native_module(Module::single::<P>(name))
}

/// Makes guests of a module, for [`Builder::start`].
pub fn native_module(module: Module) -> impl Fn(VmHost) -> Result<Box<dyn Guest>, Trap> + Copy {
    move |host| Ok(Box::new(Native { worker: Worker::new(Rc::new(host), module), phases: module.phases }))
}

struct Native {
    worker: Worker,
    phases: Phases,
}

impl Native {
    /// A panic of a policy is what a trap is to a module: the end of the VM.
    fn call<T>(&mut self, callback: impl FnOnce(&Worker) -> T) -> Outcome<T> {
        catch_unwind(AssertUnwindSafe(|| callback(&self.worker))).map_err(|panic| Trap(message(&*panic)))
    }

    /// A callback that a module of these phases would not export does nothing.
    fn phase(&mut self, phase: Phases, callback: impl FnOnce(&Worker) -> Action) -> Outcome<u32> {
        if !self.phases.contains(phase) {
            return Ok(Action::Continue as u32);
        }
        self.call(callback).map(|action| action as u32)
    }
}

impl Guest for Native {
    fn on_context_create(&mut self, context: u32, parent: u32) -> Outcome<()> {
        self.call(|worker| worker.on_context_create(context, parent))
    }

    fn on_vm_start(&mut self, _root: u32, _configuration_size: u32) -> Outcome<bool> {
        Ok(true)
    }

    fn on_configure(&mut self, root: u32, configuration_size: u32) -> Outcome<bool> {
        self.call(|worker| worker.on_configure(root, configuration_size))
    }

    fn on_tick(&mut self, root: u32) -> Outcome<()> {
        self.call(|worker| worker.on_tick(root))
    }

    fn on_queue_ready(&mut self, root: u32, queue: u32) -> Outcome<()> {
        self.call(|worker| worker.on_queue_ready(root, queue))
    }

    fn on_request_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32> {
        self.phase(Phases::REQUEST_HEADERS, |worker| worker.on_request_headers(context, count, end_of_stream))
    }

    fn on_request_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32> {
        self.phase(Phases::REQUEST_BODY, |worker| worker.on_request_body(context, size, end_of_stream))
    }

    fn on_request_trailers(&mut self, context: u32, count: u32) -> Outcome<u32> {
        self.phase(Phases::REQUEST_BODY, |worker| worker.on_request_trailers(context, count))
    }

    fn on_response_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32> {
        self.phase(Phases::RESPONSE_HEADERS, |worker| worker.on_response_headers(context, count, end_of_stream))
    }

    fn on_response_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32> {
        self.phase(Phases::RESPONSE_BODY, |worker| worker.on_response_body(context, size, end_of_stream))
    }

    fn on_response_trailers(&mut self, context: u32, count: u32) -> Outcome<u32> {
        self.phase(Phases::RESPONSE_BODY, |worker| worker.on_response_trailers(context, count))
    }

    fn on_http_call_response(
        &mut self,
        context: u32,
        token: u32,
        headers: u32,
        body_size: u32,
        trailers: u32,
    ) -> Outcome<()> {
        self.call(|worker| worker.on_http_call_response(context, token, headers, body_size, trailers))
    }

    fn on_grpc_receive_initial_metadata(&mut self, _context: u32, _token: u32, _count: u32) -> Outcome<()> {
        Ok(())
    }

    fn on_grpc_receive(&mut self, context: u32, token: u32, size: u32) -> Outcome<()> {
        self.call(|worker| worker.on_grpc_receive(context, token, size))
    }

    fn on_grpc_receive_trailing_metadata(&mut self, _context: u32, _token: u32, _count: u32) -> Outcome<()> {
        Ok(())
    }

    fn on_grpc_close(&mut self, context: u32, token: u32, status: u32) -> Outcome<()> {
        self.call(|worker| worker.on_grpc_close(context, token, status))
    }

    fn on_foreign_function(&mut self, _context: u32, _function: u32, _arguments_size: u32) -> Outcome<()> {
        Ok(())
    }

    fn on_done(&mut self, context: u32) -> Outcome<bool> {
        self.call(|worker| worker.on_done(context))
    }

    fn on_log(&mut self, _context: u32) -> Outcome<()> {
        Ok(())
    }

    fn on_delete(&mut self, context: u32) -> Outcome<()> {
        self.call(|worker| worker.on_delete(context))
    }

    fn exports(&self, callback: &str) -> bool {
        match callback {
            "proxy_on_request_body" | "proxy_on_request_trailers" => self.phases.contains(Phases::REQUEST_BODY),
            "proxy_on_response_headers" => self.phases.contains(Phases::RESPONSE_HEADERS),
            "proxy_on_response_body" | "proxy_on_response_trailers" => self.phases.contains(Phases::RESPONSE_BODY),
            "proxy_on_vm_start"
            | "proxy_on_done"
            | "proxy_on_log"
            | "proxy_on_foreign_function"
            | "proxy_on_grpc_receive_initial_metadata"
            | "proxy_on_grpc_receive_trailing_metadata" => false,
            _ => true,
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
