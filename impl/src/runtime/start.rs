//! How a node starts: it gets its address and its data, and makes sure that it is somebody in the cluster.

use super::{RuntimeError, Settings, SettingsError};
use crate::address::Members;
use crate::client::Client;
use crate::socket::NodeSocket;
use crate::store::{Store, StoreError};
use dynamo_model::administer::Wish;
use dynamo_model::membership::{History, Standing};
use dynamo_model::view::View;
use std::fmt::Display;
use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::thread;
use std::time::{Duration, Instant};

/// How long a node waits for its port and its data, which a process that just ends may still hold.
const FREED_WITHIN: Duration = Duration::from_secs(5);
const TRY_EVERY: Duration = Duration::from_millis(50);

/// Binds an address, as soon as it is free.
pub(super) fn bind(address: SocketAddrV4) -> Result<NodeSocket, RuntimeError> {
    let nobody = || Members::of(&History::default(), &View::default());
    let is_busy = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
    let bound = as_soon_as_free(&address, || NodeSocket::bind(address, nobody()), is_busy);
    bound.map_err(|source| RuntimeError::Bind { address, source })
}

/// Opens a node's data, as soon as no other process has it open.
pub(super) fn open(Settings { id, data, .. }: &Settings) -> Result<Store, StoreError> {
    as_soon_as_free(&data.display(), || Store::open(data, *id), |error| matches!(error, StoreError::Locked(_)))
}

/// A new directory tells no members: they must be named, or one to join through. Nothing is made where they are not.
pub(super) fn check_members(Settings { contact, node, data, .. }: &Settings) -> Result<(), RuntimeError> {
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
            tracing::warn!("another process uses {what}; trying again for {} s", FREED_WITHIN.as_secs());
            said = true;
        }
        thread::sleep(TRY_EVERY);
    }
}

/// Finds out how the node stands, by its data; lets one that is outside join, if it has a contact.
pub(super) fn enter(settings: &Settings, store: &mut Store) -> Result<Standing, RuntimeError> {
    let Settings { id, contact, node, data, .. } = settings;
    let history = &store.committed().history;
    let known = if history.is_empty() { &node.founders } else { history };
    let standing = View::of(known, &node.rules).standing(*id);
    match (standing, *contact) {
        (Standing::Removed, _) => return Err(RuntimeError::Removed { id: *id }),
        (Standing::Unknown | Standing::Gone, Some(contact)) => {
            let joined = Client::connect(contact).and_then(|client| client.administer(*id, Wish::Join(node.address)));
            let joined = joined.map_err(|source| RuntimeError::Join { id: *id, contact, source })?;
            store.commit(&node.joined(*id, store.committed(), &joined))?;
            return Ok(Standing::Member);
        }
        (Standing::Unknown, None) => return Err(RuntimeError::NoMembers { data: data.clone() }),
        (Standing::Gone, None) => tracing::warn!(
            "node {id} has left the cluster: it ends when another node has confirmed that; with --join it joins again"
        ),
        (Standing::Member | Standing::Leaving, _) => {}
    }
    if node.address.is_none() && known.address(*id).is_none() {
        return Err(SettingsError::NoAddress(*id).into());
    }
    Ok(standing)
}
