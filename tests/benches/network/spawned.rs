//! stateright's own runtime, `stateright::actor::spawn`, running the same actor, for comparison.
//!
//! Its threads cannot be stopped, it keeps storage in the current directory, and it gets slower
//! with every cancelled timer. So it runs in its own process, which is this program started again,
//! and in a new one for each load.

use crate::cluster;
use anyhow::{Context as _, Result};
use dynamo::address::{Callers, Members};
use dynamo::identity::Parties;
use dynamo::wire::{self, Datagram};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, Node, State, Timer};
use dynamo_model::rules::Rules;
use stateright::actor::{Actor, Command, Id, Out, spawn};
use std::borrow::Cow;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::Path;
use std::process::{self, Child, Stdio};
use std::{fs, io, thread};

/// The node with the ids of spawn, where every id is an address. Ids inside messages, such as the
/// client of a forwarded request, stay those of the node.
struct Readdressed {
    node: Node,
    id: NodeId,
    members: Members,
}

impl Readdressed {
    fn step(&self, out: &mut Out<Self>, step: impl FnOnce(Id, &mut Out<Node>)) {
        let mut commands = Out::new();
        step(self.id.actor(), &mut commands);
        for command in commands {
            match command {
                Command::Send(to, message) => {
                    // A client's id is the same for spawn and for nodes: its address.
                    if let Some(address) = self.address_of(to) {
                        out.send(Id::from(address), message);
                    }
                }
                Command::Save(durable) => out.save(durable),
                Command::SetTimer(timer, range) => out.set_timer(timer, range),
                Command::CancelTimer(timer) => out.cancel_timer(timer),
                Command::ChooseRandom(..) => unreachable!("the protocol makes no random choices"),
            }
        }
    }
}

impl Readdressed {
    fn address_of(&self, id: Id) -> Option<SocketAddrV4> {
        let address = match NodeId::from_actor(id) {
            Some(node) => self.members.address(node)?,
            None => Callers::default().address(id)?,
        };
        ipv4(address)
    }
}

impl Actor for Readdressed {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Durable;
    type Random = ();

    fn on_start(&self, _id: Id, storage: &Option<Durable>, _out: &mut Out<Self>) -> State {
        self.node.on_start(self.id.actor(), storage, &mut Out::new())
    }

    fn on_msg(
        &self,
        _id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let from = self.members.id_of(SocketAddrV4::from(src).into());
        self.step(out, |id, commands| self.node.on_msg(id, state, from, msg, commands));
    }

    fn on_timeout(&self, _id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        self.step(out, |id, commands| self.node.on_timeout(id, state, timer, commands));
    }
}

/// An address as stateright's type.
fn ipv4(address: SocketAddr) -> Option<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    }
}

/// One message in a datagram, in the format of our nodes and clients.
pub(crate) fn message_to_bytes(message: &Message) -> Result<Vec<u8>> {
    let mut datagram = Datagram::default();
    datagram.push(message)?;
    Ok(datagram.seal(&Parties::default()).to_vec())
}

pub(crate) fn message_from_bytes(bytes: &[u8]) -> Result<Message> {
    wire::decode(bytes)?.messages.pop().context("a datagram has a message")
}

fn storage_to_bytes(
    Durable { incarnation, counter, store, epochs, issued, hints, history, settling }: &Durable,
) -> Result<Vec<u8>> {
    Ok(postcard::to_stdvec(&(
        incarnation,
        counter,
        store,
        epochs,
        issued,
        hints,
        history,
        settling,
    ))?)
}

fn storage_from_bytes(bytes: &[u8]) -> Result<Durable> {
    let (incarnation, counter, store, epochs, issued, hints, history, settling) =
        postcard::from_bytes(bytes)?;
    Ok(Durable { incarnation, counter, store, epochs, issued, hints, history, settling })
}

/// The nodes in their own process. Dropping this kills it.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts nodes with these states on their disks.
    pub(crate) fn start(
        directory: &Path,
        addresses: &[SocketAddr],
        disks: &[Durable],
    ) -> Result<Self> {
        for (address, durable) in addresses.iter().zip(disks) {
            fs::write(directory.join(format!("{address}.storage")), storage_to_bytes(durable)?)?;
        }
        let mut command = process::Command::new(std::env::current_exe()?);
        command.arg("--spawned").args(addresses.iter().map(SocketAddr::to_string));
        Ok(Process(command.current_dir(directory).stdin(Stdio::piped()).spawn()?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The work of that process: runs the nodes until its standard input ends, when its parent ends.
pub(crate) fn run(addresses: &[SocketAddr]) -> Result<()> {
    let members = cluster::members(addresses)?;
    let founders = History::founded_by(members.ids());
    let node =
        Node { config: cluster::config()?, founders, address: None, rules: Rules::default() };
    let actor = |id| {
        let address =
            members.address(id).and_then(ipv4).context("every member has an IPv4 address")?;
        Ok((Id::from(address), Readdressed { node: node.clone(), id, members: members.clone() }))
    };
    let actors = members.ids().into_iter().map(actor).collect::<Result<Vec<_>>>()?;
    thread::spawn(|| {
        if spawn(message_to_bytes, message_from_bytes, storage_to_bytes, storage_from_bytes, actors)
            .is_err()
        {
            process::exit(1);
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
