//! Network addresses of nodes. The protocol stores addresses, compares them and tells them to other
//! nodes. It never sends to one.

use core::net::{Ipv6Addr, SocketAddr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The network address of a node: an IPv4 or IPv6 address, and a port. Each address has one form.
/// An IPv4 address written as an IPv6 address (`::ffff:10.0.0.1`) becomes that IPv4 address. The
/// scope and the flow of an IPv6 address have a meaning on one machine only, and are left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "SocketAddr", from = "SocketAddr")]
pub struct Address {
    /// An IPv4 address is stored as `::ffff:a.b.c.d`. That takes less memory than a `SocketAddr`.
    ip: Ipv6Addr,
    port: u16,
}

impl Address {
    /// The number of bytes that [`to_bytes`](Self::to_bytes) returns.
    pub const BYTES: usize = 18;

    /// The address in bytes, big-endian: 16 bytes for the IPv6 address, or for an IPv4 address as
    /// `::ffff:a.b.c.d`, and 2 for the port.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.ip.octets());
        bytes[16..].copy_from_slice(&self.port.to_be_bytes());
        bytes
    }

    /// The address that these bytes encode.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [ip @ .., high, low] = bytes;
        Address { ip: Ipv6Addr::from(ip), port: u16::from_be_bytes([high, low]) }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let ip = match address {
            SocketAddr::V4(address) => address.ip().to_ipv6_mapped(),
            SocketAddr::V6(address) => *address.ip(),
        };
        Address { ip, port: address.port() }
    }
}

impl From<Address> for SocketAddr {
    fn from(Address { ip, port }: Address) -> Self {
        SocketAddr::new(ip.to_canonical(), port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::from(*self).fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{IpAddr, SocketAddrV6};
    use quickcheck::quickcheck;

    quickcheck! {
        fn an_address_comes_back_from_each_of_its_forms(ip: IpAddr, port: u16) -> bool {
            let address = Address::from(SocketAddr::new(ip, port));
            let bytes = postcard::to_stdvec(&address).unwrap();
            SocketAddr::from(address) == SocketAddr::new(ip.to_canonical(), port)
                && Address::from_bytes(address.to_bytes()) == address
                && postcard::from_bytes::<Address>(&bytes).unwrap() == address
                && address.to_string().parse::<SocketAddr>().unwrap() == SocketAddr::from(address)
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_equal() {
        let of = |text: &str| Address::from(text.parse::<SocketAddr>().unwrap());
        assert_eq!(of("[::ffff:10.0.0.1]:4100"), of("10.0.0.1:4100"));
        assert_eq!(of("10.0.0.1:4100").to_string(), "10.0.0.1:4100");
        let scoped = SocketAddrV6::new("fd00::1".parse().unwrap(), 4100, 7, 3);
        assert_eq!(Address::from(SocketAddr::V6(scoped)), of("[fd00::1]:4100"));
        // A mapped address that another program wrote is read in the same form.
        let mapped =
            postcard::to_stdvec(&"[::ffff:10.0.0.1]:4100".parse::<SocketAddr>().unwrap()).unwrap();
        assert_eq!(postcard::from_bytes::<Address>(&mapped).unwrap(), of("10.0.0.1:4100"));
    }
}
