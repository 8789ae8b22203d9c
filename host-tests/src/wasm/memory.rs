//! Moves bytes between the host and a guest's linear memory. A pointer out of range is a status, never a panic.

use wasmtime::Caller;

use super::vm::{INVALID_MEMORY, Phase, Stop, Vm};

/// The guest's bytes at `at`. Even an empty slice must lie inside the memory.
pub(super) fn bytes<'a>(vm: &'a Caller<'_, Vm>, at: u32, length: u32) -> Result<&'a [u8], Stop> {
    let memory = vm.data().memory.ok_or(INVALID_MEMORY)?;
    let start = at as usize;
    let end = start.checked_add(length as usize).ok_or(INVALID_MEMORY)?;
    let found = memory.data(vm).get(start..end).ok_or(INVALID_MEMORY)?;
    vm.data().stats.read_from_guest(found.len());
    Ok(found)
}

/// The guest's bytes at `at`, to be written.
pub(super) fn bytes_mut<'a>(vm: &'a mut Caller<'_, Vm>, at: u32, length: usize) -> Result<&'a mut [u8], Stop> {
    let memory = vm.data().memory.ok_or(INVALID_MEMORY)?;
    let start = at as usize;
    let end = start.checked_add(length).ok_or(INVALID_MEMORY)?;
    Ok(memory.data_mut(vm).get_mut(start..end).ok_or(INVALID_MEMORY)?)
}

/// Writes a number where the guest asked for it.
pub(super) fn put_u32(vm: &mut Caller<'_, Vm>, at: u32, number: u32) -> Result<(), Stop> {
    bytes_mut(vm, at, 4)?.copy_from_slice(&number.to_le_bytes());
    Ok(())
}

/// Writes a number where the guest asked for it.
pub(super) fn put_u64(vm: &mut Caller<'_, Vm>, at: u32, number: u64) -> Result<(), Stop> {
    bytes_mut(vm, at, 8)?.copy_from_slice(&number.to_le_bytes());
    Ok(())
}

/// Hands bytes over: the guest allocates, the host writes, and the pointer and length go where the guest asked for them.
/// Nothing is allocated for nothing; the pointer is then 0.
pub(super) fn give(vm: &mut Caller<'_, Vm>, data: &[u8], pointer_at: u32, length_at: u32) -> Result<(), Stop> {
    let length = u32::try_from(data.len()).map_err(|_| INVALID_MEMORY)?;
    let pointer = if data.is_empty() { 0 } else { allocate(vm, length)? };
    bytes_mut(vm, pointer, data.len())?.copy_from_slice(data);
    vm.data().stats.written_to_guest(data.len());
    put_u32(vm, pointer_at, pointer)?;
    put_u32(vm, length_at, length)
}

/// Has the guest allocate. A null pointer means it could not.
fn allocate(vm: &mut Caller<'_, Vm>, length: u32) -> Result<u32, Stop> {
    let function = vm.data().allocate.clone().ok_or(INVALID_MEMORY)?;
    let before = std::mem::replace(&mut vm.data_mut().phase, Phase::Allocate);
    let pointer = function.call(&mut *vm, length).map_err(Stop::Trap)?;
    vm.data_mut().phase = before;
    vm.data().stats.allocation();
    if pointer == 0 { Err(INVALID_MEMORY.into()) } else { Ok(pointer) }
}
