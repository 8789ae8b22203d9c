//! States as bytes.

/// Reads little-endian numbers one after the other; zero where there is none.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn u64(&mut self) -> u64 {
        self.next().map_or(0, u64::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> u32 {
        self.next().map_or(0, u32::from_le_bytes)
    }

    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }
}

/// Writes little-endian numbers one after the other.
pub(crate) struct Writer<'a>(pub(crate) &'a mut [u8]);

impl Writer<'_> {
    pub(crate) fn u64(&mut self, word: u64) {
        self.next(word.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, word: u32) {
        self.next(word.to_le_bytes());
    }

    fn next<const N: usize>(&mut self, word: [u8; N]) {
        if let Some((head, rest)) = std::mem::take(&mut self.0).split_first_chunk_mut() {
            *head = word;
            self.0 = rest;
        }
    }
}
