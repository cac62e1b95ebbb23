//! The version of the wire format, and the sizes that it allows.

/// The version of the format. Nodes drop and count datagrams of another version.
pub const VERSION: u8 = 10;
/// The most bytes in a UDP datagram, over IPv4 and thus also over IPv6.
pub const DATAGRAM_BYTES_MAX: usize = 65_507;
/// The largest message, in bytes, including its header. Receivers drop fragments of larger ones. A
/// set of 500 siblings fits, each with a value of the largest size.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
