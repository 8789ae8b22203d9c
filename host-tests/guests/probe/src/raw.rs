//! Host calls whose every status a test wants to see; the `proxy-wasm` crate panics on most of them.
#![expect(unsafe_code, reason = "the ABI is C functions that write through pointers")]

use std::ptr::null_mut;

/// As the crate names it.
pub(crate) type Bytes = Vec<u8>;

/// What a call yields: its value or the ABI's status number.
pub(crate) type Found<T> = Result<T, u32>;

/// A header map of the ABI.
#[derive(Clone, Copy)]
pub(crate) enum Map {
    Request = 0,
    Response = 2,
    CallResponse = 6,
}

/// The first value of a header.
pub(crate) fn header(map: Map, name: &[u8]) -> Found<Bytes> {
    returned(|data, size| unsafe { proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size) })
}

/// Replaces a header.
pub(crate) fn set_header(map: Map, name: &[u8], value: &[u8]) -> Found<()> {
    done(unsafe { proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// Adds a header.
pub(crate) fn add_header(map: Map, name: &[u8], value: &[u8]) -> Found<()> {
    done(unsafe { proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// All headers, in the ABI's encoding: their count first, as 4 bytes little endian.
pub(crate) fn pairs(map: Map) -> Found<Bytes> {
    returned(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

/// A property; path segments are separated by NUL.
pub(crate) fn property(path: &[u8]) -> Found<Bytes> {
    returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// A foreign function's result.
pub(crate) fn foreign(name: &[u8], argument: &[u8]) -> Found<Bytes> {
    returned(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), argument.as_ptr(), argument.len(), data, size)
    })
}

/// Sets shared data if its version is this one, or whatever it is for version 0.
pub(crate) fn set_shared_data(key: &[u8], value: &[u8], version: u32) -> Found<()> {
    done(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) })
}

fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Found<Bytes> {
    let (mut data, mut size) = (null_mut(), 0);
    done(call(&raw mut data, &raw mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Bytes::new());
    }
    // The host got this memory from the crate's allocator: a vector of just this capacity.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

fn done(status: u32) -> Found<()> {
    if status == 0 { Ok(()) } else { Err(status) }
}

unsafe extern "C" {
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        length: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(map: u32, name: *const u8, length: usize, value: *const u8, size: usize) -> u32;
    fn proxy_add_header_map_value(map: u32, name: *const u8, length: usize, value: *const u8, size: usize) -> u32;
    fn proxy_get_property(path: *const u8, length: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_shared_data(key: *const u8, length: usize, value: *const u8, size: usize, version: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        length: usize,
        argument: *const u8,
        argument_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
}
