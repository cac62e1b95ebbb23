//! `dynamo node`: runs one node until it is told to stop.

use super::Failure;
use super::arguments::{Load, Pace, Quorums, SecretFile, address, member, stop_signal};
use crate::output::{announce, note};
use anyhow::anyhow;
use clap::Args;
use dynamo::address::Members;
use dynamo::runtime::{Endpoint, Ready, RuntimeError, Settings};
use dynamo::secret::{NodeSecret, Secret};
use dynamo::store::put_aside;
use dynamo_model::ids::NodeId;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Example, a cluster of three, each in a terminal of its own:
  MEMBERS=A=127.0.0.1:4100,B=127.0.0.1:4101,C=127.0.0.1:4102
  dynamo secret ./secrets; export DYNAMO_SECRET_FILE=./secrets/node.secret          in each terminal
  dynamo node --id A --listen 127.0.0.1:4100 --data data-a --member $MEMBERS
  dynamo node --id B --listen 127.0.0.1:4101 --data data-b --member $MEMBERS
  dynamo node --id C --listen 127.0.0.1:4102 --data data-c --member $MEMBERS

Another one joins them; who is a member it then knows from the others, and from its own disk when it is started again:
  dynamo node --id D --listen 127.0.0.1:4103 --data data-d --join 127.0.0.1:4100

A node prints one line when it is ready. Ctrl-C or SIGTERM stops it; so does kill -9: whatever it has acknowledged is on
its disk. Start it again on its directory, which tells it who the members are. If another process still uses the port or the
directory, the node waits for it, 5 seconds at most:
  dynamo node --id B --listen 127.0.0.1:4101 --data data-b

A node refuses to start when something that it had on its disk is missing or damaged. While the other nodes run, start
it once with --forget-disk, and with --member or --join: it gets its keys back from them. A put that W nodes stored survives
the loss of W-1 disks. So do this on one node at a time: wait until dynamo status shows that it holds the same as the others.

A node in a container often listens on one address while the other nodes reach it at another:
  dynamo node --id A --listen 0.0.0.0:4100 --advertise 10.0.0.1:4100 --data data-a --member A=10.0.0.1:4100,B=10.0.0.2:4100,…
  dynamo node --id A --listen [::]:4100 --advertise [fd00::1]:4100 --data data-a --member A=[fd00::1]:4100,B=[fd00::2]:4100,…
The other nodes recognise a node by the address that its datagrams come from: that must be the advertised address.

A node that leaves (dynamo member remove) hands over what it has, and then ends by itself. A living node that was removed as
dead (--dead) hears of it by gossip. It then tells its clients that it serves nothing any more, and soon ends.

A node serves the other nodes first, then clients, then dynamo status and its like. Where clients ask for more than
--requests, --requests-waiting and --requests-per-address allow, it refuses what is above that and says when to ask again. dynamo put and
dynamo get do so until their --timeout is up. dynamo status shows what was refused, as \"busy\".

The log is on standard error: warnings and errors, or what RUST_LOG asks for. A log that cannot be written stops no node.

Exit codes:
  0  it was stopped, or has left the cluster and handed over everything
  1  it could not start, or could not go on: its disk or its socket failed
  2  its arguments make no sense, or say too little
  4  it is no member any more: it was removed, or had already left when it was started. Starting it again does not help";

