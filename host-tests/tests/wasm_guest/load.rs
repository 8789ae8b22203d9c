//! What is refused before a guest runs, and what a module tells about itself.

use std::rc::Rc;

use gatewright_host::wasm::WasmModule;

use crate::{PLUGIN, Recorder, module};

fn refused(wat: &str) -> String {
    format!("{:#}", WasmModule::from_bytes(&wat::parse_str(wat).unwrap()).err().unwrap())
}

#[test]
fn no_module_at_all() {
    let error = WasmModule::from_bytes(b"\0asm\x01\0\0\0garbage").err().unwrap();
    assert!(format!("{error:#}").starts_with("compiling the module"), "{error:#}");
    let error = WasmModule::load("no/such/file.wasm").err().unwrap();
    assert!(format!("{error:#}").starts_with("reading no/such/file.wasm"), "{error:#}");
}

#[test]
fn an_abi_that_envoy_does_not_know() {
    assert!(refused("(module)").contains("exports none"));
    let higress = PLUGIN.replace("0_2_1", "0_2_100");
    assert!(refused(&format!("(module {higress})")).contains("exports proxy_abi_version_0_2_100"));
    for version in ["0_1_0", "0_2_0", "0_2_1"] {
        let known = format!("(module {})", PLUGIN.replace("0_2_1", version));
        assert!(WasmModule::from_bytes(&wat::parse_str(known).unwrap()).is_ok(), "{version}");
    }
}

#[test]
fn no_memory_or_no_allocator() {
    assert!(refused(&format!("(module {})", PLUGIN.replace("\"memory\"", "\"m\""))).contains("no memory named"));
    assert!(refused(&format!("(module {})", PLUGIN.replace("\"malloc\"", "\"m\""))).contains("neither `malloc`"));
}

#[test]
fn every_import_that_does_not_exist_is_named() {
    let error = refused(&format!(
        r#"(module
        (import "env" "proxy_redis_init" (func (param i32)))
        (import "env" "proxy_log" (func (param i32 i32 i32) (result i32)))
        (import "__wbindgen_placeholder__" "__wbindgen_describe" (func (param i32)))
        {PLUGIN})"#
    ));
    assert_eq!(
        error,
        "the host does not have what the module imports: \
         env.proxy_redis_init, __wbindgen_placeholder__.__wbindgen_describe"
    );
}

#[test]
fn an_import_of_another_type_is_named() {
    let error = refused(&format!(r#"(module (import "env" "proxy_log" (func (param i64))) {PLUGIN})"#));
    assert!(error.contains("env::proxy_log"), "{error}");
}

#[test]
fn a_callback_of_another_type_is_named() {
    for kind in ["(param i32 i32) (result i32)", "(param i32 i32 i32)", "(param i32 i32 i64) (result i32)"] {
        let result = if kind.contains("result") { "(i32.const 0)" } else { "" };
        let callback = format!(r#"(func (export "proxy_on_request_headers") {kind} {result})"#);
        let error = module("", &callback).guest(Rc::new(Recorder::default())).err().unwrap().to_string();
        assert!(error.contains("export proxy_on_request_headers has type"), "{error}");
        assert!(error.ends_with("3 i32 parameters and one i32 result"), "{error}");
    }
}

#[test]
fn a_memory_that_starts_above_the_limit_is_refused() {
    let large = module("", "").guest_with(
        Rc::new(Recorder::default()),
        &gatewright_host::wasm::GuestOptions { memory_bytes: 65535, ..Default::default() },
    );
    let error = large.err().unwrap().to_string();
    assert!(error.contains("memory minimum size"), "{error}");
}

#[test]
fn imports_exports_and_custom_sections() {
    let module = module(
        r#"(import "env" "proxy_done" (func (result i32)))"#,
        r#"(@custom "schema" "{}\ff") (@custom "schema" "second")"#,
    );
    assert_eq!(module.imports(), [("env".to_owned(), "proxy_done".to_owned())]);
    assert_eq!(module.exports(), ["proxy_abi_version_0_2_1", "memory", "malloc"]);
    assert_eq!(module.custom_section("schema").as_deref(), Some(&b"{}\xff"[..]));
    assert_eq!(module.custom_section("other"), None);
    assert!(module.size() > 100);
}
