//! Random models that are small enough for a very simple search. The engine finds the same in each.

use crate::support::{assert_engine_finds, assert_stateright_finds, explore};
use crate::tables::{Case, case, everything, narrow};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const STATES_MAX: usize = 10_000;

/// The same models every time. Set `PROPTEST_RNG_SEED` for others.
fn config(cases: u32) -> ProptestConfig {
    let standard = ProptestConfig::default();
    ProptestConfig {
        cases,
        max_shrink_iters: 4_000,
        max_global_rejects: 10 * cases,
        rng_seed: if standard.rng_seed == RngSeed::Random {
            RngSeed::Fixed(1)
        } else {
            standard.rng_seed
        },
        // A failure prints its model. No file is written.
        failure_persistence: None,
        ..standard
    }
}

fn compare(case: &Case) -> Result<(), TestCaseError> {
    let model = case.model();
    let exact = explore(&model, STATES_MAX);
    prop_assume!(exact.is_some(), "too many states");
    let exact = exact.expect("just assumed");
    for threads in [1, 2] {
        assert_engine_finds(&exact, &model, everything, threads);
        assert_engine_finds(&exact, &model, |name| narrow(case.settings.limits, name), threads);
    }
    if case.owned {
        prop_assert_eq!(
            exact.hashes,
            exact.unique,
            "timers with their owners' ids make hashes sound"
        );
    }
    if exact.hashes == exact.unique {
        assert_stateright_finds(&exact, model);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn the_engine_finds_what_the_simple_search_finds(case in case()) {
        compare(&case)?;
    }
}
