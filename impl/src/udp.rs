//! A UDP socket for IPv4, IPv6, or both. It returns each address in its canonical form.

use dynamo_model::address::Address;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recvfrom, sendto};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};

/// The socket buffers that are requested from the operating system, in bytes. The fragments of the
/// largest message fit. Linux grants at most `net.core.rmem_max` and `wmem_max`, by default
/// 212,992, and doubles that, which holds 25 fragments. Of a longer burst, the datagrams that
/// arrive while the receiver is not running are lost.
const SYSTEM_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A bound socket.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    hears: Hears,
}

/// The address kinds that a socket sends and receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hears {
    Ipv4,
    Ipv6,
    /// The operating system shows IPv4 addresses to such a socket as IPv6 addresses.
    Both,
}

impl Udp {
    /// Binds an address, with system buffers for bursts: the fragments of one message, or the
    /// answers of many nodes. A socket on `[::]` sends and receives over IPv4 too.
    ///
    /// # Errors
    /// If the operating system refuses, mostly because the port is in use.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let is_any = address.ip() == Ipv6Addr::UNSPECIFIED;
        if is_any { Self::bind_to(address, Hears::Both) } else { Self::bind_one_kind(address) }
    }

    /// Binds an address for IPv4 only or IPv6 only. A socket for both cannot tell a local IPv4
    /// client from another machine that sends an IPv6 datagram with the source `::ffff:127.0.0.1`.
    ///
    /// # Errors
    /// If the operating system refuses, mostly because the port is in use.
    pub fn bind_one_kind(address: SocketAddr) -> io::Result<Self> {
        Self::bind_to(address, if address.is_ipv4() { Hears::Ipv4 } else { Hears::Ipv6 })
    }

    fn bind_to(address: SocketAddr, hears: Hears) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // A smaller buffer is good enough: what overflows is lost and retransmitted.
        let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(SYSTEM_BUFFER_BYTES);
        if address.is_ipv6() {
            socket.set_only_v6(hears == Hears::Ipv6)?;
        }
        socket.bind(&SockAddr::from(address))?;
        Ok(Udp { socket: socket.into(), hears })
    }

    /// Binds a free port, for IPv4 and IPv6 if this machine has both.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn anywhere() -> io::Result<Self> {
        let any = |ip: IpAddr| Udp::bind(SocketAddr::new(ip, 0));
        any(Ipv6Addr::UNSPECIFIED.into()).or_else(|_| any(Ipv4Addr::UNSPECIFIED.into()))
    }

    /// The underlying socket, to set its timeouts.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// If the operating system does not accept it.
    pub fn send(&self, datagram: &[u8], to: SocketAddr, flags: SendFlags) -> Result<(), Errno> {
        let to = match to {
            SocketAddr::V4(to) if self.hears == Hears::Both => {
                SocketAddrV6::new(to.ip().to_ipv6_mapped(), to.port(), 0, 0).into()
            }
            to => to,
        };
        sendto(&self.socket, datagram, flags, &to).map(|_| ())
    }

    /// Receives a datagram. Returns its length and its sender.
    ///
    /// # Errors
    /// If there is no datagram, or the socket fails. `EAFNOSUPPORT`: the source is an IPv4 address,
    /// but the datagram came over IPv6. So the source is forged.
    pub fn receive(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<(usize, SocketAddr), Errno> {
        let (length, _, from) = recvfrom(&self.socket, buffer, flags)?;
        let from =
            from.and_then(|from| SocketAddr::try_from(from).ok()).ok_or(Errno::AFNOSUPPORT)?;
        let from = SocketAddr::from(Address::from(from));
        if from.is_ipv4() && self.hears == Hears::Ipv6 {
            Err(Errno::AFNOSUPPORT)
        } else {
            Ok((length, from))
        }
    }
}

impl TryFrom<UdpSocket> for Udp {
    type Error = io::Error;

    fn try_from(socket: UdpSocket) -> io::Result<Self> {
        let hears = if socket.local_addr()?.is_ipv4() { Hears::Ipv4 } else { Hears::Ipv6 };
        Ok(Udp { socket, hears })
    }
}
