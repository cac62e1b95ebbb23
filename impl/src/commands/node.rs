//! `dynamo node`: runs one node until it is told to stop.

use super::Failure;
use super::arguments::{Pace, Quorums, address, member, stop_signal};
use clap::Args;
use dynamo::address::Members;
use dynamo::runtime::{Ready, Settings};
use dynamo::store::put_aside;
use dynamo_model::ids::NodeId;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Example, a cluster of three, each in a terminal of its own:
  MEMBERS=A=127.0.0.1:4100,B=127.0.0.1:4101,C=127.0.0.1:4102
  dynamo node --id A --listen 127.0.0.1:4100 --data data-a --member $MEMBERS
  dynamo node --id B --listen 127.0.0.1:4101 --data data-b --member $MEMBERS
  dynamo node --id C --listen 127.0.0.1:4102 --data data-c --member $MEMBERS

Another one joins them; who is a member it then knows from the others, and from its own disk when it is started again:
  dynamo node --id D --listen 127.0.0.1:4103 --data data-d --join 127.0.0.1:4100

A node that leaves (dynamo member remove) hands over what it has, and then ends by itself.

A node prints one line when it is ready. Ctrl-C or SIGTERM stops it; so does kill -9: whatever it has acknowledged is on
its disk. Start it again with the same arguments.

A node refuses to start when something that it had on its disk is missing or damaged. While the other nodes run, start
it once with --forget-disk: it gets its keys back from them. A put that W nodes stored survives the loss of W-1 disks.
So do this on one node at a time: wait until dynamo status shows that it holds the same as the others.";

/// Run one node of a cluster
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The node's name: a letter, or an index
    #[arg(long)]
    id: NodeId,
    /// The address to listen on: this node's own in the list of members
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: SocketAddr,
    /// The directory for the node's data; made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A founder of the cluster, this node included; repeat it, or separate founders by commas. The same list at every founder, and needed
    /// only on an empty directory
    #[arg(long = "member", value_name = "ID=ADDR", value_parser = member, value_delimiter = ',', required_unless_present = "join")]
    members: Vec<(NodeId, SocketAddr)>,
    /// Join the cluster that the member at this address belongs to
    #[arg(long, value_name = "ADDR", value_parser = address, conflicts_with = "members")]
    join: Option<SocketAddr>,
    /// Reach a node at another address than it gives, and know it from there: behind a proxy, for instance; repeat it, or use commas
    #[arg(long, value_name = "ID=ADDR", value_parser = member, value_delimiter = ',')]
    reach: Vec<(NodeId, SocketAddr)>,
    #[command(flatten)]
    quorums: Quorums,
    #[command(flatten)]
    pace: Pace,
    /// Begin on an empty disk, under a new incarnation: for one start, when the data is damaged. The old
    /// files stay, in a directory damaged-1 (or -2, …) below DIR
    #[arg(long)]
    forget_disk: bool,
    /// Stop when the process that started this one is gone
    #[arg(long, hide = true)]
    stop_with_parent: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { id, listen, data, members, join, reach, quorums, pace, forget_disk, stop_with_parent } = arguments;
    let config = pace.apply(quorums.config()?);
    let old_data = data.clone();
    let settings = match join {
        Some(contact) => Settings::joining(id, listen, contact, config, data),
        None => Members::new(members)
            .map_err(Failure::usage)
            .map(|members| Settings::new(id, listen, &members, config, data))?,
    };
    let settings = settings.and_then(|settings| settings.with_detours(&reach)).map_err(Failure::usage)?;
    let stop = stop_signal()?;
    if stop_with_parent {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal).map_err(Failure::operation)?;
    }
    if forget_disk {
        forget(&old_data, id)?;
    }
    let ready = Ready::new(settings).map_err(Failure::operation)?;
    let mut stdout = std::io::stdout();
    // Nobody may be reading: that is no reason not to run.
    let _ = writeln!(stdout, "node {id} listens on {}", ready.address()).and_then(|()| stdout.flush());
    let counters = ready.run(&stop).map_err(Failure::operation)?;
    if counters.has_left {
        let _ = writeln!(stdout, "node {id} has left: the others have all that it had; its directory may be deleted");
    }
    tracing::info!(node = %id, "stopped: {counters}");
    Ok(())
}

/// Puts the node's data aside, and says where it is.
fn forget(data: &Path, id: NodeId) -> Result<(), Failure> {
    if let Some(aside) = put_aside(data, id).map_err(Failure::operation)? {
        eprintln!("node {id} begins on an empty disk; its old data is in {}", aside.display());
    }
    Ok(())
}
