//! The checked-in file, and how it is compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use gatewright_host::build::workspace_root;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the budgets are, from the root of the workspace.
pub(crate) const FILE: &str = "host-tests/budgets.json";

/// Parts in a thousand by which fuel and sizes may differ.
const MARGIN: u64 = 5;

/// Costs of everything that is watched.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budgets {
    /// Size of the shipped module, in bytes, by package.
    pub(crate) modules: BTreeMap<String, u64>,
    /// Cost of an exchange, by package and name.
    pub(crate) exchanges: BTreeMap<String, ExchangeCost>,
}

/// What an exchange costs.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeCost {
    /// What the client gets.
    pub(crate) status: u16,
    /// The first exchange of a VM, which also defines metrics and fills what is filled once.
    pub(crate) first: Cost,
    /// The one after three others.
    pub(crate) steady: Cost,
    /// Fuel of the dearest of 20 that follow: maps grow now and then.
    pub(crate) most_fuel: u64,
}

/// What one exchange costs, from the creation of its context to its end.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cost {
    /// wasmtime's fuel: about one per instruction.
    pub(crate) fuel: u64,
    /// Callbacks that the host makes.
    pub(crate) callbacks: BTreeMap<String, u64>,
    /// Calls of the host, by function.
    pub(crate) host_calls: BTreeMap<String, u64>,
    /// Bytes that the host copies out of the guest's memory.
    pub(crate) bytes_from_guest: u64,
    /// Bytes that the host copies into the guest's memory.
    pub(crate) bytes_to_guest: u64,
    /// Times that the host has the guest allocate memory for that.
    pub(crate) allocations_for_host: u64,
}

/// Whether the file is to be written instead of compared.
pub(crate) fn is_update() -> bool {
    std::env::var_os("UPDATE_BUDGETS").is_some_and(|value| value == "1")
}

impl Budgets {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(path()).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{FILE}: {error}"))
    }

    pub(crate) fn write(&self) {
        fs::write(path(), serde_json::to_string_pretty(self).unwrap() + "\n").unwrap();
    }

    /// A line for each figure that is not as it should be.
    pub(crate) fn differences(&self, found: &Self) -> Vec<String> {
        let (budgets, found) = (flat(self), flat(found));
        let names: std::collections::BTreeSet<&String> = budgets.keys().chain(found.keys()).collect();
        let line = |name: &String| match (budgets.get(name), found.get(name)) {
            (Some(budget), Some(found)) if within(name, *budget, *found) => None,
            (Some(budget), Some(found)) => {
                let change = (*found as f64 / (*budget).max(1) as f64 - 1.0) * 100.0;
                Some(format!("  {name}: {budget} in the file, {found} now ({change:+.1} %)"))
            }
            (Some(budget), None) => Some(format!("  {name}: {budget} in the file, none now")),
            (None, found) => Some(format!("  {name}: not in the file, {} now", found.copied().unwrap_or_default())),
        };
        names.into_iter().filter_map(line).collect()
    }
}

fn path() -> PathBuf {
    workspace_root().join(FILE)
}

fn within(name: &str, budget: u64, found: u64) -> bool {
    let inexact = name.starts_with("modules/") || name.ends_with("fuel");
    budget.abs_diff(found) * 1000 <= if inexact { budget * MARGIN } else { 0 }
}

/// Every figure by its path.
fn flat(budgets: &Budgets) -> BTreeMap<String, u64> {
    let mut figures = BTreeMap::new();
    let mut open = vec![(String::new(), serde_json::to_value(budgets).unwrap())];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) => {
                open.extend(members.into_iter().map(|(name, value)| (format!("{path}/{name}"), value)));
            }
            value => {
                figures.insert(path.trim_start_matches('/').to_owned(), value.as_u64().unwrap());
            }
        }
    }
    figures
}

mod tests {
    use super::*;

    fn budgets(fuel: u64, bytes_from_guest: u64) -> Budgets {
        let cost = || Cost {
            fuel,
            callbacks: BTreeMap::new(),
            host_calls: BTreeMap::from([("proxy_log".to_owned(), 1)]),
            bytes_from_guest,
            bytes_to_guest: 0,
            allocations_for_host: 0,
        };
        let exchange = ExchangeCost { status: 200, first: cost(), steady: cost(), most_fuel: 7 };
        Budgets { modules: BTreeMap::new(), exchanges: BTreeMap::from([("a".to_owned(), exchange)]) }
    }

    #[test]
    fn counts_are_compared_exactly_and_fuel_with_a_margin() {
        assert_eq!(budgets(1000, 100).differences(&budgets(1005, 100)), [""; 0]);
        assert_eq!(budgets(1000, 100).differences(&budgets(995, 100)), [""; 0]);
        let dearer = budgets(1000, 100).differences(&budgets(1006, 101));
        assert_eq!(dearer.len(), 4, "{dearer:?}");
        assert_eq!(dearer[0], "  exchanges/a/first/bytes_from_guest: 100 in the file, 101 now (+1.0 %)");
        assert_eq!(budgets(1000, 0).differences(&budgets(994, 0)).len(), 2, "cheaper is a change, too");
    }

    #[test]
    fn what_is_missing_on_either_side_is_a_difference() {
        assert_eq!(Budgets::default().differences(&budgets(1, 1)).len(), 12);
        assert_eq!(budgets(1, 1).differences(&Budgets::default()).len(), 12);
    }
}
