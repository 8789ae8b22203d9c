//! Every `proxy_*` function: arguments arrive as they were, answers come back whole, bad pointers harm nobody.

use gatewright_core::host::Status;
use gatewright_testing::guest::Guest;

use crate::recorder::{BYTES, LARGE, NUMBER, Recorder, list};
use crate::{WasmGuest, guest};

/// One parameter of a host function as the ABI has it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Argument {
    /// A number.
    N(u32),
    /// A 64-bit number.
    W(i64),
    /// Pointer and length of the next of [`INPUTS`].
    In,
    /// Where pointer and length of the answer go.
    Bytes,
    /// Where a number of the answer goes.
    U32,
    /// Where a 64-bit number of the answer goes.
    U64,
}
use Argument::{Bytes, In, N, U32, U64, W};

/// What the guest passes, each 100 bytes after the last, from 1000 on. The first is not UTF-8.
const INPUTS: [&[u8]; 5] = [b"alpha", b"be\xffta", b"", b"gamma", b"delta"];
const POINTER_AT: u32 = 16;
const LENGTH_AT: u32 = 20;
const NUMBER_AT: u32 = 24;
const LARGE_AT: u32 = 32;
const HEAP: u32 = 4096;
/// What lies where answers go.
const UNSET: &str = r"\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff";

/// Function, parameters, and what the host hears.
const FUNCTIONS: &[(&str, &[Argument], &str)] = &[
    ("proxy_log", &[N(2), In], "log Info alpha"),
    ("proxy_get_log_level", &[U32], ""),
    ("proxy_get_current_time_nanoseconds", &[U64], ""),
    ("proxy_set_tick_period_milliseconds", &[N(50)], "set_tick_period 50"),
    ("proxy_set_effective_context", &[N(3)], "set_effective_context 3"),
    ("proxy_get_header_map_pairs", &[N(0), Bytes], "header_pairs RequestHeaders"),
    ("proxy_get_header_map_size", &[N(7), U32], "header_pairs CalloutTrailers"),
    ("proxy_get_header_map_value", &[N(6), In, Bytes], "header_value CalloutHeaders alpha"),
    ("proxy_set_header_map_pairs", &[N(1), In], "set_header_pairs RequestTrailers alpha"),
    ("proxy_add_header_map_value", &[N(2), In, In], r"add_header ResponseHeaders alpha be\xffta"),
    ("proxy_replace_header_map_value", &[N(3), In, In], r"replace_header ResponseTrailers alpha be\xffta"),
    ("proxy_remove_header_map_value", &[N(5), In], "remove_header GrpcTrailingMetadata alpha"),
    ("proxy_get_buffer_bytes", &[N(1), N(5), N(9), Bytes], "buffer ResponseBody 5 9"),
    ("proxy_get_buffer_status", &[N(4), U32, U64], "buffer CalloutBody 0 4294967295"),
    ("proxy_set_buffer_bytes", &[N(0), N(5), N(9), In], "set_buffer RequestBody 5 9 alpha"),
    ("proxy_get_property", &[In, Bytes], "property alpha"),
    ("proxy_set_property", &[In, In], r"set_property alpha be\xffta"),
    ("proxy_continue_stream", &[N(0)], "continue_stream Request"),
    ("proxy_close_stream", &[N(1)], "close_stream Response"),
    ("proxy_send_local_response", &[N(403), In, In, In, N(u32::MAX)], r"send_local_response 403 alpha be\xffta  -1"),
    ("proxy_http_call", &[In, In, In, In, N(250), U32], r"http_call alpha be\xffta  gamma 250"),
    ("proxy_grpc_call", &[In, In, In, In, In, N(9), U32], r"grpc_call alpha be\xffta  gamma delta 9"),
    ("proxy_grpc_stream", &[In, In, In, In, U32], r"grpc_stream alpha be\xffta  gamma"),
    ("proxy_grpc_send", &[N(7), In, N(1)], "grpc_send 7 alpha true"),
    ("proxy_grpc_close", &[N(7)], "grpc_close 7"),
    ("proxy_grpc_cancel", &[N(7)], "grpc_cancel 7"),
    ("proxy_get_status", &[U32, Bytes], "callout_status"),
    ("proxy_get_shared_data", &[In, Bytes, U32], "shared_data alpha"),
    ("proxy_set_shared_data", &[In, In, N(4)], r"set_shared_data alpha be\xffta 4"),
    ("proxy_register_shared_queue", &[In, U32], "register_queue alpha"),
    ("proxy_resolve_shared_queue", &[In, In, U32], r"resolve_queue alpha be\xffta"),
    ("proxy_enqueue_shared_queue", &[N(7), In], "enqueue 7 alpha"),
    ("proxy_dequeue_shared_queue", &[N(7), Bytes], "dequeue 7"),
    ("proxy_define_metric", &[N(2), In, U32], "define_metric Histogram alpha"),
    ("proxy_increment_metric", &[N(7), W(-3)], "increment_metric 7 -3"),
    ("proxy_record_metric", &[N(7), W(i64::MAX)], "record_metric 7 9223372036854775807"),
    ("proxy_get_metric", &[N(7), U64], "metric 7"),
    ("proxy_call_foreign_function", &[In, In, Bytes], r"call_foreign alpha be\xffta"),
];

