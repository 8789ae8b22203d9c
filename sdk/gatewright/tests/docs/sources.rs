//! Code that the documentation shows is the code of the examples.

use crate::markdown::page;

#[test]
fn the_policy_that_is_shown_is_the_example() {
    let source = page("examples/api-key/src/lib.rs").text;
    for name in ["README.md", "docs/writing-a-policy.md"] {
        let blocks = page(name).blocks();
        let policy = blocks.iter().find(|block| block.info == "rust").expect("a Rust block");
        // The example also embeds its schema, which a first policy need not.
        let shown: Vec<&str> = policy.text.lines().collect();
        let whole: Vec<&str> = source.lines().filter(|line| !line.starts_with("gatewright::embed_schema!")).collect();
        assert_eq!(shown, whole, "{}: differs from examples/api-key/src/lib.rs", policy.place);
    }
}

#[test]
fn the_tests_that_are_shown_are_the_examples_tests() {
    let tests = page("examples/api-key/tests/policy.rs").text;
    let blocks = page("docs/writing-a-policy.md").blocks();
    let shown = blocks.iter().find(|block| block.text.contains("#[test]")).expect("a block of tests");
    for part in shown.text.trim_end().split("\n\n") {
        assert!(tests.contains(part), "{}: not in examples/api-key/tests/policy.rs:\n{part}", shown.place);
    }
}

#[test]
fn no_rust_block_is_left_out_of_the_tests() {
    let pages = crate::markdown::pages();
    for block in pages.iter().flat_map(|page| page.blocks()).filter(|block| block.info.starts_with("rust")) {
        assert_eq!(block.info, "rust", "{}: a block that is ignored or not run proves nothing", block.place);
    }
}
