//! `dynamo secret`: makes the secrets of a new cluster.

use super::Failure;
use crate::output::say;
use anyhow::{Context as _, bail};
use clap::Args;
use dynamo::secret::{NodeSecret, Right, Secret};
use std::fs;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Example:
  dynamo secret ./secrets
  dynamo node --secret-file ./secrets/node.secret --id A --listen 10.0.0.1:4100 …      at every node
  export DYNAMO_SECRET_FILE=./secrets/client.secret                                   for put, get, delete, status, …

Nodes need node.secret, all the same. Whoever has it can pose as a node. With administrator.secret one can do what clients can, and change
who is a member. With client.secret one can put, get, delete, and ask nodes how they are. The other two follow from node.secret;
node.secret does not follow from them. To change secrets, make new ones and start every node with the new node.secret.";

/// Make the secrets of a cluster: one for nodes, one for administrators, one for clients
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The directory for the three files; made if it does not exist. Files that are there are never
    /// written over
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(super) fn run(Arguments { directory }: &Arguments) -> Result<(), Failure> {
    make(directory).map_err(Failure::operation)?;
    for right in Right::ALL {
        say!("{}", path(directory, right).display());
    }
    Ok(())
}

/// Makes all three, where there are none.
fn make(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    if let Some(path) =
        Right::ALL.map(|right| path(directory, right)).into_iter().find(|path| path.exists())
    {
        bail!("{} exists already, and nothing was made: name another directory", path.display());
    }
    let secret = NodeSecret::generate();
    Secret::Node(secret.clone()).write(&path(directory, Right::Node))?;
    complete(directory, &secret)
}

/// Makes those that follow from the nodes' secret, where they are missing. Those that are there
/// must follow from it.
fn complete(directory: &Path, secret: &NodeSecret) -> anyhow::Result<()> {
    for right in [Right::Administrator, Right::Client] {
        let (path, expected) = (path(directory, right), Secret::Other(secret.credentials(right)));
        if !path.exists() {
            expected.write(&path)?;
        } else if Secret::read(&path)? != expected {
            bail!(
                "{} does not go with node.secret beside it: delete it, and it is made anew",
                path.display()
            );
        }
    }
    Ok(())
}

/// The file with the secret of this right.
pub(super) fn path(directory: &Path, right: Right) -> PathBuf {
    directory.join(format!("{}.secret", right.name()))
}

/// Makes those that are not there.
pub(super) fn make_if_missing(directory: &Path) -> anyhow::Result<()> {
    let nodes = path(directory, Right::Node);
    if !nodes.exists() {
        return make(directory);
    }
    complete(directory, &Secret::read(&nodes)?.of_node()?)
}
