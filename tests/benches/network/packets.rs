//! How many packets a second one thread can send and receive over loopback, with three methods.

use anyhow::{Result, ensure};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// The length of a packet: a value of 200 bytes and its envelope.
const PACKET_BYTES: usize = 256;
/// How many packets are in flight at a time, if they are not sent one by one.
pub(crate) const BATCH: usize = 32;
/// The most that one receive returns: as much as GRO combines.
const BUFFER_BYTES: usize = 64 * 1024;

/// How packets are sent and received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One call to send and one to receive each packet.
    OneByOne,
    /// `sendmmsg` and `recvmmsg`.
    Batches,
    /// GSO and GRO: segments of one large packet.
    Offload,
}

struct Pair {
    from: UdpSocket,
    to: UdpSocket,
    sending: UdpSocketState,
    receiving: UdpSocketState,
    address: SocketAddr,
    buffers: Vec<Vec<u8>>,
}

/// Packets a second, sent and received by one thread; `None` if the system does not support the
/// method.
pub(crate) fn per_second(way: Way, time: Duration) -> Result<Option<f64>> {
    let (from, to) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let sending = UdpSocketState::new((&from).into())?;
    let receiving = UdpSocketState::new((&to).into())?;
    let address = to.local_addr()?;
    let mut pair = Pair {
        from,
        to,
        sending,
        receiving,
        address,
        buffers: vec![vec![0; BUFFER_BYTES]; BATCH_SIZE],
    };
    if way == Way::Offload && pair.sending.max_gso_segments() < BATCH {
        return Ok(None);
    }
    let at_a_time = if way == Way::OneByOne { 1 } else { BATCH };
    let begun = Instant::now();
    let mut packets = 0;
    while begun.elapsed() < time {
        match way {
            Way::OneByOne => pair.one()?,
            Way::Batches => pair.batch()?,
            Way::Offload => pair.offload()?,
        }
        packets += at_a_time;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    Ok(Some(packets as f64 / begun.elapsed().as_secs_f64()))
}

impl Pair {
    fn one(&mut self) -> Result<()> {
        self.from.send_to(&[7; PACKET_BYTES], self.address)?;
        ensure!(self.to.recv(&mut self.buffers[0])? == PACKET_BYTES, "the packet came whole");
        Ok(())
    }

    fn batch(&mut self) -> Result<()> {
        let SocketAddr::V4(address) = self.address else {
            unreachable!("bound to an IPv4 address")
        };
        let address = SocketAddrAny::from(address);
        let packet = [IoSlice::new(&[7; PACKET_BYTES])];
        let mut control: Vec<_> = (0..BATCH).map(|_| SendAncillaryBuffer::default()).collect();
        let header = |control| MMsgHdr::new_with_addr(&address, &packet, control);
        let mut messages: Vec<MMsgHdr<'_>> = control.iter_mut().map(header).collect();
        ensure!(
            sendmmsg(&self.from, &mut messages, SendFlags::empty())? == BATCH,
            "the batch was sent whole"
        );
        self.receive()
    }

    fn offload(&mut self) -> Result<()> {
        let contents = &[7; PACKET_BYTES * BATCH];
        let segment_size = Some(PACKET_BYTES);
        let transmit =
            Transmit { destination: self.address, ecn: None, contents, segment_size, src_ip: None };
        self.sending.try_send((&self.from).into(), &transmit)?;
        self.receive()
    }

    /// Receives a batch of packets.
    fn receive(&mut self) -> Result<()> {
        let mut slices: Vec<IoSliceMut<'_>> =
            self.buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        let mut meta = vec![RecvMeta::default(); slices.len()];
        let mut packets = 0;
        while packets < BATCH {
            match self.receiving.recv((&self.to).into(), &mut slices, &mut meta) {
                Ok(count) => {
                    packets +=
                        meta[..count].iter().map(|meta| meta.len / PACKET_BYTES).sum::<usize>();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(packets == BATCH, "every packet came once");
        Ok(())
    }
}