/// The values a guest passes for these parameters, each with its type.
fn values(arguments: &[Argument]) -> Vec<(&'static str, i64)> {
    let mut inputs = (1000..).step_by(100).zip(INPUTS);
    let mut next = || inputs.next().unwrap();
    let mut values = Vec::new();
    for argument in arguments {
        match *argument {
            N(number) => values.push(("i32", i64::from(number))),
            W(number) => values.push(("i64", number)),
            In => {
                let (at, input) = next();
                values.extend([("i32", at), ("i32", input.len() as i64)]);
            }
            Bytes => values.extend([("i32", i64::from(POINTER_AT)), ("i32", i64::from(LENGTH_AT))]),
            U32 => values.push(("i32", i64::from(NUMBER_AT))),
            U64 => values.push(("i32", i64::from(LARGE_AT))),
        }
    }
    values
}

/// A guest whose request-headers callback makes one host call and returns its status. Its request-body callback returns the word
/// at an address, its request-trailers callback the byte.
fn caller(function: &str, values: &[(&str, i64)]) -> (WasmGuest, std::rc::Rc<Recorder>) {
    let types: String = values.iter().map(|(kind, _)| format!(" {kind}")).collect();
    let pushed: String = values.iter().map(|(kind, value)| format!("({kind}.const {value})")).collect();
    let data: String = (1000..)
        .step_by(100)
        .zip(INPUTS)
        .map(|(at, input)| {
            let hex: String = input.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("(data (i32.const {at}) \"{hex}\")")
        })
        .collect();
    let imports = format!(r#"(import "env" "{function}" (func $call (param{types}) (result i32)))"#);
    let functions = format!(
        r#"{data} (data (i32.const 16) "{UNSET}")
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $call {pushed}))
        (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) (i32.load (local.get 1)))
        (func (export "proxy_on_request_trailers") (param i32 i32) (result i32) (i32.load8_u (local.get 1)))"#
    );
    guest(&imports, &functions)
}

fn call(guest: &mut WasmGuest) -> u32 {
    guest.on_request_headers(2, 0, false).unwrap()
}

fn word(guest: &mut WasmGuest, at: u32) -> u32 {
    guest.on_request_body(2, at, false).unwrap()
}

fn memory(guest: &mut WasmGuest, at: u32, length: usize) -> Vec<u8> {
    (at..).take(length).map(|at| guest.on_request_trailers(2, at).unwrap() as u8).collect()
}

#[test]
fn arguments_arrive_and_answers_come_back() {
    for (function, arguments, heard) in FUNCTIONS {
        let (mut guest, host) = caller(function, &values(arguments));
        assert_eq!(call(&mut guest), 0, "{function}");
        assert_eq!(host.calls().join(";"), *heard, "{function}");
        for argument in *arguments {
            check_answer(&mut guest, function, *argument);
        }
        let stats = guest.stats().read();
        assert_eq!(stats.host_call(function), 1, "{function}");
        let inputs = arguments.iter().filter(|argument| **argument == In).count();
        let bytes: usize = INPUTS[..inputs].iter().map(|input| input.len()).sum();
        assert_eq!(stats.bytes_from_guest, bytes as u64, "{function}");
    }
}

fn check_answer(guest: &mut WasmGuest, function: &str, argument: Argument) {
    match argument {
        N(_) | W(_) | In => {}
        Bytes => {
            let expected = if function == "proxy_get_header_map_pairs" { list() } else { BYTES.to_vec() };
            assert_eq!(word(guest, POINTER_AT), HEAP, "{function}");
            assert_eq!(word(guest, LENGTH_AT) as usize, expected.len(), "{function}");
            assert_eq!(memory(guest, HEAP, expected.len()), expected, "{function}");
            let stats = guest.stats().read();
            assert_eq!((stats.allocations, stats.bytes_to_guest), (1, expected.len() as u64), "{function}");
        }
        U32 => {
            let expected = match function {
                "proxy_get_log_level" => 3,
                "proxy_get_header_map_size" => 6,
                _ => NUMBER,
            };
            assert_eq!(word(guest, NUMBER_AT), expected, "{function}");
        }
        U64 => {
            let expected = if function == "proxy_get_buffer_status" { u64::MAX << 32 } else { LARGE };
            assert_eq!(memory(guest, LARGE_AT, 8), expected.to_le_bytes(), "{function}");
        }
    }
}

