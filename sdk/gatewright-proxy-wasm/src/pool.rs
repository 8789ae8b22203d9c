//! The module's allocator: small blocks come from lists by size, large ones from the C library.
//!
//! An exchange makes some dozens of small allocations that live for microseconds. With the C library's allocator alone, a third of
//! the instructions of a cache hit were `malloc` and `free`. Here a small block is a pop and a push. What a list holds is never given
//! back, so each list stays as long as the most blocks of its size that were in use at one time.
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

/// Sizes are rounded up to a multiple of this, which is also the largest alignment that a small block has.
const STEP: usize = 16;
/// Larger blocks come from the C library.
const LARGEST: usize = 1024;
const CLASSES: usize = LARGEST / STEP;
/// Small blocks are cut from pieces of this size.
const CHUNK: usize = 32 * 1024;

/// Lists of free blocks by size, and the rest of the piece that new ones are cut from.
pub(crate) struct Pool {
    free: [Cell<*mut Block>; CLASSES],
    rest: Cell<*mut u8>,
    left: Cell<usize>,
}

/// A free block: the next one of its size.
struct Block {
    next: *mut Block,
}

// SAFETY: a VM of proxy-wasm has one thread; nothing here calls back into the allocator while a list is being changed.
unsafe impl Sync for Pool {}

impl Pool {
    pub(crate) const fn new() -> Self {
        Self {
            free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
            rest: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
        }
    }

    /// The list for blocks of this layout; `None` for what the C library serves.
    #[inline]
    fn list(&self, layout: Layout) -> Option<&Cell<*mut Block>> {
        if layout.align() > STEP {
            return None;
        }
        self.free.get(layout.size().wrapping_sub(1) / STEP)
    }

    /// A new block, cut from the piece at hand or from another.
    #[cold]
    fn cut(&self, size: usize) -> *mut u8 {
        let size = size.next_multiple_of(STEP);
        if self.left.get() < size {
            // SAFETY: the layout is constant and good. What is left of the old piece is given up: less than a block.
            let piece = unsafe { System.alloc(Layout::new::<[u128; CHUNK / STEP]>()) };
            if piece.is_null() {
                return piece;
            }
            self.rest.set(piece);
            self.left.set(CHUNK);
        }
        let block = self.rest.get();
        self.left.set(self.left.get() - size);
        // SAFETY: `size` bytes were left.
        self.rest.set(unsafe { block.add(size) });
        block
    }
}

// SAFETY: a block is in one list or in use, never both; blocks of a class have its size, and STEP as alignment.
unsafe impl GlobalAlloc for Pool {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract.
        let Some(list) = self.list(layout) else { return unsafe { System.alloc(layout) } };
        let block = list.get();
        if block.is_null() {
            return self.cut(layout.size());
        }
        // SAFETY: what is in the list is a free block of this class.
        list.set(unsafe { (*block).next });
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract.
        let Some(list) = self.list(layout) else { return unsafe { System.dealloc(pointer, layout) } };
        let block: *mut Block = pointer.cast();
        // SAFETY: nobody uses the block any more, and it has room for a pointer.
        unsafe { block.write(Block { next: list.get() }) };
        list.set(block);
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let fits = |size: usize| size.wrapping_sub(1) / STEP;
        // SAFETY: the caller's contract: `size` does not overflow with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.list(layout), self.list(wanted)) {
            // SAFETY: the caller's contract.
            (None, None) => unsafe { System.realloc(pointer, layout, size) },
            (Some(_), Some(_)) if fits(layout.size()) == fits(size) => pointer,
            // SAFETY: the new block has room for the smaller of both sizes, and the old one is not used again.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(pointer, moved, layout.size().min(size));
                    self.dealloc(pointer, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn a_block_that_was_freed_serves_the_next_of_its_class() {
        let pool = Pool::new();
        // SAFETY: each block is freed once, with its own layout.
        unsafe {
            let first = pool.alloc(layout(20));
            pool.dealloc(first, layout(20));
            assert_eq!(pool.alloc(layout(32)), first);
            assert_ne!(pool.alloc(layout(32)), first);
            assert_ne!(pool.alloc(layout(33)), first);
        }
    }

    #[test]
    fn blocks_do_not_overlap_and_keep_what_is_in_them() {
        let pool = Pool::new();
        let mut live: Vec<(*mut u8, usize, u8)> = Vec::new();
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..20_000u32 {
            let mark = round as u8;
            if live.len() > 300 || (random.bool() && !live.is_empty()) {
                let (pointer, size, mark) = live.swap_remove(random.usize(..live.len()));
                // SAFETY: the block is live, with this size.
                unsafe {
                    assert!((0..size).all(|at| *pointer.add(at) == mark));
                    pool.dealloc(pointer, layout(size));
                }
                continue;
            }
            let size = random.usize(1..1500);
            // SAFETY: sizes are not zero; a block is written only within its size.
            unsafe {
                let mut pointer = pool.alloc(layout(size));
                assert_eq!(pointer as usize % 8, 0);
                pointer.write_bytes(mark, size);
                let resized = random.usize(1..1500);
                pointer = pool.realloc(pointer, layout(size), resized);
                assert!((0..size.min(resized)).all(|at| *pointer.add(at) == mark));
                pointer.write_bytes(mark, resized);
                live.push((pointer, resized, mark));
            }
        }
    }

    #[test]
    fn large_blocks_and_large_alignments_are_the_c_librarys() {
        let pool = Pool::new();
        assert!(pool.list(layout(LARGEST)).is_some());
        assert!(pool.list(layout(LARGEST + 1)).is_none());
        assert!(pool.list(Layout::from_size_align(64, 64).unwrap()).is_none());
    }
}
