//! The functions of WASI preview 1, as Envoy's host offers them: a log, a clock and random numbers, nothing else.

use gatewright_core::host::LogLevel;
use wasmtime::{Caller, FuncType, Linker, Result, Val, ValType, format_err};

use super::memory::{bytes, bytes_mut, put_u32, put_u64};
use super::vm::{Stop, Vm};

const MODULE: &str = "wasi_snapshot_preview1";

const SUCCESS: u32 = 0;
const BADF: u32 = 8;
const FAULT: u32 = 21;
const INVAL: u32 = 28;
const NOENT: u32 = 44;
const NOSYS: u32 = 52;
const NOTSUP: u32 = 58;

/// Parts of one write, as POSIX's `IOV_MAX`.
const MAX_PARTS: u32 = 1024;
/// A log line keeps this many bytes of one write.
const MAX_LINE: usize = 1 << 20;

/// Functions that do nothing: their parameters (`i` is an i32, `I` an i64) and what they answer.
const REFUSED: &[(&str, &str, u32)] = &[
    ("args_get", "ii", SUCCESS),
    ("environ_get", "ii", SUCCESS),
    ("sched_yield", "", SUCCESS),
    ("fd_close", "i", SUCCESS),
    ("fd_seek", "iIii", SUCCESS),
    ("fd_prestat_get", "ii", BADF),
    ("path_open", "iiiiiIIii", NOENT),
    ("fd_prestat_dir_name", "iii", NOSYS),
    ("fd_read", "iiii", NOSYS),
    ("clock_res_get", "ii", NOTSUP),
    ("fd_advise", "iIIi", NOTSUP),
    ("fd_allocate", "iII", NOTSUP),
    ("fd_datasync", "i", NOTSUP),
    ("fd_fdstat_set_flags", "ii", NOTSUP),
    ("fd_fdstat_set_rights", "iII", NOTSUP),
    ("fd_filestat_get", "ii", NOTSUP),
    ("fd_filestat_set_size", "iI", NOTSUP),
    ("fd_filestat_set_times", "iIIi", NOTSUP),
    ("fd_pread", "iiiIi", NOTSUP),
    ("fd_pwrite", "iiiIi", NOTSUP),
    ("fd_readdir", "iiiIi", NOTSUP),
    ("fd_renumber", "ii", NOTSUP),
    ("fd_sync", "i", NOTSUP),
    ("fd_tell", "ii", NOTSUP),
    ("path_create_directory", "iii", NOTSUP),
    ("path_filestat_get", "iiiii", NOTSUP),
    ("path_filestat_set_times", "iiiiIIi", NOTSUP),
    ("path_link", "iiiiiii", NOTSUP),
    ("path_readlink", "iiiiii", NOTSUP),
    ("path_remove_directory", "iii", NOTSUP),
    ("path_rename", "iiiiii", NOTSUP),
    ("path_symlink", "iiiii", NOTSUP),
    ("path_unlink_file", "iii", NOTSUP),
    ("poll_oneoff", "iiii", NOTSUP),
    ("proc_raise", "i", NOTSUP),
    ("sock_recv", "iiiiii", NOTSUP),
    ("sock_send", "iiiii", NOTSUP),
    ("sock_shutdown", "ii", NOTSUP),
];

/// Links all functions.
pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_write", |mut vm: Caller<'_, Vm>, fd: u32, parts: u32, count: u32, at: u32| {
        errno(&mut vm, "fd_write", |vm| fd_write(vm, fd, parts, count, at))
    })?;
    linker.func_wrap(MODULE, "clock_time_get", |mut vm: Caller<'_, Vm>, clock: u32, _precision: u64, at: u32| {
        errno(&mut vm, "clock_time_get", |vm| clock_time_get(vm, clock, at))
    })?;
    linker.func_wrap(MODULE, "random_get", |mut vm: Caller<'_, Vm>, at: u32, length: u32| {
        errno(&mut vm, "random_get", |vm| random_get(vm, at, length))
    })?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |mut vm: Caller<'_, Vm>, fd: u32, at: u32| {
        errno(&mut vm, "fd_fdstat_get", |vm| fd_fdstat_get(vm, fd, at))
    })?;
    linker.func_wrap(MODULE, "args_sizes_get", |mut vm: Caller<'_, Vm>, count: u32, size: u32| {
        errno(&mut vm, "args_sizes_get", |vm| no_strings(vm, count, size))
    })?;
    linker.func_wrap(MODULE, "environ_sizes_get", |mut vm: Caller<'_, Vm>, count: u32, size: u32| {
        errno(&mut vm, "environ_sizes_get", |vm| no_strings(vm, count, size))
    })?;
    linker.func_wrap(MODULE, "proc_exit", |vm: Caller<'_, Vm>, code: u32| -> Result<()> {
        vm.data().enter("proc_exit")?;
        Err(format_err!("the guest called proc_exit({code})"))
    })?;
    link_refused(linker)
}