#[test]
fn a_status_of_the_host_reaches_the_guest() {
    let cannot_fail = ["proxy_log", "proxy_get_log_level", "proxy_get_current_time_nanoseconds"];
    for (function, arguments, _) in FUNCTIONS {
        let (mut guest, host) = caller(function, &values(arguments));
        host.failure.set(Some(Status::Other(77)));
        let expected = if cannot_fail.contains(function) { 0 } else { 77 };
        assert_eq!(call(&mut guest), expected, "{function}");
        assert_eq!(guest.stats().read().allocations, 0, "{function}");
    }
}

#[test]
fn a_pointer_out_of_range_is_invalid_memory_access() {
    const END: i64 = 65536;
    for (function, arguments, _) in FUNCTIONS {
        let whole = values(arguments);
        let ends = arguments.iter().flat_map(|argument| match argument {
            // An input must end within the memory; an output must not reach past the end.
            In => vec![Some(END + 1); 2],
            Bytes => vec![Some(END - 1); 2],
            U32 | U64 => vec![Some(END - 1)],
            N(_) | W(_) => vec![None],
        });
        for (index, first) in ends.enumerate().filter_map(|(index, end)| Some((index, end?))) {
            for bad in [first, 0xffff_fffc, 0xffff_ffff] {
                let mut values = whole.clone();
                values[index].1 = bad;
                let (mut guest, host) = caller(function, &values);
                assert_eq!(call(&mut guest), 6, "{function} argument {index} = {bad}");
                let may_act = first < END && *function != "proxy_http_call";
                let harmless = may_act || host.calls().is_empty();
                assert!(harmless, "{function} acted on bad argument {index}");
            }
        }
    }
}

#[test]
fn an_empty_answer_is_a_null_pointer_and_allocates_nothing() {
    for (function, arguments, _) in FUNCTIONS.iter().filter(|(_, arguments, _)| arguments.contains(&Bytes)) {
        if *function == "proxy_get_header_map_pairs" {
            continue;
        }
        let (mut guest, host) = caller(function, &values(arguments));
        host.empty.set(true);
        assert_eq!(call(&mut guest), 0, "{function}");
        // Envoy's host leaves the variables of an empty buffer alone.
        let left = if *function == "proxy_get_buffer_bytes" { u32::MAX } else { 0 };
        let answer = (word(&mut guest, POINTER_AT), word(&mut guest, LENGTH_AT));
        assert_eq!(answer, (left, left), "{function}");
        assert_eq!(guest.stats().read().allocations, 0, "{function}");
    }
}

#[test]
fn a_kind_that_does_not_exist_is_refused() {
    let cases: &[(&str, &[Argument], u32)] = &[
        ("proxy_log", &[N(6), In], 2),
        ("proxy_get_header_map_pairs", &[N(8), Bytes], 2),
        ("proxy_get_buffer_bytes", &[N(9), N(0), N(1), Bytes], 2),
        ("proxy_get_buffer_bytes", &[N(2), N(0), N(1), Bytes], 1),
        ("proxy_continue_stream", &[N(4)], 2),
        ("proxy_continue_stream", &[N(2)], 12),
        ("proxy_define_metric", &[N(3), In, U32], 2),
        ("proxy_done", &[], 1),
    ];
    for (function, arguments, status) in cases {
        let (mut guest, host) = caller(function, &values(arguments));
        assert_eq!(call(&mut guest), *status, "{function}");
        assert_eq!(host.calls(), [""; 0], "{function}");
    }
}

#[test]
fn names_that_are_not_utf_8_name_nothing() {
    let (mut guest, host) = caller("proxy_define_metric", &[("i32", 0), ("i32", 1100), ("i32", 5), ("i32", 24)]);
    assert_eq!(call(&mut guest), 2);
    assert_eq!(host.calls(), [""; 0]);
    let (mut guest, host) = caller("proxy_log", &[("i32", 4), ("i32", 1100), ("i32", 5)]);
    assert_eq!(call(&mut guest), 0);
    assert_eq!(host.calls(), ["log Error be\u{fffd}ta"]);
}

#[test]
fn a_guest_that_cannot_allocate_gets_a_status() {
    for pointer in ["0", "65530"] {
        let module = format!(
            r#"(module
            (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
            (func (export "proxy_abi_version_0_2_1"))
            (memory (export "memory") 1)
            (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const {pointer}))
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (call $get (i32.const 0) (i32.const 1) (i32.const 16) (i32.const 20))))"#
        );
        let module = gatewright_host::wasm::WasmModule::from_bytes(&wat::parse_str(module).unwrap()).unwrap();
        let mut guest = module.guest(std::rc::Rc::new(Recorder::default())).unwrap();
        assert_eq!(call(&mut guest), 6, "allocator answers {pointer}");
    }
}
