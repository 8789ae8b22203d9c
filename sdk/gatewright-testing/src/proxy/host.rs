//! The host functions of a VM. Each call may be counted, failed by the test, and interleaved with other workers.

mod callouts;
mod messages;

use gatewright_core::host::{BufferKind, Direction, Host, HostResult, LogLevel, MapKind, MetricKind, Status};

use super::fields;
use super::interleave;
use super::properties::{self, Scope};
use super::vm::{Action, Context, LocalReply, Vm, VmHost};
use crate::message::Fields;

/// How many bytes a result copies to the guest.
pub(crate) trait Copied {
    fn copied(&self) -> usize;
}

impl Copied for () {
    fn copied(&self) -> usize {
        0
    }
}

impl Copied for u32 {
    fn copied(&self) -> usize {
        4
    }
}

impl Copied for u64 {
    fn copied(&self) -> usize {
        8
    }
}

impl Copied for Vec<u8> {
    fn copied(&self) -> usize {
        self.len()
    }
}

impl Copied for (Vec<u8>, u32) {
    fn copied(&self) -> usize {
        self.0.len() + 4
    }
}

impl Copied for (u32, Vec<u8>) {
    fn copied(&self) -> usize {
        self.1.len() + 4
    }
}

impl VmHost {
    /// Runs a host function: lets another worker go first, counts, and fails where a test wants that.
    pub(crate) fn call<T: Copied>(
        &self,
        function: &'static str,
        copied: usize,
        run: impl FnOnce(&mut Vm) -> HostResult<T>,
    ) -> HostResult<T> {
        interleave::yield_now();
        let mut vm = self.0.borrow_mut();
        if vm.loading {
            vm.restricted.get_or_insert(function);
            return Err(Status::InternalFailure);
        }
        let world = vm.world.clone();
        let fault = {
            let mut state = world.lock();
            state.calls.count(function);
            state.calls.copied(function, copied);
            state.faults.strike(function)
        };
        if let Some(status) = fault {
            return Err(status);
        }
        let result = run(&mut vm)?;
        world.lock().calls.copied(function, result.copied());
        Ok(result)
    }
}

impl Host for VmHost {
    fn log(&self, level: LogLevel, message: &str) {
        interleave::yield_now();
        let vm = self.0.borrow();
        let mut state = vm.world.lock();
        state.calls.count("proxy_log");
        state.calls.copied("proxy_log", message.len());
        drop(state);
        vm.world.write_log(level, message, &vm.label);
    }

    fn log_level(&self) -> LogLevel {
        let world = self.world();
        let _ = self.call("proxy_get_log_level", 4, |_| Ok(()));
        let state = world.lock();
        state.log_level
    }

    fn now_nanos(&self) -> u64 {
        let _ = self.call("proxy_get_current_time_nanoseconds", 8, |_| Ok(()));
        self.world().now_nanos()
    }

    fn set_tick_period(&self, millis: u32) -> HostResult<()> {
        self.call("proxy_set_tick_period_milliseconds", 4, |vm| {
            let root = vm.root_in_effect()?;
            let period = u64::from(millis) * 1_000_000;
            let now = vm.world.elapsed();
            let root = vm.root_mut(root).ok_or(Status::BadArgument)?;
            root.tick = (millis > 0).then_some((period, now.saturating_add(period)));
            Ok(())
        })
    }

    fn set_effective_context(&self, context: u32) -> HostResult<()> {
        self.call("proxy_set_effective_context", 4, |vm| {
            if !vm.contexts.contains_key(&context) {
                return Err(Status::BadArgument);
            }
            vm.effective = context;
            Ok(())
        })
    }

    fn header_pairs(&self, map: MapKind) -> HostResult<Vec<u8>> {
        self.call("proxy_get_header_map_pairs", 4, |vm| {
            // A list that is not there reads as an empty one, and an empty one as no bytes at all.
            let encode = |fields: &Fields| if fields.is_empty() { Vec::new() } else { fields::encode(fields) };
            Ok(vm.read_map(map, encode).unwrap_or_default())
        })
    }

    fn header_value(&self, map: MapKind, name: &[u8]) -> HostResult<Vec<u8>> {
        self.call("proxy_get_header_map_value", name.len(), |vm| {
            let found = vm.read_map(map, |fields| {
                fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
            })?;
            found.ok_or(Status::NotFound)
        })
    }

    fn set_header_pairs(&self, map: MapKind, pairs: &[u8]) -> HostResult<()> {
        self.call("proxy_set_header_map_pairs", pairs.len(), |vm| {
            vm.write_map(map, |fields| *fields = fields::decode(pairs))
        })
    }

