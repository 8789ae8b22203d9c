//! Makes the host calls that its configuration names, and nothing else: what no policy in a proxy-wasm host can be cheaper than.
//!
//! Each byte of the configuration is a call for every request: `p` all header fields, `t` the clock, `g` and `s` a shared value of 16
//! bytes read and written, `c` a counter, `h` a histogram, `r` an answer with six fields and 1 KiB (the last call). A policy also has to
//! look at what it is given, and to decide.

#![cfg(target_arch = "wasm32")]
#![no_std]
#![expect(unsafe_code, reason = "without any crate, the interface of the host is raw pointers")]
#![expect(static_mut_refs, reason = "one thread, and no call comes while another lasts")]

use core::ptr::null_mut;

#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    safe fn proxy_get_buffer_bytes(kind: u32, start: usize, max: usize, data: &mut *mut u8, size: &mut usize) -> u32;
    safe fn proxy_get_header_map_pairs(map: u32, data: &mut *mut u8, size: &mut usize) -> u32;
    safe fn proxy_get_current_time_nanoseconds(time: &mut u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: &mut *mut u8,
        size: &mut usize,
        cas: &mut u32,
    ) -> u32;
    fn proxy_set_shared_data(key: *const u8, key_size: usize, value: *const u8, size: usize, cas: u32) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: &mut u32) -> u32;
    safe fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    safe fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        fields: *const u8,
        fields_size: usize,
        grpc_status: i32,
    ) -> u32;
}

const KEY: &[u8] = b"floor";
const VALUE: [u8; 16] = [1; 16];
static BODY: [u8; 1024] = [b'x'; 1024];
/// What an answer from a cache has.
const FIELDS: [(&[u8], &[u8]); 6] = [
    (b"date", b"Mon, 30 Nov 2026 21:44:06 GMT"),
    (b"cache-control", b"public, max-age=86400"),
    (b"content-type", b"application/json"),
    (b"etag", b"\"one\""),
    (b"age", b"17"),
    (b"cache-status", b"gatewright; hit; ttl=86383"),
];

/// What the host puts into this memory; from the start again with each request.
static mut ARENA: [u8; 1 << 18] = [0; 1 << 18];
static mut USED: usize = 0;
static mut CALLS: [u8; 64] = [0; 64];
static mut METRICS: [u32; 2] = [0; 2];
static mut ENCODED: [u8; 512] = [0; 512];
static mut ENCODED_SIZE: usize = 0;

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(_context: u32, _parent: u32) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    // SAFETY: one thread. What does not fit is not given.
    unsafe {
        let start = USED;
        if size > ARENA.len() - start {
            return null_mut();
        }
        USED = (start + size).next_multiple_of(16);
        ARENA.as_mut_ptr().add(start)
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_context: u32, size: usize) -> u32 {
    const PLUGIN_CONFIGURATION: u32 = 7;
    let (mut data, mut length) = (null_mut(), 0);
    proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, &mut data, &mut length);
    // SAFETY: one thread; the host wrote `length` bytes at `data`, and the constants are as long as said.
    unsafe {
        if !data.is_null() {
            data.copy_to_nonoverlapping(CALLS.as_mut_ptr(), length.min(CALLS.len()));
        }
        let [counter, histogram] = &mut METRICS;
        proxy_define_metric(0, b"floor.c".as_ptr(), 7, counter);
        proxy_define_metric(2, b"floor.h".as_ptr(), 7, histogram);
        proxy_set_shared_data(KEY.as_ptr(), KEY.len(), VALUE.as_ptr(), VALUE.len(), 0);
    }
    encode();
    1
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(_context: u32, _count: u32, _end: u32) -> u32 {
    const CONTINUE: u32 = 0;
    const STOP: u32 = 4;
    let (mut data, mut size, mut cas, mut time) = (null_mut(), 0, 0, 0);
    // SAFETY: one thread; what is passed is as long as said.
    unsafe {
        USED = 0;
        for call in CALLS {
            match call {
                b'p' => proxy_get_header_map_pairs(0, &mut data, &mut size),
                b't' => proxy_get_current_time_nanoseconds(&mut time),
                b'g' => proxy_get_shared_data(KEY.as_ptr(), KEY.len(), &mut data, &mut size, &mut cas),
                b's' => proxy_set_shared_data(KEY.as_ptr(), KEY.len(), VALUE.as_ptr(), VALUE.len(), 0),
                b'c' => proxy_increment_metric(METRICS[0], 1),
                b'h' => proxy_record_metric(METRICS[1], 17),
                b'r' => {
                    let (body, fields) = (BODY.as_ptr(), ENCODED.as_ptr());
                    proxy_send_local_response(200, KEY.as_ptr(), KEY.len(), body, BODY.len(), fields, ENCODED_SIZE, -1);
                    return STOP;
                }
                _ => break,
            };
        }
    }
    CONTINUE
}

/// Writes the fields as the host reads them: how many, the lengths, then each name and value with a zero behind it.
fn encode() {
    // SAFETY: one thread; nothing else refers to the buffer.
    let (buffer, at) = unsafe { (&mut ENCODED, &mut ENCODED_SIZE) };
    *at = 0;
    let mut put = |bytes: &[u8]| {
        for (place, byte) in buffer.iter_mut().skip(*at).zip(bytes) {
            *place = *byte;
        }
        *at += bytes.len();
    };
    let length = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
    put(&(FIELDS.len() as u32).to_le_bytes());
    for (name, value) in FIELDS {
        put(&length(name));
        put(&length(value));
    }
    for (name, value) in FIELDS {
        put(name);
        put(&[0]);
        put(value);
        put(&[0]);
    }
}
