//! Nothing but a place for tests that cross crates (`tests/`) and for benchmarks (`benches/`).
