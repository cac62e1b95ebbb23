//! The start of a node: it gets its address and its data, and finds its cluster.

use super::{RuntimeError, Settings, SettingsError};
use crate::address::{Members, one_family};
use crate::client::{Client, ClientError};
use crate::founding::{self, Founding, FoundingError};
use crate::identity::Life;
use crate::secret::{NodeSecret, Right};
use crate::store::{Store, StoreError};
use crate::udp::Udp;
use dynamo_model::address::Address;
use dynamo_model::membership::{History, Standing};
use dynamo_model::node::Node;
use dynamo_model::wish::{ChangeRefusal, Wish};
use std::fmt::Display;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// How long a node waits for its port and its data, which an ending process may still hold.
const FREED_WITHIN: Duration = Duration::from_secs(5);
const TRY_EVERY: Duration = Duration::from_millis(50);

/// Binds a node's address as soon as it is free. A machine's new address becomes usable only after
/// a second or two.
pub(super) fn bind(settings: &Settings) -> Result<Udp, RuntimeError> {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable};
    let address = settings.listen;
    let is_busy = |error: &io::Error| matches!(error.kind(), AddrInUse | AddrNotAvailable);
    // Without a secret, the node must know which machine a datagram comes from.
    let bind = if settings.secret == NodeSecret::OPEN { Udp::bind_one_kind } else { Udp::bind };
    let bound = as_soon_as_free(&address, || bind(address), is_busy);
    bound.map_err(|source| RuntimeError::Bind { address, source })
}

/// Opens a node's data as soon as no other process has it open.
pub(super) fn open(Settings { id, data, led, .. }: &Settings) -> Result<Store, StoreError> {
    let open = || match led {
        None => Store::open(data, *id),
        Some(led) => Store::open_numbered(data, *id, led.next_incarnation),
    };
    as_soon_as_free(&data.display(), open, |error| matches!(error, StoreError::Locked(_)))
}

/// A new directory names no members, so the settings must name them, or a member to join through.
/// Fails before anything is made.
pub(super) fn check_members(
    Settings { contact, node, data, .. }: &Settings,
) -> Result<(), RuntimeError> {
    let is_new = match fs::read_dir(data) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_new && contact.is_none() && node.founders.is_empty() {
        return Err(RuntimeError::NoMembers { data: data.clone() });
    }
    Ok(())
}

fn as_soon_as_free<T, E>(
    what: &impl Display,
    open: impl Fn() -> Result<T, E>,
    is_busy: impl Fn(&E) -> bool,
) -> Result<T, E> {
    let (start, mut said) = (Instant::now(), false);
    loop {
        let opened = open();
        if !opened.as_ref().is_err_and(&is_busy) || start.elapsed() > FREED_WITHIN {
            return opened;
        }
        if !said {
            tracing::warn!(
                "another process uses {what}, or this machine cannot use it yet; \
                 retrying for {} s",
                FREED_WITHIN.as_secs()
            );
            said = true;
        }
        thread::sleep(TRY_EVERY);
    }
}

/// A node's identity at its start.
pub(super) struct Entrance {
    /// Its standing in the cluster.
    pub(super) standing: Standing,
    /// The cluster it belongs to.
    pub(super) cluster: Founding,
    /// Its present life.
    pub(super) life: Life,
    /// The number of the last start on this disk. `None`: the disk is new.
    pub(super) previous: Option<u64>,
    /// Was this directory used by an earlier start?
    pub(super) is_used: bool,
}

/// Finds the node's standing and cluster from its data. A node that is not a member joins, if it
/// has a contact.
pub(super) fn enter(settings: &Settings, store: &mut Store) -> Result<Entrance, RuntimeError> {
    let Settings { node, data, led, .. } = settings;
    let known = founding::read(data)?;
    let (cluster, last) = (known.map(|(cluster, _)| cluster), known.map_or(0, |(_, last)| last));
    let (standing, cluster) = if let Some(led) = led {
        led.enter(settings, store)?
    } else {
        let address = check_address(settings, store)?;
        let (standing, cluster) = belong(settings, cluster, store)?;
        cluster.check(&node.config)?;
        check_neighbours(settings, store, address)?;
        (standing, cluster)
    };
    let previous = store.past().last().map(|known| known.start);
    let known = previous.unwrap_or(0);
    let (start, is_used) = (founding::next(last.max(known)), last.max(known) > 0);
    // The start is written to the database first. So if the file has a later start, it was written
    // beside another database.
    store.begin(start)?;
    founding::begin(data, &cluster, start)?;
    let life = Life { incarnation: store.committed().incarnation, start };
    Ok(Entrance { standing, cluster, life, previous, is_used })
}

