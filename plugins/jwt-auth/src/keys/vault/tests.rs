use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_document_reads_back_and_another_layout_is_none() {
    let stored = Stored { token: 3, generation: 5, bytes: b"doc" };
    let value = stored.write();
    assert_eq!(Stored::read(&value), Some(stored));
    assert_eq!(value.len(), OVERHEAD + 3);
    for other in [&b""[..], &value[..OVERHEAD - 1], &value[1..]] {
        assert_eq!(Stored::read(other), None);
    }
}
