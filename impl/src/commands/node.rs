//! `dynamo node`: runs one node until it is stopped.

use super::Failure;
use super::arguments::{Load, Pace, Quorums, Record, SecretFile, address, member, stop_signal};
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
Example: a cluster of three nodes, each in its own terminal
  MEMBERS=A=127.0.0.1:4100,B=127.0.0.1:4101,C=127.0.0.1:4102
  dynamo secret ./secrets; export DYNAMO_SECRET_FILE=./secrets/node.secret      in each terminal
  dynamo node --id A --listen 127.0.0.1:4100 --data data-a --member $MEMBERS
  dynamo node --id B --listen 127.0.0.1:4101 --data data-b --member $MEMBERS
  dynamo node --id C --listen 127.0.0.1:4102 --data data-c --member $MEMBERS

A fourth node joins. It learns the members from the other nodes, and keeps them on its disk:
  dynamo node --id D --listen 127.0.0.1:4103 --data data-d --join 127.0.0.1:4100

A node prints one line when it is ready. Stop it with Ctrl-C, SIGTERM or kill -9: whatever it has
acknowledged is on its disk. Restart it on its directory, which tells it the members. If another
process still uses the port or the directory, the node waits for up to 5 seconds:
  dynamo node --id B --listen 127.0.0.1:4101 --data data-b

A node refuses to start if data on its disk is missing or damaged. While the other nodes run, start
it once with --forget-disk, and with --member or --join: it gets its keys back from them. A put that
W nodes stored survives the loss of W-1 disks. So do this on one node at a time: first wait until
dynamo status shows that the node is in sync with the others.

A node in a container often listens on one address while other nodes reach it at another:
  dynamo node --id A --listen 0.0.0.0:4100 --advertise 10.0.0.1:4100 --data data-a \\
      --member A=10.0.0.1:4100,B=10.0.0.2:4100,…
  dynamo node --id A --listen [::]:4100 --advertise [fd00::1]:4100 --data data-a \\
      --member A=[fd00::1]:4100,B=[fd00::2]:4100,…
Other nodes recognise a node by the source address of its datagrams, which must be the advertised
one.

A node that leaves (dynamo member remove) hands over its data, then ends by itself. A living node
that was removed as dead (--dead) hears of it by gossip. It tells its clients that it no longer
serves requests, and soon ends.

A node serves other nodes first, then clients, then dynamo status and the like. It refuses client
requests above --requests, --requests-waiting and --requests-per-address, and says when to ask
again. dynamo put and dynamo get ask again until their --timeout is up. dynamo status counts the
refused requests as \"busy\".

A node that is started with --record writes down all that its protocol receives, decides, stores and
sends. dynamo trace validate then shows whether every step was one that the checked model takes:
  dynamo node --id A … --record record/A      and after the run, with the records of all nodes:
  dynamo trace validate record
kill -9 loses nothing of a record. A power failure may lose its last seconds. If a record cannot be
written, because the disk is full or for another reason, the node says so and goes on without it.

The log goes to standard error: warnings and errors, or what RUST_LOG selects. A node keeps running
if its log cannot be written.

Exit codes:
  0  the node was stopped, or has left the cluster and handed over all its data
  1  the node could not start or continue: its disk or its socket failed
  2  the arguments are wrong or incomplete
  4  the node is no longer a member: it was removed or has left. Do not start it again";

/// Run one node of a cluster
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The node's name: a letter, or an index
    #[arg(long)]
    id: NodeId,
    /// The address to listen on. Other nodes use it too, unless --advertise names another address
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: SocketAddr,
    /// The directory for the node's data. It is made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The address at which other nodes reach this node. If left out: the --listen address. If that
    /// is 0.0.0.0 or [::], this node's address in --member, or else the one stored in its data
    #[arg(long, value_name = "ADDR", value_parser = address)]
    advertise: Option<SocketAddr>,
    /// A founder of the cluster, including this node. Repeat the option, or separate founders by
    /// commas. Every founder needs the same list. Needed only if DIR is empty and --join is left
    /// out
    #[arg(long = "member", value_name = "ID=ADDR", value_parser = member, value_delimiter = ',')]
    members: Vec<(NodeId, SocketAddr)>,
    /// A name for the cluster that is founded. Nodes of a cluster with another name are refused.
    /// Needed only on an empty directory, and the same at every founder
    #[arg(long = "cluster", value_name = "NAME", conflicts_with = "join")]
    cluster: Option<String>,
    /// Join the cluster of the member at this address
    #[arg(long, value_name = "ADDR", value_parser = address, conflicts_with = "members")]
    join: Option<SocketAddr>,
    /// Use this address for a node instead of the one that it advertises, for example behind a
    /// proxy. Repeat the option, or use commas
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
    #[command(flatten)]
    record: Record,
    /// Begin on an empty disk, under a new incarnation. Use it for one start, when the data is
    /// damaged. The old files stay in a directory damaged-1 (or -2, …) below DIR
    #[arg(long)]
    forget_disk: bool,
    /// Stop when the process that started this node has ended
    #[arg(long, hide = true)]
    stop_with_parent: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let (id, stop_with_parent) = (arguments.id, arguments.stop_with_parent);
    let forgotten = arguments.forget_disk.then(|| arguments.data.clone());
    if forgotten.is_some() && arguments.join.is_none() && arguments.members.is_empty() {
        return Err(Failure::usage(anyhow!(
            "with --forget-disk, name a member with --join, or the founders with --member: \
             the node forgets the members too"
        )));
    }
    let secret =
        arguments.secret.read()?.map(Secret::of_node).transpose().map_err(Failure::usage)?;
    if secret.is_none() {
        note!(
            "node {id} has no secret: it accepts every process on this machine, \
             and none on other machines (see dynamo secret)"
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
            "node {id} has left: the other nodes have all its data; you may delete its directory"
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
        record,
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
    let settings = record.limits().into_iter().fold(settings, Settings::with_record);
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

/// Moves the node's data aside, and prints the new path.
fn forget(data: &Path, id: NodeId) -> Result<(), Failure> {
    if let Some(aside) = put_aside(data, id).map_err(Failure::operation)? {
        note!("node {id} begins on an empty disk; its old data is in {}", aside.display());
    }
    Ok(())
}
