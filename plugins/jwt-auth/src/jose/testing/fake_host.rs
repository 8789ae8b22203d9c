//! A proxy that can do one thing: `verify_signature`, as Envoy does it.

use std::cell::{Cell, RefCell};

use gatewright::host::{BufferKind, Direction, Host, HostResult, LogLevel, MapKind, MetricKind, Status};
use p256::ecdsa::signature::Verifier as _;
use p256::pkcs8::DecodePublicKey as _;
use rsa::pkcs1v15;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::signature::Verifier as _;

/// How the proxy answers.
pub(in crate::jose) enum Answers {
    /// As Envoy does.
    Really,
    /// With this status.
    Status(Status),
    /// With these bytes.
    Bytes(Vec<u8>),
}

/// A proxy that counts the calls of `verify_signature` and keeps the last arguments.
pub(in crate::jose) struct FakeHost {
    answers: Answers,
    pub(in crate::jose) calls: Cell<usize>,
    pub(in crate::jose) arguments: RefCell<Vec<u8>>,
}

impl FakeHost {
    pub(in crate::jose) fn new(answers: Answers) -> Self {
        Self { answers, calls: Cell::new(0), arguments: RefCell::default() }
    }
}

/// The fields 1 to 4 of the arguments, none of which occurs twice.
fn read_arguments(mut message: &[u8]) -> [Vec<u8>; 4] {
    let mut fields: [Option<Vec<u8>>; 4] = Default::default();
    while let Some((tag, rest)) = message.split_first() {
        assert_eq!(tag & 7, 2, "only length-delimited fields");
        let end = rest.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let length = rest[..end].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
        let field = &mut fields[usize::from(tag >> 3) - 1];
        assert!(field.is_none(), "a field twice");
        *field = Some(rest[end..end + length].to_vec());
        message = &rest[end + length..];
    }
    fields.map(Option::unwrap)
}

/// `None` when key and hash cannot be used together.
fn verifies(hash: &str, spki: &[u8], signature: &[u8], text: &[u8]) -> Option<bool> {
    if let Ok(key) = rsa::RsaPublicKey::from_public_key_der(spki) {
        let Ok(signature) = pkcs1v15::Signature::try_from(signature) else { return Some(false) };
        return Some(match hash {
            "sha256" => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(text, &signature).is_ok(),
            "sha384" => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(text, &signature).is_ok(),
            "sha512" => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(text, &signature).is_ok(),
            _ => return None,
        });
    }
    if let (Ok(key), "sha256") = (p256::ecdsa::VerifyingKey::from_public_key_der(spki), hash) {
        let signature = p256::ecdsa::DerSignature::try_from(signature);
        return Some(signature.is_ok_and(|signature| key.verify(text, &signature).is_ok()));
    }
    if let (Ok(key), "sha384") = (p384::ecdsa::VerifyingKey::from_public_key_der(spki), hash) {
        let signature = p384::ecdsa::DerSignature::try_from(signature);
        return Some(signature.is_ok_and(|signature| key.verify(text, &signature).is_ok()));
    }
    None
}

fn failed(error: &str) -> Vec<u8> {
    [&[0x12, u8::try_from(error.len()).unwrap()], error.as_bytes()].concat()
}

impl Host for FakeHost {
    fn call_foreign(&self, function: &str, arguments: &[u8]) -> HostResult<Vec<u8>> {
        assert_eq!(function, "verify_signature");
        self.calls.set(self.calls.get() + 1);
        *self.arguments.borrow_mut() = arguments.to_vec();
        match &self.answers {
            Answers::Status(status) => return Err(*status),
            Answers::Bytes(bytes) => return Ok(bytes.clone()),
            Answers::Really => {}
        }
        let [hash, spki, signature, text] = read_arguments(arguments);
        Ok(match verifies(std::str::from_utf8(&hash).unwrap(), &spki, &signature, &text) {
            Some(true) => vec![0x08, 1],
            Some(false) => failed("Failed to verify digest. Error code: 0"),
            None => failed("Failed to initialize digest verify."),
        })
    }

    fn log(&self, _: LogLevel, _: &str) {}
    fn log_level(&self) -> LogLevel {
        LogLevel::Info
    }
    fn now_nanos(&self) -> u64 {
        0
    }
    fn set_tick_period(&self, _: u32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn set_effective_context(&self, _: u32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn header_pairs(&self, _: MapKind) -> HostResult<Vec<u8>> {
        Err(Status::Unimplemented)
    }
    fn header_value(&self, _: MapKind, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(Status::Unimplemented)
    }
    fn set_header_pairs(&self, _: MapKind, _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn add_header(&self, _: MapKind, _: &[u8], _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn replace_header(&self, _: MapKind, _: &[u8], _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn remove_header(&self, _: MapKind, _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn buffer(&self, _: BufferKind, _: usize, _: usize) -> HostResult<Vec<u8>> {
        Err(Status::Unimplemented)
    }
    fn set_buffer(&self, _: BufferKind, _: usize, _: usize, _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn property(&self, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(Status::Unimplemented)
    }
    fn set_property(&self, _: &[u8], _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn continue_stream(&self, _: Direction) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn close_stream(&self, _: Direction) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn send_local_response(&self, _: u32, _: &[u8], _: &[u8], _: &[u8], _: i32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn http_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn grpc_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn grpc_stream(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn grpc_send(&self, _: u32, _: &[u8], _: bool) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn grpc_close(&self, _: u32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn grpc_cancel(&self, _: u32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)> {
        Err(Status::Unimplemented)
    }
    fn shared_data(&self, _: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        Err(Status::Unimplemented)
    }
    fn set_shared_data(&self, _: &[u8], _: &[u8], _: u32) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn register_queue(&self, _: &[u8]) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn resolve_queue(&self, _: &[u8], _: &[u8]) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn enqueue(&self, _: u32, _: &[u8]) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn dequeue(&self, _: u32) -> HostResult<Vec<u8>> {
        Err(Status::Unimplemented)
    }
    fn define_metric(&self, _: MetricKind, _: &str) -> HostResult<u32> {
        Err(Status::Unimplemented)
    }
    fn increment_metric(&self, _: u32, _: i64) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn record_metric(&self, _: u32, _: u64) -> HostResult<()> {
        Err(Status::Unimplemented)
    }
    fn metric(&self, _: u32) -> HostResult<u64> {
        Err(Status::Unimplemented)
    }
}
