//! Every case file of every plugin, on every host. Each file on each host is a test of its own: `jwt-auth/basic.yaml envoy`.
//! What the gateway holds is played through it too: `jwt-auth/basic.yaml envoy, in a gateway`.

use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context, Result};
use gatewright_host::build::{self, Target};
use gatewright_host::case::{self, CaseFile, PluginCrate};
use gatewright_host::deploy::{HostKind, NativePlugin, Platform};
use gatewright_testing::{native, native_module};
use libtest_mimic::{Arguments, Failed, Trial};

/// Makes a policy for the emulated proxy.
type Policy = fn() -> NativePlugin;

/// The module that holds other plugins' policies.
const GATEWAY: &str = "gateway";

/// Those that it holds, by what `use` calls them.
const HELD: &[&str] = &["jwt-auth", "rate-limit", "request-filter", "response-cache"];

/// The policies of all plugins, to run them without wasm.
const NATIVE: &[(&str, Policy)] = &[
    ("api-key", || Rc::new(native::<api_key::ApiKey>("api-key"))),
    (GATEWAY, || Rc::new(native_module(gateway::MODULE))),
    ("jwt-auth", || Rc::new(native::<jwt_auth::JwtAuth>("jwt-auth"))),
    ("rate-limit", || Rc::new(native::<rate_limit::RateLimit>("rate-limit"))),
    ("request-filter", || Rc::new(native::<request_filter::RequestFilter>("request-filter"))),
    ("response-cache", || Rc::new(native::<response_cache::ResponseCache>("response-cache"))),
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let plugins = case::plugins(build::workspace_root())?;
    let mut trials: Vec<Trial> = plugins.iter().flat_map(of_plugin).collect();
    let known: Vec<_> = plugins.into_iter().map(|plugin| plugin.name).collect();
    trials.push(Trial::test("every policy of the table is a plugin", move || no_leftovers(&known)));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// Its files on all hosts, and that it has any.
fn of_plugin(plugin: &PluginCrate) -> Vec<Trial> {
    let complete = plugin.clone();
    let mut trials = vec![Trial::test(format!("{} has cases", plugin.name), move || complaint(&complete))];
    trials.extend(plugin.files.iter().flat_map(|path| of_file(&plugin.name, path)));
    trials
}

/// A file on the hosts that it has cases for; one that is wrong is a failing test.
fn of_file(plugin: &str, path: &Path) -> Vec<Trial> {
    let name = format!("{plugin}/{}", path.file_name().unwrap_or_default().to_string_lossy());
    let file = match CaseFile::load(path) {
        Ok(file) => file,
        Err(error) => return vec![Trial::test(name, move || Err(format!("{error:#}").into()))],
    };
    let hosts = HostKind::ALL.into_iter().filter(|host| file.runs_on(*host));
    let trial = |host| {
        let (own, plugin) = (file.clone(), plugin.to_owned());
        let held = (HELD.contains(&&*plugin) && file.alone.is_none()).then(|| file.clone().in_gateway(&plugin));
        let alone = Trial::test(format!("{name} {host}"), move || played(&own, &plugin, host));
        let through = |held| Trial::test(format!("{name} {host}, in a gateway"), move || played(&held, GATEWAY, host));
        [Some(alone), held.map(through)]
    };
    hosts.flat_map(trial).flatten().collect()
}

/// A plugin that is not proven on every host fails.
fn complaint(plugin: &PluginCrate) -> Result<(), Failed> {
    let name = &plugin.name;
    if plugin.files.is_empty() {
        return Err(format!("{name} exports a policy but has no case file: write {name}/tests/cases/*.yaml").into());
    }
    if !NATIVE.iter().any(|(known, _)| known == name) {
        return Err(format!("{name} exports a policy that NATIVE in host-tests/tests/cases.rs does not name").into());
    }
    Ok(())
}

fn no_leftovers(plugins: &[String]) -> Result<(), Failed> {
    let gone = NATIVE.iter().find(|(name, _)| !plugins.iter().any(|plugin| plugin == name));
    gone.map_or(Ok(()), |(name, _)| Err(format!("{name} is in NATIVE but exports no policy").into()))
}

fn played(file: &CaseFile, plugin: &str, host: HostKind) -> Result<(), Failed> {
    let platform = platform(plugin, host).map_err(|error| format!("{error:#}"))?;
    let failures = case::run(file, plugin, &platform).map_err(|error| format!("{error:#}"))?;
    if failures.is_empty() {
        return Ok(());
    }
    Err(failures.iter().map(|failure| format!("\n{failure}")).collect::<String>().into())
}

fn platform(plugin: &str, host: HostKind) -> Result<Platform> {
    let module = || build::module(plugin, Target::Wasip1);
    Ok(match host {
        HostKind::Native => {
            let policy = NATIVE.iter().find(|(name, _)| *name == plugin);
            Platform::Native(policy.with_context(|| format!("NATIVE does not name {plugin}"))?.1())
        }
        HostKind::Wasmtime => Platform::Wasmtime(module()?),
        HostKind::Envoy => Platform::Envoy(module()?),
    })
}