fn link_refused(linker: &mut Linker<Vm>) -> Result<()> {
    for &(name, parameters, answer) in REFUSED {
        let parameters = parameters.chars().map(|kind| if kind == 'I' { ValType::I64 } else { ValType::I32 });
        let kind = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(MODULE, name, kind, move |vm, _, results| {
            vm.data().enter(name)?;
            results.fill(Val::I32(answer.cast_signed()));
            Ok(())
        })?;
    }
    Ok(())
}

/// Runs a body that answers with a WASI error number; a pointer out of range is `EFAULT`.
fn errno(
    vm: &mut Caller<'_, Vm>,
    name: &'static str,
    body: impl FnOnce(&mut Caller<'_, Vm>) -> std::result::Result<u32, Stop>,
) -> Result<u32> {
    vm.data().enter(name)?;
    match body(vm) {
        Ok(number) => Ok(number),
        Err(Stop::Status(_)) => Ok(FAULT),
        Err(Stop::Trap(error)) => Err(error),
    }
}

/// Standard output goes to the log as info, standard error as error.
fn fd_write(vm: &mut Caller<'_, Vm>, fd: u32, parts: u32, count: u32, written_at: u32) -> Result<u32, Stop> {
    let level = match fd {
        1 => LogLevel::Info,
        2 => LogLevel::Error,
        _ => return Ok(BADF),
    };
    if count > MAX_PARTS {
        return Ok(INVAL);
    }
    let (mut line, mut written) = (Vec::new(), 0u32);
    for part in 0..count {
        let (at, length) = part_of(bytes(vm, parts.saturating_add(part * 8), 8)?);
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend(bytes(vm, at, length)?.iter().take(room));
        written = written.saturating_add(length);
    }
    if written > 0 {
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        vm.data().host.log(level, &String::from_utf8_lossy(line));
    }
    put_u32(vm, written_at, written)?;
    Ok(SUCCESS)
}

/// Pointer and length of one part of a write.
fn part_of(entry: &[u8]) -> (u32, u32) {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    let (at, length) = entry.split_at(entry.len() / 2);
    (number(at), number(length))
}

/// Wall clock and monotonic clock are both the host's; there are no CPU clocks.
fn clock_time_get(vm: &mut Caller<'_, Vm>, clock: u32, at: u32) -> Result<u32, Stop> {
    if clock > 1 {
        return Ok(NOTSUP);
    }
    let now = vm.data().host.now_nanos();
    put_u64(vm, at, now)?;
    Ok(SUCCESS)
}

fn random_get(vm: &mut Caller<'_, Vm>, at: u32, length: u32) -> Result<u32, Stop> {
    let mut drawn = vec![0; bytes_mut(vm, at, length as usize)?.len()];
    for chunk in drawn.chunks_mut(8) {
        let number = vm.data_mut().random.next().to_le_bytes();
        chunk.iter_mut().zip(number).for_each(|(byte, random)| *byte = random);
    }
    bytes_mut(vm, at, drawn.len())?.copy_from_slice(&drawn);
    Ok(SUCCESS)
}

/// Standard output and error can be written, and that is all there is.
fn fd_fdstat_get(vm: &mut Caller<'_, Vm>, fd: u32, at: u32) -> Result<u32, Stop> {
    if fd != 1 && fd != 2 {
        return Ok(BADF);
    }
    const RIGHT_TO_WRITE: u64 = 64;
    put_u64(vm, at, 0)?;
    put_u64(vm, at.saturating_add(8), RIGHT_TO_WRITE)?;
    put_u64(vm, at.saturating_add(16), 0)?;
    Ok(SUCCESS)
}

/// No arguments, no environment.
fn no_strings(vm: &mut Caller<'_, Vm>, count_at: u32, size_at: u32) -> Result<u32, Stop> {
    put_u32(vm, count_at, 0)?;
    put_u32(vm, size_at, 0)?;
    Ok(SUCCESS)
}
