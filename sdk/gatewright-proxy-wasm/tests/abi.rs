//! Our numbers are those of the ABI, as the `proxy-wasm` crate has them.

use gatewright_core::host::{Action, BufferKind, Direction, LogLevel, MapKind, MetricKind, Status};
use proxy_wasm::types as abi;

macro_rules! same {
    ($($ours:path = $theirs:path,)*) => {
        $(assert_eq!($ours as u32, $theirs as u32, concat!(stringify!($ours), " = ", stringify!($theirs)));)*
    };
}

#[test]
fn enumerations() {
    same! {
        Action::Continue = abi::Action::Continue,
        Action::Pause = abi::Action::Pause,
        LogLevel::Trace = abi::LogLevel::Trace,
        LogLevel::Debug = abi::LogLevel::Debug,
        LogLevel::Info = abi::LogLevel::Info,
        LogLevel::Warn = abi::LogLevel::Warn,
        LogLevel::Error = abi::LogLevel::Error,
        LogLevel::Critical = abi::LogLevel::Critical,
        Direction::Request = abi::StreamType::HttpRequest,
        Direction::Response = abi::StreamType::HttpResponse,
        BufferKind::RequestBody = abi::BufferType::HttpRequestBody,
        BufferKind::ResponseBody = abi::BufferType::HttpResponseBody,
        BufferKind::CalloutBody = abi::BufferType::HttpCallResponseBody,
        BufferKind::GrpcMessage = abi::BufferType::GrpcReceiveBuffer,
        BufferKind::VmConfiguration = abi::BufferType::VmConfiguration,
        BufferKind::PluginConfiguration = abi::BufferType::PluginConfiguration,
        BufferKind::CallData = abi::BufferType::CallData,
        MapKind::RequestHeaders = abi::MapType::HttpRequestHeaders,
        MapKind::RequestTrailers = abi::MapType::HttpRequestTrailers,
        MapKind::ResponseHeaders = abi::MapType::HttpResponseHeaders,
        MapKind::ResponseTrailers = abi::MapType::HttpResponseTrailers,
        MapKind::GrpcInitialMetadata = abi::MapType::GrpcReceiveInitialMetadata,
        MapKind::GrpcTrailingMetadata = abi::MapType::GrpcReceiveTrailingMetadata,
        MapKind::CalloutHeaders = abi::MapType::HttpCallResponseHeaders,
        MapKind::CalloutTrailers = abi::MapType::HttpCallResponseTrailers,
        MetricKind::Counter = abi::MetricType::Counter,
        MetricKind::Gauge = abi::MetricType::Gauge,
        MetricKind::Histogram = abi::MetricType::Histogram,
    }
}

#[test]
fn statuses() {
    let pairs = [
        (Status::NotFound, abi::Status::NotFound),
        (Status::BadArgument, abi::Status::BadArgument),
        (Status::SerializationFailure, abi::Status::SerializationFailure),
        (Status::ParseFailure, abi::Status::ParseFailure),
        (Status::Empty, abi::Status::Empty),
        (Status::CasMismatch, abi::Status::CasMismatch),
        (Status::InternalFailure, abi::Status::InternalFailure),
    ];
    for (ours, theirs) in pairs {
        assert_eq!(ours.code(), theirs as u32, "{ours}");
    }
    assert_eq!(Status::from_code(abi::Status::Ok as u32), None);
    for code in 1..=64 {
        assert_eq!(Status::from_code(code).map(Status::code), Some(code));
    }
}