    fn add_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        self.call("proxy_add_header_map_value", name.len() + value.len(), |vm| {
            vm.write_map(map, |fields| fields.push((name.to_ascii_lowercase(), value.to_vec())))
        })
    }

    fn replace_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        self.call("proxy_replace_header_map_value", name.len() + value.len(), |vm| {
            vm.write_map(map, |fields| fields::replace(fields, name, value))
        })
    }

    fn remove_header(&self, map: MapKind, name: &[u8]) -> HostResult<()> {
        self.call("proxy_remove_header_map_value", name.len(), |vm| {
            vm.write_map(map, |fields| fields::remove(fields, name))
        })
    }

    fn buffer(&self, kind: BufferKind, start: usize, length: usize) -> HostResult<Vec<u8>> {
        self.call("proxy_get_buffer_bytes", 12, |vm| {
            let end = start.checked_add(length).ok_or(Status::BadArgument)?;
            vm.read_buffer(kind, |bytes| {
                let end = end.min(bytes.len());
                bytes.get(start.min(end)..end).unwrap_or_default().to_vec()
            })
        })
    }

    fn set_buffer(&self, kind: BufferKind, start: usize, length: usize, data: &[u8]) -> HostResult<()> {
        self.call("proxy_set_buffer_bytes", data.len(), |vm| vm.write_buffer(kind, start, length, data))
    }

    fn property(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        self.call("proxy_get_property", path.len(), |vm| vm.property(path))
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> HostResult<()> {
        self.call("proxy_set_property", path.len() + value.len(), |vm| {
            let exchange = vm.exchange().ok_or(Status::NotFound)?;
            exchange.0.borrow_mut().filter_state.insert(path.to_vec(), value.to_vec());
            Ok(())
        })
    }

    fn continue_stream(&self, direction: Direction) -> HostResult<()> {
        self.call("proxy_continue_stream", 4, |vm| {
            let context = vm.context_in_effect();
            let Some(exchange) = vm.exchange() else { return Ok(()) };
            // Envoy forgets the request's lists and buffer, whichever direction goes on.
            let request = &mut exchange.0.borrow_mut().request;
            (request.headers_open, request.body_open, request.trailers_open) = (false, false, false);
            vm.actions.push_back(Action::Continue { context, direction });
            Ok(())
        })
    }

    fn close_stream(&self, _direction: Direction) -> HostResult<()> {
        self.call("proxy_close_stream", 4, |vm| {
            let context = vm.context_in_effect();
            vm.actions.push_back(Action::Close { context });
            Ok(())
        })
    }

    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> HostResult<()> {
        self.call("proxy_send_local_response", details.len() + body.len() + headers.len(), |vm| {
            let details = String::from_utf8_lossy(details).into_owned();
            let headers = fields::decode(headers);
            let reply = LocalReply { status, details, body: body.to_vec(), headers, grpc_status };
            let context = vm.context_in_effect();
            vm.actions.push_back(Action::Reply { context, reply });
            vm.stop_next = true;
            Ok(())
        })
    }

    fn http_call(
        &self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        let copied = upstream.len() + headers.len() + body.len() + trailers.len();
        self.call("proxy_http_call", copied, |vm| vm.http_call(upstream, headers, body, trailers, timeout_millis))
    }

    fn grpc_call(
        &self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        let copied = upstream.len() + service.len() + method.len() + metadata.len() + message.len();
        self.call("proxy_grpc_call", copied, |vm| {
            vm.grpc_call(upstream, service, method, metadata, message, timeout_millis)
        })
    }

    fn grpc_stream(&self, upstream: &[u8], service: &[u8], method: &[u8], metadata: &[u8]) -> HostResult<u32> {
        let copied = upstream.len() + service.len() + method.len() + metadata.len();
        self.call("proxy_grpc_stream", copied, |vm| vm.grpc_stream(upstream, service, method, metadata))
    }

    fn grpc_send(&self, token: u32, message: &[u8], end_stream: bool) -> HostResult<()> {
        self.call("proxy_grpc_send", message.len(), |vm| vm.grpc_send(token, message, end_stream))
    }

    fn grpc_close(&self, token: u32) -> HostResult<()> {
        self.call("proxy_grpc_close", 4, |vm| vm.grpc_close(token))
    }

    fn grpc_cancel(&self, token: u32) -> HostResult<()> {
        self.call("proxy_grpc_cancel", 4, |vm| vm.grpc_cancel(token))
    }

    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)> {
        self.call("proxy_get_status", 0, |vm| Ok(vm.status.clone()))
    }

    fn shared_data(&self, key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        self.call("proxy_get_shared_data", key.len(), |vm| vm.world.lock().shared.get(&vm.settings.vm_id, key))
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], version: u32) -> HostResult<()> {
        self.call("proxy_set_shared_data", key.len() + value.len(), |vm| {
            let mut state = vm.world.lock();
            let probability = state.faults.mismatch_probability;
            if version != 0 && probability > 0.0 && state.random.f64() < probability {
                return Err(Status::CasMismatch);
            }
            state.shared.set(&vm.settings.vm_id, key, value, version)
        })
    }

    fn register_queue(&self, name: &[u8]) -> HostResult<u32> {
        self.call("proxy_register_shared_queue", name.len(), |vm| {
            let receiver = (vm.number, vm.root_in_effect()?);
            Ok(vm.world.lock().queues.register(&vm.settings.vm_id, name, receiver))
        })
    }

    fn resolve_queue(&self, vm_id: &[u8], name: &[u8]) -> HostResult<u32> {
        self.call("proxy_resolve_shared_queue", vm_id.len() + name.len(), |vm| {
            vm.world.lock().queues.resolve(&String::from_utf8_lossy(vm_id), name)
        })
    }

    fn enqueue(&self, queue: u32, value: &[u8]) -> HostResult<()> {
        self.call("proxy_enqueue_shared_queue", value.len(), |vm| vm.world.lock().queues.enqueue(queue, value))
    }

    fn dequeue(&self, queue: u32) -> HostResult<Vec<u8>> {
        self.call("proxy_dequeue_shared_queue", 4, |vm| vm.world.lock().queues.dequeue(queue))
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32> {
        self.call("proxy_define_metric", name.len(), |vm| {
            vm.world.lock().metrics.define(kind, name);
            vm.metrics.push((kind, name.to_owned()));
            // As in Envoy, every definition is a new id, and its low bits tell the kind.
            u32::try_from(vm.metrics.len()).map(|id| id << 2 | kind as u32).map_err(|_| Status::InternalFailure)
        })
    }

    fn increment_metric(&self, metric: u32, offset: i64) -> HostResult<()> {
        self.call("proxy_increment_metric", 12, |vm| {
            let (kind, name) = vm.metric_of(metric)?;
            vm.world.lock().metrics.increment(kind, &name, offset)
        })
    }

    fn record_metric(&self, metric: u32, value: u64) -> HostResult<()> {
        self.call("proxy_record_metric", 12, |vm| {
            let (kind, name) = vm.metric_of(metric)?;
            vm.world.lock().metrics.record(kind, &name, value)
        })
    }

    fn metric(&self, metric: u32) -> HostResult<u64> {
        self.call("proxy_get_metric", 4, |vm| {
            let (kind, name) = vm.metric_of(metric)?;
            vm.world.lock().metrics.read(kind, &name)
        })
    }

    fn call_foreign(&self, function: &str, arguments: &[u8]) -> HostResult<Vec<u8>> {
        self.call("proxy_call_foreign_function", function.len() + arguments.len(), |vm| {
            if let Some(foreign) = vm.world.foreign_function(function) {
                return foreign(arguments);
            }
            let exchange = vm.exchange().filter(|_| function == "clear_route_cache").ok_or(Status::NotFound)?;
            exchange.0.borrow_mut().route_cleared = true;
            Ok(Vec::new())
        })
    }
}

impl Vm {
    fn metric_of(&self, metric: u32) -> HostResult<(MetricKind, String)> {
        let index = usize::try_from(metric >> 2).unwrap_or_default();
        let found = index.checked_sub(1).and_then(|index| self.metrics.get(index));
        found.filter(|(kind, _)| *kind as u32 == metric & 3).cloned().ok_or(Status::NotFound)
    }

    fn property(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        let root = self.root_in_effect()?;
        let Some(Context::Root(root)) = self.contexts.get(&root) else {
            return Err(Status::NotFound);
        };
        let exchange = self.exchange();
        let exchange = exchange.as_ref().map(|exchange| exchange.0.borrow());
        let scope = Scope {
            plugin_name: &root.plugin,
            root_id: &root.root_id,
            vm_id: &self.settings.vm_id,
            exchange: exchange.as_deref(),
            routes: &self.settings.routes,
            elapsed: self.world.elapsed(),
        };
        properties::get(&scope, path)
    }
}
