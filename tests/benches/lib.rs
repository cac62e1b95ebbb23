//! Benchmarks: see each one's own file. What they need is built only for them.
