//! The modules as they ship: what they ask of a host, what they offer it, and what they carry.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gatewright_core::{Phases, Policy};
use gatewright_host::build::{self, Target};
use gatewright_host::case;
use gatewright_host::wasm::{GuestOptions, WasmModule};
use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use serde_json::Value;
use wasmparser::{Parser, Payload};

/// Every shipped policy, and the phases that it says it needs.
const POLICIES: &[(&str, Phases)] = &[
    ("api-key", api_key::ApiKey::PHASES),
    ("gateway", gateway::MODULE.phases),
    ("jwt-auth", jwt_auth::JwtAuth::PHASES),
    ("rate-limit", rate_limit::RateLimit::PHASES),
    ("request-filter", request_filter::RequestFilter::PHASES),
    ("response-cache", response_cache::ResponseCache::PHASES),
];

/// The policy that is the SDK and little else. It must also work on wasm32-unknown-unknown, which is not shipped.
const OF_THE_SDK: &str = "api-key";

/// What every module exports. Callbacks of the root context cost nothing per request.
const ALWAYS: &[&str] = &[
    "_initialize",
    "memory",
    "proxy_abi_version_0_2_1",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_grpc_close",
    "proxy_on_grpc_receive",
    "proxy_on_http_call_response",
    "proxy_on_memory_allocate",
    "proxy_on_queue_ready",
    "proxy_on_request_headers",
    "proxy_on_tick",
];

/// What each phase adds.
const BY_PHASE: &[(Phases, &[&str])] = &[
    (Phases::REQUEST_BODY, &["proxy_on_request_body", "proxy_on_request_trailers"]),
    (Phases::RESPONSE_HEADERS, &["proxy_on_response_headers"]),
    (Phases::RESPONSE_BODY, &["proxy_on_response_body", "proxy_on_response_trailers"]),
];

/// What the linker adds for wasm32-unknown-unknown: constants, which nobody calls.
const OF_THE_LINKER: &[&str] = &["__data_end", "__heap_base"];

#[test]
fn every_plugin_of_the_workspace_is_looked_at() {
    let found = case::plugins(build::workspace_root()).unwrap();
    let found: Vec<_> = found.iter().map(|plugin| plugin.name.as_str()).collect();
    let known: Vec<_> = POLICIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, known, "POLICIES in {} names every crate with a gatewright::export!, by name", file!());
}

#[test]
fn modules_import_from_the_proxy_and_wasi_only() {
    for (name, _) in POLICIES {
        let imports = module(name, Target::Wasip1).imports();
        let from: BTreeSet<_> = imports.iter().map(|(module, _)| module.as_str()).collect();
        assert_eq!(from, BTreeSet::from(["env", "wasi_snapshot_preview1"]), "{name}");
    }
    let imports = module(OF_THE_SDK, Target::Unknown).imports();
    assert!(imports.iter().all(|(module, _)| module == "env"), "{imports:?}");
}

#[test]
fn modules_export_what_their_phases_need_and_no_more() {
    for (name, phases) in POLICIES {
        assert_eq!(exports(name, Target::Wasip1), expected(*phases), "{name}");
    }
    let mut expected = exports(OF_THE_SDK, Target::Wasip1);
    expected.extend(OF_THE_LINKER.iter().map(ToString::to_string));
    assert_eq!(exports(OF_THE_SDK, Target::Unknown), expected);
}

#[test]
fn nothing_runs_before_initialize() {
    let shipped = POLICIES.iter().map(|(name, _)| (*name, Target::Wasip1));
    for (name, target) in shipped.chain([(OF_THE_SDK, Target::Unknown)]) {
        let bytes = fs::read(built(name, target)).unwrap();
        let mut payloads = Parser::new(0).parse_all(&bytes).map(Result::unwrap);
        assert!(!payloads.any(|payload| matches!(payload, Payload::StartSection { .. })), "{name} {target:?}");
    }
}

#[test]
fn modules_carry_the_schema_of_their_configuration() {
    for plugin in case::plugins(build::workspace_root()).unwrap() {
        let name = plugin.name;
        let path = folder(&name).join("config.schema.json");
        let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let section = module(&name, Target::Wasip1).custom_section("gatewright.schema");
        let section = section.unwrap_or_else(|| panic!("{name} has no gatewright::embed_schema!"));
        let compact = serde_json::from_slice::<Value>(&file).unwrap().to_string();
        assert!(section == compact.as_bytes(), "{name}: the section is not config.schema.json without space");
    }
}

#[test]
fn every_module_has_a_budget() {
    let path = build::workspace_root().join("host-tests/budgets.json");
    let budgets: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for (name, _) in POLICIES {
        assert!(budgets["modules"][*name].is_u64(), "add an exchange of {name} to tests/budgets/exchanges.rs");
    }
}

#[test]
fn the_sdk_also_runs_as_wasm32_unknown_unknown() {
    let module = module(OF_THE_SDK, Target::Unknown);
    // The key is `secret`.
    let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let builder = Proxy::builder().config(format!(r#"{{"policy": {{"header": "x-api-key", "keys": ["{hash}"]}}}}"#));
    let mut proxy = builder.start(move |host| module.boxed(host, &GuestOptions::default())).unwrap();
    assert_eq!(proxy.send(Request::get("/")).status(), 401);
    assert_eq!(proxy.send(Request::get("/").with_header("x-api-key", "guess")).status(), 403);
    let passed = proxy.send(Request::get("/").with_header("x-api-key", "secret"));
    assert_eq!(passed.status(), 200);
    assert_eq!(passed.upstream_request().unwrap().header("x-api-key"), None);
    assert!(passed.response().unwrap().header("x-upstream-ms").is_some());
}

fn built(name: &str, target: Target) -> PathBuf {
    build::module(name, target).unwrap()
}

fn module(name: &str, target: Target) -> WasmModule {
    WasmModule::load(built(name, target)).unwrap()
}

fn exports(name: &str, target: Target) -> BTreeSet<String> {
    module(name, target).exports().into_iter().collect()
}

fn expected(phases: Phases) -> BTreeSet<String> {
    let needed = BY_PHASE.iter().filter(|(phase, _)| phases.contains(*phase)).flat_map(|(_, names)| *names);
    ALWAYS.iter().chain(needed).map(ToString::to_string).collect()
}

fn folder(name: &str) -> PathBuf {
    let candidates = ["plugins", "examples"].map(|folder| build::workspace_root().join(folder).join(name));
    candidates.into_iter().find(|folder| Path::is_dir(folder)).unwrap()
}
