//! Fuel by function: a module is rewritten so that each of its functions says when it is entered and left.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasmtime::{AsContext, Caller, Linker, Result};

use super::vm::Vm;

pub(super) mod instrument;

/// Where an instrumented module imports its hooks from.
const MODULE: &str = "gatewright_profile";

/// What a guest's functions cost. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Profile(Rc<RefCell<State>>);

/// What one function cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionCost {
    /// How often it was called.
    pub calls: u64,
    /// Fuel that it used itself, without what it called.
    pub own: u64,
    /// Fuel from its entry to its end.
    pub all: u64,
}

#[derive(Debug, Default)]
struct State {
    stack: Vec<Frame>,
    costs: BTreeMap<u32, FunctionCost>,
}

#[derive(Debug)]
struct Frame {
    function: u32,
    /// Fuel that was left at its entry.
    entered: u64,
    /// Fuel of what it called.
    inner: u64,
}

impl Profile {
    /// Every function that was called, by its index in the module before it was instrumented.
    #[must_use]
    pub fn costs(&self) -> BTreeMap<u32, FunctionCost> {
        self.0.borrow().costs.clone()
    }

    /// Forgets what was counted.
    pub fn reset(&self) {
        *self.0.borrow_mut() = State::default();
    }

    fn enter(&self, function: u32, left: u64) {
        self.0.borrow_mut().stack.push(Frame { function, entered: left, inner: 0 });
    }

    fn leave(&self, left: u64) {
        let mut state = self.0.borrow_mut();
        let Some(frame) = state.stack.pop() else { return };
        let all = frame.entered.saturating_sub(left);
        let cost = state.costs.entry(frame.function).or_default();
        cost.calls += 1;
        cost.own += all.saturating_sub(frame.inner);
        cost.all += all;
        if let Some(caller) = state.stack.last_mut() {
            caller.inner += all + instrument::OVERHEAD;
        }
    }
}

/// Links the hooks. A module that is not instrumented does not import them.
pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    linker.func_wrap(MODULE, "enter", |vm: Caller<'_, Vm>, function: u32| -> Result<()> {
        let left = vm.as_context().get_fuel()?;
        vm.data().profile.enter(function, left);
        Ok(())
    })?;
    linker.func_wrap(MODULE, "leave", |vm: Caller<'_, Vm>| -> Result<()> {
        let left = vm.as_context().get_fuel()?;
        vm.data().profile.leave(left);
        Ok(())
    })?;
    Ok(())
}
