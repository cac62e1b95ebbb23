//! `invariants/ADDING.md`: its code is that of an example that compiles, and what the page says of
//! the example is true.

use crate::tidy::read;

#[expect(dead_code, reason = "its function main is for cargo run")]
#[path = "../../examples/own_property.rs"]
mod own_property;

const PAGE: &str = "invariants/ADDING.md";
const EXAMPLE: &str = "tests/examples/own_property.rs";

/// The blocks of code in this language.
fn blocks<'a>(page: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

#[test]
fn the_code_on_the_page_is_that_of_the_example() {
    let (page, example) = (read(PAGE), read(EXAMPLE));
    let shown: Vec<&str> = blocks(&page, "rust").collect();
    assert_eq!(shown.len(), 4, "property, occasion, scope and defect");
    for block in shown {
        assert!(example.contains(block), "{EXAMPLE} does not have this code:\n{block}");
    }
}

#[test]
fn the_example_proves_what_the_page_says() {
    assert_eq!(own_property::TRIAL.problems(), [""; 0]);
    let (page, story) = (read(PAGE), own_property::TRIAL.story());
    assert!(blocks(&page, "text").any(|block| block.contains(&story)), "{PAGE} lacks:\n{story}");
}
