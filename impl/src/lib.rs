//! The runtime and the command line.
