//! Memory that host and module hand each other.

use std::mem::ManuallyDrop;

/// Header fields are added behind a list that the host gave: most of them fit here, and the list need not move.
const SPARE: usize = 128;

/// Memory for a value that the host is about to return (`proxy_on_memory_allocate`).
///
/// `take` makes it a `Vec` again. A size that the module cannot have aborts it, as any allocation does. The memory is not cleared: the
/// host is about to write all of it. Behind it is room for what a policy may add.
#[must_use]
pub fn allocate(size: usize) -> *mut u8 {
    let mut block = ManuallyDrop::new(Vec::with_capacity(size.saturating_add(SPARE)));
    block.as_mut_ptr()
}

/// The bytes that the host put into memory from [`allocate`]; a null pointer is no bytes.
///
/// # Safety
/// `pointer` is null, or came from [`allocate`] with this very `size` and was not taken before. The ABI makes the host the one that
/// guarantees this.
#[cfg(any(target_family = "wasm", test))]
#[expect(unsafe_code, reason = "the host returns ownership of memory as a pointer and a size")]
pub(crate) unsafe fn take(pointer: *mut u8, size: usize) -> Vec<u8> {
    if pointer.is_null() {
        return Vec::new();
    }
    // SAFETY: by this function's contract; `with_capacity` gives bytes exactly what is asked for.
    unsafe { Vec::from_raw_parts(pointer, size, size.saturating_add(SPARE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "stands for the host")]
    fn what_the_host_writes_comes_back() {
        let pointer = allocate(3);
        // SAFETY: three bytes were just allocated there, and are taken once.
        let bytes = unsafe {
            pointer.copy_from_nonoverlapping(b"abc".as_ptr(), 3);
            take(pointer, 3)
        };
        assert_eq!(bytes, b"abc");
    }

    #[test]
    #[expect(unsafe_code, reason = "stands for the host")]
    fn a_null_pointer_is_no_bytes() {
        // SAFETY: a null pointer is allowed.
        assert_eq!(unsafe { take(std::ptr::null_mut(), 7) }, b"");
    }
}
