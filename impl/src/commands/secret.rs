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
  dynamo node --secret-file ./secrets/node.secret --id A --listen 10.0.0.1:4100 …   on every node
  export DYNAMO_SECRET_FILE=./secrets/client.secret                         for put, get, …

Every node needs node.secret. Anyone who has it can pose as a node.
With client.secret a client can put, get and delete, and ask nodes for their status.
With administrator.secret a client can also change the members.
Both follow from node.secret; nobody can compute node.secret from them.
To change the secrets, make new ones and restart every node with the new node.secret.";

/// Make the secrets of a cluster: one for nodes, one for administrators, one for clients
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The directory for the three files. It is made if it does not exist. Existing files are never
    /// overwritten
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

/// Makes all three files. Fails if one exists.
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

/// Makes the missing files that follow from node.secret. Fails if an existing one does not match
/// it.
fn complete(directory: &Path, secret: &NodeSecret) -> anyhow::Result<()> {
    for right in [Right::Administrator, Right::Client] {
        let (path, expected) = (path(directory, right), Secret::Other(secret.credentials(right)));
        if !path.exists() {
            expected.write(&path)?;
        } else if Secret::read(&path)? != expected {
            bail!(
                "{} does not match node.secret beside it: delete it, and it is made again",
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

/// Makes the files that are missing.
pub(super) fn make_if_missing(directory: &Path) -> anyhow::Result<()> {
    let nodes = path(directory, Right::Node);
    if !nodes.exists() {
        return make(directory);
    }
    complete(directory, &Secret::read(&nodes)?.of_node()?)
}
