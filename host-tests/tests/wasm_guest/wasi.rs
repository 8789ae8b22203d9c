//! The WASI functions that Envoy has, and what they give.

use std::rc::Rc;

use gatewright_host::wasm::{GuestOptions, WasmGuest};
use gatewright_testing::guest::Guest;

use crate::recorder::LARGE;
use crate::{Recorder, module};

/// Preview 1 without `sock_accept`, which came later: parameters (`i` an i32, `I` an i64), arguments, and the error number.
const FUNCTIONS: &[(&str, &str, &str, u32)] = &[
    ("args_get", "ii", "16 16", 0),
    ("args_sizes_get", "ii", "16 20", 0),
    ("environ_get", "ii", "16 16", 0),
    ("environ_sizes_get", "ii", "16 20", 0),
    ("clock_res_get", "ii", "0 16", 58),
    ("clock_time_get", "iIi", "0 0 16", 0),
    ("clock_time_get", "iIi", "1 0 16", 0),
    ("clock_time_get", "iIi", "2 0 16", 58),
    ("fd_advise", "iIIi", "0 0 0 0", 58),
    ("fd_allocate", "iII", "0 0 0", 58),
    ("fd_close", "i", "1", 0),
    ("fd_datasync", "i", "1", 58),
    ("fd_fdstat_get", "ii", "0 16", 8),
    ("fd_fdstat_get", "ii", "1 16", 0),
    ("fd_fdstat_set_flags", "ii", "1 0", 58),
    ("fd_fdstat_set_rights", "iII", "1 0 0", 58),
    ("fd_filestat_get", "ii", "1 16", 58),
    ("fd_filestat_set_size", "iI", "1 0", 58),
    ("fd_filestat_set_times", "iIIi", "1 0 0 0", 58),
    ("fd_pread", "iiiIi", "0 16 0 0 20", 58),
    ("fd_prestat_get", "ii", "3 16", 8),
    ("fd_prestat_dir_name", "iii", "3 16 1", 52),
    ("fd_pwrite", "iiiIi", "1 16 0 0 20", 58),
    ("fd_read", "iiii", "0 16 0 20", 52),
    ("fd_readdir", "iiiIi", "3 16 0 0 20", 58),
    ("fd_renumber", "ii", "1 2", 58),
    ("fd_seek", "iIii", "1 0 0 16", 0),
    ("fd_sync", "i", "1", 58),
    ("fd_tell", "ii", "1 16", 58),
    ("fd_write", "iiii", "0 100 2 20", 8),
    ("fd_write", "iiii", "1 100 2 20", 0),
    ("fd_write", "iiii", "1 100 1025 20", 28),
    ("fd_write", "iiii", "1 65532 1 20", 21),
    ("path_create_directory", "iii", "3 16 1", 58),
    ("path_filestat_get", "iiiii", "3 0 16 1 20", 58),
    ("path_filestat_set_times", "iiiiIIi", "3 0 16 1 0 0 0", 58),
    ("path_link", "iiiiiii", "3 0 16 1 3 16 1", 58),
    ("path_open", "iiiiiIIii", "3 0 16 1 0 0 0 0 20", 44),
    ("path_readlink", "iiiiii", "3 16 1 16 1 20", 58),
    ("path_remove_directory", "iii", "3 16 1", 58),
    ("path_rename", "iiiiii", "3 16 1 3 16 1", 58),
    ("path_symlink", "iiiii", "16 1 3 16 1", 58),
    ("path_unlink_file", "iii", "3 16 1", 58),
    ("poll_oneoff", "iiii", "16 16 0 20", 58),
    ("proc_raise", "i", "1", 58),
    ("random_get", "ii", "16 13", 0),
    ("random_get", "ii", "65530 13", 21),
    ("sched_yield", "", "", 0),
    ("sock_recv", "iiiiii", "1 16 0 0 20 24", 58),
    ("sock_send", "iiiii", "1 16 0 0 20", 58),
    ("sock_shutdown", "ii", "1 0", 58),
];

/// A guest that makes this call in its request-headers callback and returns the error number; its request-body callback returns the
/// word at an address. At 100 lie the two parts of a write: "out" and "put\n".
fn caller(function: &str, kinds: &str, arguments: &str, seed: u64) -> (WasmGuest, Rc<Recorder>) {
    let kind = |kind| if kind == 'I' { "i64" } else { "i32" };
    let parameters: String = kinds.chars().map(|k| format!(" {}", kind(k))).collect();
    let pushed = kinds.chars().zip(arguments.split(' ')).map(|(k, value)| format!("({}.const {value})", kind(k)));
    let module = module(
        &format!(r#"(import "wasi_snapshot_preview1" "{function}" (func $call (param{parameters}) (result i32)))"#),
        &format!(
            r#"(data (i32.const 100) "\c8\00\00\00\03\00\00\00\d2\00\00\00\04\00\00\00")
            (data (i32.const 200) "out") (data (i32.const 210) "put\0a")
            (data (i32.const 16) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $call {}))
            (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) (i32.load (local.get 1)))"#,
            pushed.collect::<String>()
        ),
    );
    let host = Rc::new(Recorder::default());
    let options = GuestOptions { seed, ..GuestOptions::default() };
    (module.guest_with(Rc::<Recorder>::clone(&host), &options).unwrap(), host)
}

/// Error number of the call, and the words from 16 on.
fn run(function: &str, kinds: &str, arguments: &str, seed: u64) -> (u32, [u32; 6], Vec<String>) {
    let (mut guest, host) = caller(function, kinds, arguments, seed);
    let error = guest.on_request_headers(2, 0, false).unwrap();
    let words = std::array::from_fn(|index| guest.on_request_body(2, 16 + 4 * index as u32, false).unwrap());
    (error, words, host.calls())
}

#[test]
fn every_function_is_there_and_answers_as_envoy_does() {
    let names: std::collections::BTreeSet<_> = FUNCTIONS.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len() + 1, 45, "with proc_exit");
    for (name, kinds, arguments, expected) in FUNCTIONS {
        assert_eq!(run(name, kinds, arguments, 0).0, *expected, "{name}({arguments})");
    }
}

#[test]
fn output_becomes_log_lines() {
    let (error, words, calls) = run("fd_write", "iiii", "1 100 2 20", 0);
    assert_eq!((error, words[1], calls), (0, 7, vec!["log Info output".to_owned()]));
    let (_, _, calls) = run("fd_write", "iiii", "2 100 1 20", 0);
    assert_eq!(calls, ["log Error out"]);
    let (_, words, calls) = run("fd_write", "iiii", "1 100 0 20", 0);
    assert_eq!((words[1], calls), (0, vec![]), "nothing written, nothing logged");
}

#[test]
fn the_clock_is_the_hosts() {
    let (_, words, _) = run("clock_time_get", "iIi", "0 0 16", 0);
    assert_eq!(u64::from(words[1]) << 32 | u64::from(words[0]), LARGE);
}

#[test]
fn arguments_and_environment_are_empty() {
    assert_eq!(run("args_sizes_get", "ii", "16 20", 0).1[..2], [0, 0]);
    assert_eq!(run("environ_sizes_get", "ii", "16 20", 0).1[..2], [0, 0]);
}

#[test]
fn random_numbers_repeat_with_the_seed() {
    let words = |seed| run("random_get", "ii", "16 13", seed).1;
    assert_eq!(words(1), words(1));
    assert_ne!(words(1)[..3], words(2)[..3]);
    assert_eq!(words(1)[3] >> 8, 0x00ff_ffff, "nothing past the length");
    assert_eq!(words(1)[4], u32::MAX);
}
