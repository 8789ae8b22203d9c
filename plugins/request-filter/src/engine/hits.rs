//! Which tests have held so far.

/// A set of numbered tests, quick to fill, to ask and to forget.
#[derive(Debug, Default)]
pub struct Hits {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Hits {
    /// Room for tests numbered below `tests`.
    #[must_use]
    pub fn new(tests: usize) -> Self {
        Self { words: vec![0; tests.div_ceil(64)], touched: Vec::new() }
    }

    /// Remembers that the test held.
    pub fn set(&mut self, test: u32) {
        let Some(word) = self.words.get_mut(test as usize / 64) else { return };
        let bit = 1 << (test % 64);
        if *word & bit == 0 {
            *word |= bit;
            self.touched.push(test);
        }
    }

    /// Whether the test held.
    #[must_use]
    pub fn has(&self, test: u32) -> bool {
        self.words.get(test as usize / 64).is_some_and(|word| word >> (test % 64) & 1 == 1)
    }

    /// The tests that held, each once, in the order in which they did.
    #[must_use]
    pub fn all(&self) -> &[u32] {
        &self.touched
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for test in self.touched.drain(..) {
            if let Some(word) = self.words.get_mut(test as usize / 64) {
                *word = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_was_set_is_there_until_forgotten() {
        let mut hits = Hits::new(130);
        for test in [0, 63, 64, 129, 64, 192, 500] {
            hits.set(test);
        }
        assert_eq!(hits.all(), [0, 63, 64, 129]);
        assert!(hits.has(64) && !hits.has(65) && !hits.has(192) && !hits.has(u32::MAX));
        hits.clear();
        assert!(hits.all().is_empty() && !hits.has(64));
    }
}
