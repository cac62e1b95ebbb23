//! Small scopes that are drawn at random hold too. `dynamo check --random` draws more and larger
//! ones.

use dynamo::drawn;
use dynamo_invariants::random::{Examined, Outcome, examine};
use dynamo_invariants::scope::own::OwnScope;
use dynamo_model::rules::Rules;

const SEED: u64 = 1;
const COUNT: u64 = 60;
const STATES_MAX: usize = 3_000;

fn examined(own: &OwnScope) -> Examined {
    let scope = own.leak().expect("only valid scopes are drawn");
    examine(&scope, Rules::default(), STATES_MAX, || true)
}

#[test]
fn drawn_scopes_hold() {
    let mut held = 0;
    for number in 0..COUNT {
        let own = drawn::scope(SEED, number);
        match examined(&own).outcome {
            Outcome::Holds => held += 1,
            Outcome::TooLarge | Outcome::Stopped => {}
            Outcome::Violates(property) => panic!(
                "seed {SEED}, number {number} violates {}: dynamo check --random 1 --seed {SEED} \
                 --from {number} tells how\n{own:#?}",
                property.name
            ),
        }
    }
    assert!(held > COUNT / 4, "of {COUNT} scopes of seed {SEED}, only {held} are small enough");
}