/// Run one node of a cluster
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The node's name: a letter, or an index
    #[arg(long)]
    id: NodeId,
    /// The address to listen on. The other nodes use the same address, unless --advertise names
    /// another
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: SocketAddr,
    /// The directory for the node's data; made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The address that the other nodes use for this node; --listen if left out. With --listen
    /// 0.0.0.0:PORT and without --advertise, this node's address in --member, or else the one
    /// stored in its data
    #[arg(long, value_name = "ADDR", value_parser = address)]
    advertise: Option<SocketAddr>,
    /// A founder of the cluster, this node included; repeat it, or separate founders by commas. The
    /// same list at every founder. Needed only if DIR is empty and --join is left out: a node's
    /// data tell it who the members are
    #[arg(long = "member", value_name = "ID=ADDR", value_parser = member, value_delimiter = ',')]
    members: Vec<(NodeId, SocketAddr)>,
    /// A name for the cluster that is founded: nodes of another name are not let in. The same at
    /// every founder, and needed only on an empty directory
    #[arg(long = "cluster", value_name = "NAME", conflicts_with = "join")]
    cluster: Option<String>,
    /// Join the cluster that the member at this address belongs to
    #[arg(long, value_name = "ADDR", value_parser = address, conflicts_with = "members")]
    join: Option<SocketAddr>,
    /// Reach a node at another address than it gives, and know it from there: behind a proxy, for
    /// instance; repeat it, or use commas
    #[arg(long, value_name = "ID=ADDR", value_parser = member, value_delimiter = ',')]
    reach: Vec<(NodeId, SocketAddr)>,
    #[command(flatten)]
    quorums: Quorums,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    secret: SecretFile,
    /// Begin on an empty disk, under a new incarnation: for one start, when the data is damaged.
    /// The old files stay, in a directory damaged-1 (or -2, …) below DIR
    #[arg(long)]
    forget_disk: bool,
    /// Stop when the process that started this one is gone
    #[arg(long, hide = true)]
    stop_with_parent: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let (id, stop_with_parent) = (arguments.id, arguments.stop_with_parent);
    let forgotten = arguments.forget_disk.then(|| arguments.data.clone());
    if forgotten.is_some() && arguments.join.is_none() && arguments.members.is_empty() {
        return Err(Failure::usage(anyhow!(
            "with --forget-disk name a member to join through with --join, or the founders of the cluster with --member: \
             the directory no longer tells who the members are"
        )));
    }
    let secret =
        arguments.secret.read()?.map(Secret::of_node).transpose().map_err(Failure::usage)?;
    if secret.is_none() {
        note!(
            "node {id} has no secret: it lets in every process on this machine, and none on others (see dynamo secret)"
        );
    }
    let settings = settings(arguments)?.with_secret(secret.unwrap_or(NodeSecret::OPEN));
    let stop = stop_signal()?;
    if stop_with_parent {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal).map_err(Failure::operation)?;
    }
    if let Some(data) = forgotten {
        forget(&data, id)?;
    }
    let ready = Ready::new(settings)?;
    announce(format_args!("node {id} listens on {}", ready.address()));
    let counters = ready.run(&stop)?;
    if counters.has_left {
        announce(format_args!(
            "node {id} has left: the others have all that it had; its directory may be deleted"
        ));
    }
    tracing::info!(node = %id, "stopped: {counters}");
    Ok(())
}

fn settings(arguments: Arguments) -> Result<Settings, Failure> {
    let Arguments {
        id,
        listen,
        advertise,
        data,
        members,
        cluster,
        join,
        reach,
        quorums,
        pace,
        load,
        ..
    } = arguments;
    let config = pace.apply(quorums.config()?);
    let at = Endpoint::from(listen).advertised_as(advertise);
    let settings = match join {
        Some(contact) => Settings::joining(id, at, contact, config, data),
        None if members.is_empty() => Settings::again(id, at, config, data),
        None => {
            let members = Members::new(members).map_err(Failure::usage)?;
            Settings::new(id, at, &members, config, data)
        }
    };
    let settings =
        settings.and_then(|settings| settings.with_detours(&reach)).map_err(Failure::usage)?;
    let settings = settings.with_limits(load.limits());
    Ok(cluster.iter().fold(settings, |settings, name| settings.with_cluster_name(name)))
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        match error {
            RuntimeError::NoMembers { .. } | RuntimeError::Settings(_) => Failure::usage(error),
            RuntimeError::Removed { .. } | RuntimeError::Left { .. } => {
                Failure::NoMember(error.into())
            }
            _ => Failure::operation(error),
        }
    }
}

/// Puts the node's data aside, and says where it is.
fn forget(data: &Path, id: NodeId) -> Result<(), Failure> {
    if let Some(aside) = put_aside(data, id).map_err(Failure::operation)? {
        note!("node {id} begins on an empty disk; its old data is in {}", aside.display());
    }
    Ok(())
}
