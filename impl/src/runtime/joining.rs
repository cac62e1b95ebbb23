//! Which cluster a node belongs to, and how it becomes a member.

use super::RuntimeError;
use super::settings::Origin;
use crate::client::Client;
use crate::founding::{Founding, FoundingError};
use crate::store::Store;
use dynamo_model::administer::Wish;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Standing;
use dynamo_model::node::Node;
use dynamo_model::view::View;
use std::net::SocketAddr;
use std::path::Path;

/// The cluster that a node belongs to: as its directory says, else the one that it founds or joins.
///
/// # Errors
/// Where its quorums differ, or no member lets it join.
pub(super) fn cluster_of(
    origin: Origin,
    known: Option<Founding>,
    node: &Node,
    id: NodeId,
    store: &mut Store,
    data: &Path,
) -> Result<Founding, RuntimeError> {
    let cluster = match (origin, known) {
        (Origin::Founds(_), Some(known)) => known,
        (Origin::Founds(cluster), None) => Founding::new(cluster, &node.config),
        (Origin::Joins(contact), known) => join(contact, known, node, id, store, data)?,
    };
    cluster.check(&node.config)?;
    Ok(cluster)
}

/// Asks a member to let the node join, if it is not one yet, or does not know to which cluster it belongs; and whether it goes with that.
fn join(
    contact: SocketAddr,
    known: Option<Founding>,
    node: &Node,
    id: NodeId,
    store: &mut Store,
    data: &Path,
) -> Result<Founding, RuntimeError> {
    let standing = View::of(&store.committed().history, &node.rules).standing(id);
    let is_outside = matches!(standing, Standing::Unknown | Standing::Gone);
    if let Some(known) = known.filter(|_| !is_outside) {
        return Ok(known);
    }
    let failed = |source| RuntimeError::Join { id, contact, source };
    let client = Client::connect(contact).map_err(failed)?;
    let cluster = client.status().map_err(failed)?.cluster;
    if let Some(own) = known.filter(|own| own.cluster != cluster.cluster) {
        let (path, own, contact) = (data.to_owned(), own.cluster, cluster.cluster);
        return Err(FoundingError::OtherCluster { path, own, contact }.into());
    }
    cluster.check(&node.config)?;
    if is_outside {
        let joined = client.administer(id, Wish::Join(node.address)).map_err(failed)?;
        store.commit(&node.joined(id, store.committed(), &joined))?;
    }
    Ok(cluster)
}
