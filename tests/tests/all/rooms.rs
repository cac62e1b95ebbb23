//! A room uses only rooms that `lib.rs` declares above it, and no two files lead to one another.

use crate::tidy::root;
use dynamo_invariants::catalogue::INVARIANTS;
use dynamo_invariants::property::Kind;
use dynamo_tests::arrows::Arrows;

/// Crates whose `lib.rs` declares its rooms from the lowest layer to the highest.
const LAYERED: [&str; 2] = ["model", "invariants"];

#[test]
fn no_room_uses_one_declared_below_it() {
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

#[test]
fn every_room_states_its_own_invariant_and_no_other() {
    for invariant in INVARIANTS {
        let is_own = |name: &str| name.split_once('.').is_some_and(|(id, _)| id == invariant.id);
        assert!(invariant.properties.iter().all(|property| is_own(property.name)));
        assert!(invariant.defects.iter().all(|defect| is_own(defect.breaks[0])));
        assert!(invariant.limits.iter().all(|limit| is_own(limit.property)));
        let mut claims = invariant.properties.iter();
        assert!(claims.any(|property| property.kind != Kind::Reachable), "{}", invariant.id);
    }
}
