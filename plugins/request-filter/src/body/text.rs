//! A value that is being collected.

/// Bytes as sent and decoded, of which at most `limit` decoded ones are kept.
#[derive(Debug, Default)]
pub(super) struct Text {
    raw: Vec<u8>,
    decoded: Vec<u8>,
    /// Whether `decoded` is in use: only from the first encoded byte on.
    coded: bool,
}

impl Text {
    /// Bytes that stand for themselves.
    pub(super) fn plain(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        if self.coded {
            self.decoded.extend_from_slice(bytes);
        }
    }

    /// An encoding and what it stands for.
    pub(super) fn encoded(&mut self, raw: &[u8], decoded: &[u8]) {
        if !self.coded {
            self.coded = true;
            self.decoded.extend_from_slice(&self.raw);
        }
        self.raw.extend_from_slice(raw);
        self.decoded.extend_from_slice(decoded);
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(super) fn decoded(&self) -> &[u8] {
        if self.coded { &self.decoded } else { &self.raw }
    }

    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.decoded.clear();
        self.coded = false;
    }
}
