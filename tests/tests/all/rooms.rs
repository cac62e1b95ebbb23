//! Rooms stand in layers: none uses one above it, and no two files lead to one another.

use crate::tidy::root;
use dynamo_tests::arrows::Arrows;

/// Crates whose `lib.rs` declares its rooms from the lowest layer to the highest.
const LAYERED: [&str; 2] = ["model", "invariants"];

#[test]
fn no_room_uses_one_above_it() {
    for folder in LAYERED {
        let arrows = Arrows::of_crate(&root().join(folder)).expect("sources");
        assert!(arrows.between_rooms().len() > 3, "{folder} has rooms");
        assert_eq!(arrows.back(), [], "{folder}: see cargo run -p dynamo-tests --example arrows");
    }
}

#[test]
fn no_files_use_one_another_in_a_circle() {
    for folder in ["model", "invariants", "invariants/engine", "impl"] {
        let arrows = Arrows::of_crate(&root().join(folder)).expect("sources");
        assert!(arrows.circles().is_empty(), "{folder}: {:?}", arrows.circles());
    }
}