/// The node's standing, and its cluster.
fn belong(
    settings: &Settings,
    known: Option<Founding>,
    store: &mut Store,
) -> Result<(Standing, Founding), RuntimeError> {
    let Settings { id, contact, founds, node, data, .. } = settings;
    let history = &store.committed().history;
    let standing =
        node.rules.view(if history.is_empty() { &node.founders } else { history }).standing(*id);
    match (standing, *contact) {
        (Standing::Removed, _) => return Err(RuntimeError::Removed { id: *id }),
        (Standing::Unknown | Standing::Gone, Some(contact)) => {
            return join(settings, contact, known, store);
        }
        (Standing::Unknown, None) => return Err(RuntimeError::NoMembers { data: data.clone() }),
        (Standing::Gone, None) => tracing::warn!(
            "node {id} has left the cluster: it ends when another node has confirmed that. \
             Use --join to join again"
        ),
        (Standing::Member | Standing::Leaving, _) => {}
    }
    let founded = known.or_else(|| founds.map(|cluster| Founding::new(cluster, &node.config)));
    match (founded, *contact) {
        (Some(cluster), _) => Ok((standing, cluster)),
        (None, Some(contact)) => Ok((standing, ask_cluster(settings, contact)?.1)),
        (None, None) => Err(RuntimeError::NoMembers { data: data.clone() }),
    }
}

/// Asks a member which cluster it belongs to.
fn ask_cluster(
    Settings { id, secret, .. }: &Settings,
    contact: SocketAddr,
) -> Result<(Client, Founding), RuntimeError> {
    let failed = |source| RuntimeError::Join { id: *id, contact, source };
    let client = Client::connect_with(contact, secret.credentials(Right::Node)).map_err(failed)?;
    let cluster = client.status().map_err(failed)?.cluster;
    Ok((client, cluster))
}

/// Asks a member to let the node join, if their quorums are the same.
fn join(
    settings: &Settings,
    contact: SocketAddr,
    known: Option<Founding>,
    store: &mut Store,
) -> Result<(Standing, Founding), RuntimeError> {
    let Settings { id, node, data, .. } = settings;
    let (client, cluster) = ask_cluster(settings, contact)?;
    if let Some(own) = known.filter(|own| own.cluster != cluster.cluster) {
        let (path, own, contact) = (data.clone(), own.cluster, cluster.cluster);
        return Err(FoundingError::OtherCluster { path, own, contact }.into());
    }
    cluster.check(&node.config)?;
    let failed = |source| RuntimeError::Join { id: *id, contact, source };
    if let Some(address) = node.address {
        one_family(&client.history().map_err(failed)?, *id, address.into())
            .map_err(SettingsError::from)?;
    }
    let joined = client.administer(*id, Wish::Join(node.address)).map_err(|error| match error {
        // The directory may be new, but the id is used up, as if the node had its old directory.
        ClientError::ChangeRefused(ChangeRefusal::RemovedForGood(id)) => {
            RuntimeError::Removed { id }
        }
        source => failed(source),
    })?;
    store.commit(&node.joined(*id, store.committed(), &joined))?;
    Ok((Standing::Member, cluster))
}

/// The node's address for others. Checks that the node receives what is sent there.
fn check_address(
    Settings { id, listen, node, secret, .. }: &Settings,
    store: &Store,
) -> Result<Address, RuntimeError> {
    let known = known_to(node, store);
    let address =
        node.address.or_else(|| known.address(*id)).ok_or(SettingsError::NoAddress(*id))?;
    let at = SocketAddr::from(address);
    if *secret == NodeSecret::OPEN && !at.ip().is_loopback() {
        return Err(SettingsError::NoSecret(at).into());
    }
    if listen.is_ipv4() != at.is_ipv4() && listen.ip() != Ipv6Addr::UNSPECIFIED {
        return Err(SettingsError::Unheard { listen: *listen, address: at }.into());
    }
    Ok(address)
}

/// Checks that no other member has the node's address. A new address must also be of the same kind
/// as those of the others. A node that keeps its address starts, whatever is wrong with others.
fn check_neighbours(
    Settings { id, node, .. }: &Settings,
    store: &Store,
    address: Address,
) -> Result<(), RuntimeError> {
    let known = known_to(node, store);
    if store.committed().history.address(*id) != Some(address) {
        one_family(known, *id, address.into()).map_err(SettingsError::from)?;
    }
    match known.holder_of(address, *id, |changes| node.rules.standing(changes)) {
        Some(other) => Err(RuntimeError::AddressTaken { id: *id, address: address.into(), other }),
        None => Ok(()),
    }
}

/// The membership history on the disk, or that of the founders.
fn known_to<'a>(node: &'a Node, store: &'a Store) -> &'a History {
    let history = &store.committed().history;
    if history.is_empty() { &node.founders } else { history }
}

/// Warns if other nodes would not recognise this node: a node that listens on all addresses sends
/// from the one that the system chooses, and others know it by its advertised one.
pub(super) fn warn_of_other_source(listen: SocketAddr, own: SocketAddr, members: &Members) {
    let is_on_this_machine = UdpSocket::bind((own.ip(), 0)).is_ok();
    if !listen.ip().is_unspecified() || !is_on_this_machine {
        return;
    }
    let others = members
        .ids()
        .into_iter()
        .filter_map(|other| members.address(other))
        .filter(|other| *other != own);
    let source = |to: SocketAddr| {
        let any: IpAddr =
            if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    for to in others {
        if let Some(from) = source(to).filter(|source| *source != own.ip()) {
            tracing::error!(
                "what this node sends to {to} comes from {from}, but the node there knows it \
                 by {own}, and will not recognise it. Listen on {own}"
            );
        }
    }
}
