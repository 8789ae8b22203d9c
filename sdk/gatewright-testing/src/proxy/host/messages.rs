//! Header lists and buffers: which of them a guest may read and write when.

use gatewright_core::host::{BufferKind, HostResult, MapKind, Status};

use crate::message::Fields;
use crate::proxy::exchange::ExchangeState;
use crate::proxy::side::Side;
use crate::proxy::vm::Vm;

impl Vm {
    /// Reads a list. One that is not there, or no longer, is a bad argument.
    pub(crate) fn read_map<T>(&self, map: MapKind, read: impl FnOnce(&Fields) -> T) -> HostResult<T> {
        let delivered = match map {
            MapKind::GrpcInitialMetadata => &self.delivery.grpc_initial,
            MapKind::GrpcTrailingMetadata => &self.delivery.grpc_trailing,
            MapKind::CalloutHeaders => &self.delivery.headers,
            MapKind::CalloutTrailers => &self.delivery.trailers,
            _ => &None,
        };
        if let Some(fields) = delivered {
            return Ok(read(fields));
        }
        let exchange = self.exchange().ok_or(Status::BadArgument)?;
        let exchange = exchange.0.borrow();
        readable(&exchange, map).map(read).ok_or(Status::BadArgument)
    }

    /// Changes a list. Every change of request headers makes the proxy choose the route anew.
    pub(crate) fn write_map(&mut self, map: MapKind, write: impl FnOnce(&mut Fields)) -> HostResult<()> {
        let exchange = self.exchange().ok_or(Status::BadArgument)?;
        let exchange = &mut *exchange.0.borrow_mut();
        match map {
            MapKind::RequestHeaders if exchange.request.headers_open => {
                write(&mut exchange.request.headers);
                exchange.route_cleared = true;
            }
            MapKind::ResponseHeaders if exchange.response.headers_open => write(&mut exchange.response.headers),
            MapKind::RequestTrailers => write_trailers(&mut exchange.request, write)?,
            MapKind::ResponseTrailers => write_trailers(&mut exchange.response, write)?,
            _ => return Err(Status::BadArgument),
        }
        Ok(())
    }

    /// Reads a buffer. A body that is not there is empty, not an error.
    pub(crate) fn read_buffer<T>(&self, kind: BufferKind, read: impl FnOnce(&[u8]) -> T) -> HostResult<T> {
        match kind {
            BufferKind::VmConfiguration => Ok(read(&self.settings.vm_config)),
            BufferKind::PluginConfiguration => self.configuring.as_deref().map(read).ok_or(Status::NotFound),
            BufferKind::CalloutBody => self.delivery.body.as_deref().map(read).ok_or(Status::NotFound),
            BufferKind::GrpcMessage => Ok(read(self.delivery.grpc_message.as_deref().unwrap_or_default())),
            BufferKind::CallData => Ok(read(&[])),
            BufferKind::RequestBody | BufferKind::ResponseBody => {
                let Some(exchange) = self.exchange() else { return Ok(read(&[])) };
                let exchange = exchange.0.borrow();
                let request = kind == BufferKind::RequestBody;
                Ok(read(if request { exchange.request.visible() } else { exchange.response.visible() }))
            }
        }
    }

    /// Changes a body: a beginning may be replaced, and bytes may be put after the end. The middle is out of reach.
    pub(crate) fn write_buffer(&self, kind: BufferKind, start: usize, length: usize, data: &[u8]) -> HostResult<()> {
        let exchange = self.exchange().ok_or(Status::BadArgument)?;
        let exchange = &mut *exchange.0.borrow_mut();
        let side = match kind {
            BufferKind::RequestBody => &mut exchange.request,
            BufferKind::ResponseBody => &mut exchange.response,
            _ => return Err(Status::BadArgument),
        };
        if !side.body_open && !side.buffering {
            return Err(Status::BadArgument);
        }
        let body = side.visible_mut();
        if start == 0 {
            body.splice(..length.min(body.len()), data.iter().copied());
        } else if start >= body.len() {
            body.extend_from_slice(data);
        } else {
            return Err(Status::BadArgument);
        }
        Ok(())
    }
}

fn readable(exchange: &ExchangeState, map: MapKind) -> Option<&Fields> {
    let trailers = |side: &'_ Side| side.trailers_open || exchange.logging && !side.trailers.is_empty();
    match map {
        MapKind::RequestHeaders => exchange.request_headers(),
        MapKind::ResponseHeaders => exchange.response_headers(),
        MapKind::RequestTrailers => trailers(&exchange.request).then_some(&exchange.request.trailers),
        MapKind::ResponseTrailers => trailers(&exchange.response).then_some(&exchange.response.trailers),
        _ => None,
    }
}

fn write_trailers(side: &mut Side, write: impl FnOnce(&mut Fields)) -> HostResult<()> {
    if side.trailers_open {
        write(&mut side.trailers);
    } else if !side.in_last_body {
        return Err(Status::BadArgument);
    }
    // Trailers added in the last body callback are accepted, and nobody ever sees them.
    Ok(())
}
