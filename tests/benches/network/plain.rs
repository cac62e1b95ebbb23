//! A client of stateright's runtime, which has no sessions: datagrams are not encrypted.

use crate::load::Session;
use crate::spawned::{message_from_bytes, message_to_bytes};
use anyhow::{Result, bail};
use dynamo::stamp::StampedContext;
use dynamo::wire::DATAGRAM_BYTES_MAX;
use dynamo_model::ids::{ClientId, Content, Key, RequestId, Value};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::siblings::Version;
use std::cell::{Cell, RefCell};
use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// The time after which it retransmits.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How often it retransmits.
const TRIES: usize = 25;

/// The client.
pub(crate) struct PlainClient {
    socket: UdpSocket,
    node: SocketAddr,
    id: ClientId,
    next_number: Cell<u64>,
    buffer: RefCell<Vec<u8>>,
}

impl PlainClient {
    fn next_request(&self) -> RequestId {
        RequestId { client: self.id, number: self.next_number.replace(self.next_number.get() + 1) }
    }

    fn ask(&self, operation: Operation) -> Result<Answer> {
        let request = operation.request();
        let question = message_to_bytes(&Message::Request(operation))?;
        let mut buffer = self.buffer.borrow_mut();
        for _ in 0..TRIES {
            self.socket.send_to(&question, self.node)?;
            loop {
                // Any node may be the coordinator and answer.
                match self.socket.recv(&mut buffer) {
                    Ok(length) => match message_from_bytes(&buffer[..length])? {
                        Message::Answer(answer) if answer.request() == request => {
                            return Ok(answer);
                        }
                        // A late answer to an earlier request.
                        _ => {}
                    },
                    Err(error) if matches!(error.kind(), TimedOut | WouldBlock) => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        bail!("no answer from {}", self.node)
    }
}

impl Session for PlainClient {
    fn connect(node: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(RETRY_AFTER))?;
        let buffer = RefCell::new(vec![0; DATAGRAM_BYTES_MAX]);
        Ok(PlainClient {
            socket,
            node,
            id: ClientId(rand::random()),
            next_number: Cell::new(0),
            buffer,
        })
    }

    fn put(&self, key: &str, value: &[u8], context: &StampedContext) -> Result<StampedContext> {
        let (request, key, context) =
            (self.next_request(), Key::new(key)?, context.context().clone());
        let content = Content::Value(Value::new(value)?);
        match self.ask(Operation::Put { request, key, content, context, pw: 0 })? {
            Answer::PutAcknowledged { context, .. } => {
                Ok(StampedContext::with_stamp(context, Default::default()))
            }
            other => bail!("the put was not acknowledged: {other:?}"),
        }
    }

    fn get(&self, key: &str) -> Result<Vec<Version>> {
        match self.ask(Operation::Get {
            request: self.next_request(),
            key: Key::new(key)?,
            pr: 0,
        })? {
            Answer::GetAnswered { siblings, .. } => Ok(siblings),
            other => bail!("the get was not answered: {other:?}"),
        }
    }
}
