//! A rate limit service that counts, written apart from the policy: fixed windows that never end, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gatewright_testing::proxy::{GrpcAnswer, GrpcCall};

/// What a call asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) domain: String,
    /// `key=value` of each entry, joined by `;`, for each descriptor; and its hits.
    pub(crate) descriptors: Vec<(String, u64)>,
}

#[derive(Clone)]
pub(crate) struct Rls(Arc<Mutex<State>>);

struct State {
    quota: u64,
    used: BTreeMap<String, u64>,
    calls: Vec<Call>,
    /// Put behind every answer: fields of the response as bytes.
    extra: Vec<u8>,
    /// Whether answers tell how each descriptor stands.
    tells: bool,
    instead: Option<GrpcAnswer>,
    ok: u64,
    over_limit: u64,
}

impl Rls {
    pub(crate) fn new(quota: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            quota,
            used: BTreeMap::new(),
            calls: Vec::new(),
            extra: Vec::new(),
            tells: true,
            instead: None,
            ok: 0,
            over_limit: 0,
        })))
    }

    pub(crate) fn answer(&self) -> impl FnMut(&GrpcCall) -> GrpcAnswer + Send + use<> {
        let state = Arc::clone(&self.0);
        move |call| state.lock().unwrap().answer(call)
    }

    /// Answers every call like this from now on, or counts again.
    pub(crate) fn answer_instead(&self, answer: Option<GrpcAnswer>) {
        self.0.lock().unwrap().instead = answer;
    }

    pub(crate) fn add(&self, extra: &[Vec<u8>]) {
        self.0.lock().unwrap().extra = extra.concat();
    }

    pub(crate) fn tell_nothing(&self) {
        self.0.lock().unwrap().tells = false;
    }

    /// A new window begins.
    pub(crate) fn reset(&self) {
        self.0.lock().unwrap().used.clear();
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Calls answered OK and OVER_LIMIT.
    pub(crate) fn said(&self) -> (u64, u64) {
        let state = self.0.lock().unwrap();
        (state.ok, state.over_limit)
    }

    pub(crate) fn used(&self, descriptor: &str) -> u64 {
        self.0.lock().unwrap().used.get(descriptor).copied().unwrap_or(0)
    }
}

impl State {
    fn answer(&mut self, call: &GrpcCall) -> GrpcAnswer {
        assert_eq!(call.service, "envoy.service.ratelimit.v3.RateLimitService");
        assert_eq!(call.method, "ShouldRateLimit");
        let call = read(&call.message);
        self.calls.push(call.clone());
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        let left = |state: &Self, key: &str| state.quota - state.used.get(key).copied().unwrap_or(0);
        let over: Vec<_> = call.descriptors.iter().map(|(key, hits)| *hits > left(self, key)).collect();
        let limited = over.contains(&true);
        if !limited {
            call.descriptors.iter().for_each(|(key, hits)| *self.used.entry(key.clone()).or_default() += hits);
        }
        *if limited { &mut self.over_limit } else { &mut self.ok } += 1;
        let code = |over: bool| if over { 2 } else { 1 };
        let mut message = number(1, code(limited));
        for ((key, _), over) in call.descriptors.iter().zip(over).filter(|_| self.tells) {
            let limit = [number(1, self.quota), number(2, 2)].concat();
            let status =
                [number(1, code(over)), bytes(2, &limit), number(3, left(self, key)), bytes(4, &number(1, 30))];
            message.extend(bytes(2, &status.concat()));
        }
        message.extend(&self.extra);
        GrpcAnswer::message(message)
    }
}

/// A header field of an answer: 3 for the client, 4 for the upstream.
pub(crate) fn field(number: u8, name: &str, value: &str) -> Vec<u8> {
    bytes(number, &[bytes(1, name.as_bytes()), bytes(2, value.as_bytes())].concat())
}

fn bytes(field: u8, payload: &[u8]) -> Vec<u8> {
    [&[field << 3 | 2, payload.len() as u8], payload].concat()
}

fn number(field: u8, number: u64) -> Vec<u8> {
    let mut out = vec![field << 3];
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out
}

fn read(message: &[u8]) -> Call {
    let mut call = Call { domain: String::new(), descriptors: Vec::new() };
    let mut of_request = 0;
    let mut of_descriptors = Vec::new();
    for (field, number, payload) in fields(message) {
        match field {
            1 => call.domain = String::from_utf8(payload.to_vec()).unwrap(),
            2 => of_descriptors.push(payload),
            3 => of_request = number,
            _ => panic!("field {field}"),
        }
    }
    for descriptor in of_descriptors {
        let (mut entries, mut hits) = (Vec::new(), of_request);
        for (field, _, payload) in fields(descriptor) {
            match field {
                1 => {
                    let parts: Vec<_> =
                        fields(payload).map(|(_, _, text)| std::str::from_utf8(text).unwrap()).collect();
                    entries.push(parts.join("="));
                }
                3 => hits = fields(payload).next().unwrap().1,
                _ => panic!("field {field}"),
            }
        }
        call.descriptors.push((entries.join(";"), hits));
    }
    call
}

/// Number of a field, its value as a number, its bytes.
fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, u64, &[u8])> {
    let varint = |message: &mut &[u8]| {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = message.split_first().unwrap();
            *message = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                break;
            }
        }
        number
    };
    std::iter::from_fn(move || {
        if message.is_empty() {
            return None;
        }
        let tag = varint(&mut message);
        let number = varint(&mut message);
        let mut payload = &[][..];
        if tag & 7 == 2 {
            (payload, message) = message.split_at(number as usize);
        }
        Some((tag >> 3, number, payload))
    })
}
