//! Benchmarks: see the file of each. They have their own package, so that their dependencies are
//! built only for them.
