//! Addresses for nodes on this machine. Each address is used by one trial at a time.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which the operating system picks ports.
const PORTS: Range<u32> = 10_000..32_000;

/// An address for a node. No other trial gets it while this is held, whether the node is up or not.
///
/// Nodes use only UDP. So a listener on the TCP port with the same number can tell all trials, even
/// those of other processes, that the address is taken. The operating system closes it with the
/// process.
#[derive(Debug)]
pub struct Claim {
    /// The address.
    pub address: SocketAddr,
    _listener: TcpListener,
}

/// How often [`claim`] tries other ports.
const TRIES: usize = 1_000;

/// Claims addresses with consecutive ports.
///
/// # Errors
/// If it finds no free ports.
pub fn claim(count: usize) -> io::Result<Vec<Claim>> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (count, span) = (count as u32, PORTS.end - PORTS.start);
    for _ in 0..TRIES {
        // Processes begin at different ports, so that they seldom collide.
        let next = NEXT.fetch_add(count, Ordering::Relaxed);
        let first = std::process::id().wrapping_mul(9973).wrapping_add(next) % (span - count);
        let ports = (first..first + count).map(|port| (PORTS.start + port) as u16);
        if let Some(claims) = ports.map(claim_port).collect() {
            return Ok(claims);
        }
    }
    Err(io::Error::new(
        ErrorKind::AddrInUse,
        format!("no {count} consecutive ports are free among {PORTS:?}"),
    ))
}

fn claim_port(port: u16) -> Option<Claim> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = TcpListener::bind(address).ok()?;
    (!is_used(port)).then_some(Claim { address, _listener: listener })
}

/// Is this UDP port in use outside the trials? Binding it would not be a reliable check: a process
/// that another trial starts at this moment inherits the socket, and the port stays in use for a
/// while.
fn is_used(port: u16) -> bool {
    let ending = format!(":{port:04X}");
    // Line by line: number, local address, …
    let sockets = ["/proc/net/udp", "/proc/net/udp6"]
        .map(|list| fs::read_to_string(list).unwrap_or_default());
    sockets
        .iter()
        .flat_map(|sockets| sockets.lines())
        .any(|line| line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(&ending)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::rest::until;
    use super::*;
    use std::net::UdpSocket;
    use std::time::Duration;

    #[test]
    fn an_address_is_claimed_once() {
        let claims = claim(3).expect("free ports");
        let ports: Vec<u16> = claims.iter().map(|claim| claim.address.port()).collect();
        assert!(ports.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ports:?}");
        assert!(ports.iter().all(|port| claim_port(*port).is_none()), "{ports:?} claimed again");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = socket.local_addr().expect("it is bound").port();
        // While other sockets open and close, the system's list may lack one.
        let listed = until(Duration::from_mins(1), || is_used(port).then_some(()));
        listed.expect("the socket is listed");
    }
}
