//! A UDP socket that speaks IPv4, IPv6, or both, and shows each address in its one way to write it.

use dynamo_model::address::Address;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recvfrom, sendto};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};

/// What the operating system is asked to hold for us while we are busy, in bytes; it may grant
/// less. The fragments of the largest message fit. Linux grants no more than `net.core.rmem_max`
/// and `wmem_max`, by default 212,992, and doubles that: then 25 fragments fit. Of a longer burst
/// those are lost that come while the receiver does not run.
const SYSTEM_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A bound socket.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    /// To IPv6 sockets IPv4 addresses are written as IPv6 addresses.
    is_ipv6: bool,
}

impl Udp {
    /// A socket at an address, with buffers for bursts: the fragments of one message, or the answers of many. At `[::]` it speaks IPv4 too.
    ///
    /// # Errors
    /// Where the operating system refuses; mostly because the port is in use.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // Less than asked for is good enough: what overflows is lost, and sent again.
        let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(SYSTEM_BUFFER_BYTES);
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.bind(&SockAddr::from(address))?;
        Ok(Udp { socket: socket.into(), is_ipv6: address.is_ipv6() })
    }

    /// A socket at some free port, for talking to whomever: over IPv4 and IPv6, if this machine has both.
    ///
    /// # Errors
    /// Where the operating system refuses.
    pub fn anywhere() -> io::Result<Self> {
        let any = |ip: IpAddr| Udp::bind(SocketAddr::new(ip, 0));
        any(Ipv6Addr::UNSPECIFIED.into()).or_else(|_| any(Ipv4Addr::UNSPECIFIED.into()))
    }

    /// The socket itself, to set how it waits.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// Where the operating system does not take it.
    pub fn send(&self, datagram: &[u8], to: SocketAddr, flags: SendFlags) -> Result<(), Errno> {
        let to = match to {
            SocketAddr::V4(to) if self.is_ipv6 => SocketAddrV6::new(to.ip().to_ipv6_mapped(), to.port(), 0, 0).into(),
            to => to,
        };
        sendto(&self.socket, datagram, flags, &to).map(|_| ())
    }

    /// How long the next datagram is, and from where.
    ///
    /// # Errors
    /// Where there is none, or the socket fails.
    pub fn receive(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<(usize, SocketAddr), Errno> {
        let (length, _, from) = recvfrom(&self.socket, buffer, flags)?;
        let from = from.and_then(|from| SocketAddr::try_from(from).ok()).ok_or(Errno::AFNOSUPPORT)?;
        Ok((length, Address::from(from).into()))
    }
}

impl TryFrom<UdpSocket> for Udp {
    type Error = io::Error;

    fn try_from(socket: UdpSocket) -> io::Result<Self> {
        let is_ipv6 = socket.local_addr()?.is_ipv6();
        Ok(Udp { socket, is_ipv6 })
    }
}
