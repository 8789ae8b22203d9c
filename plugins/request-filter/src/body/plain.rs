//! Bodies without finer structure: windows of bytes.

use super::limits::WindowSizes;
use super::window::Window;
use crate::value::{Place, Refusal, Value, Visitor};

/// A body that is looked at as it is, window by window.
#[derive(Debug)]
pub struct Plain(Window);

impl Plain {
    /// A body seen through windows of these sizes.
    #[must_use]
    pub fn new(sizes: &WindowSizes) -> Self {
        Self(Window::new(sizes.size.as_usize(), sizes.overlap.as_usize()))
    }

    /// Takes a piece; each window that is full is visited.
    ///
    /// # Errors
    /// The visitor's.
    pub fn push(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.0.push(piece, |window| visit(window, visitor))
    }

    /// Visits the last window.
    ///
    /// # Errors
    /// The visitor's.
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.0.finish(|window| visit(window, visitor))
    }
}

fn visit(window: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
    visitor.visit(&Value { place: Place::Body, name: b"", raw: window, decoded: window })
}
