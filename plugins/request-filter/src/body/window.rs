//! Windows over a stream: each shares its beginning with the end of the one before.

/// Cuts a stream into windows. Whatever is no longer than the overlap lies whole in one of them; and the windows are the same however
/// the stream arrives.
#[derive(Debug)]
pub struct Window {
    size: usize,
    overlap: usize,
    buffer: Vec<u8>,
    /// How many bytes at the head of the buffer were in the window before.
    seen: usize,
}

impl Window {
    /// Windows of `size` bytes of which `overlap` are repeated. A size of 0 is taken as 1, an overlap above half the size as that half.
    #[must_use]
    pub fn new(size: usize, overlap: usize) -> Self {
        let size = size.max(1);
        Self { size, overlap: overlap.min(size / 2), buffer: Vec::new(), seen: 0 }
    }

    /// Takes a piece, and hands out each window that it fills.
    ///
    /// # Errors
    /// What `look` answers.
    pub fn push<E>(&mut self, mut piece: &[u8], mut look: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        loop {
            let room = self.size.saturating_sub(self.buffer.len()).min(piece.len());
            let (head, rest) = piece.split_at_checked(room).unwrap_or((piece, &[]));
            self.buffer.extend_from_slice(head);
            piece = rest;
            if self.buffer.len() < self.size {
                return Ok(());
            }
            look(&self.buffer)?;
            self.buffer.drain(..self.size.saturating_sub(self.overlap).min(self.buffer.len()));
            self.seen = self.buffer.len();
        }
    }

    /// Hands out the last window, if it holds anything that no window had, and begins anew.
    ///
    /// # Errors
    /// What `look` answers.
    pub fn finish<E>(&mut self, mut look: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let result = if self.buffer.len() > self.seen { look(&self.buffer) } else { Ok(()) };
        self.buffer.clear();
        self.seen = 0;
        result
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn windows(size: usize, overlap: usize, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut keep = |window: &[u8]| {
            found.push(window.to_vec());
            Ok::<_, Infallible>(())
        };
        let mut window = Window::new(size, overlap);
        for piece in pieces {
            let Ok(()) = window.push(piece, &mut keep);
        }
        let Ok(()) = window.finish(&mut keep);
        found
    }

    #[test]
    fn windows_overlap() {
        assert_eq!(windows(4, 2, &[b"abcdefg"]), [b"abcd".to_vec(), b"cdef".to_vec(), b"efg".to_vec()]);
        assert_eq!(windows(4, 2, &[b"abcd"]), [b"abcd".to_vec()], "nothing is looked at twice for nothing");
        assert_eq!(windows(4, 2, &[]), Vec::<Vec<u8>>::new());
        assert_eq!(windows(0, 9, &[b"ab"]), [b"a".to_vec(), b"b".to_vec()]);
    }

    proptest! {
        #[test]
        fn every_stretch_as_long_as_the_overlap_is_whole_in_a_window(
            stream in proptest::collection::vec(any::<u8>(), 0..200), size in 1_usize..40, overlap in 0_usize..20, cut in 0_usize..200,
        ) {
            let (head, tail) = stream.split_at(cut.min(stream.len()));
            let found = windows(size, overlap, &[head, tail]);
            prop_assert_eq!(&found, &windows(size, overlap, &[&stream]));
            for stretch in stream.windows(overlap.min(size / 2).max(1)) {
                prop_assert!(found.iter().any(|window| window.windows(stretch.len()).any(|at| at == stretch)));
            }
        }
    }
}
