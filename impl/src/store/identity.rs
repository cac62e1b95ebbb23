//! The file that names the owner and the format of a data directory: one line of text, read before
//! any other file is touched.

use super::names::{IDENTITY, NEW_IDENTITY, is_ours};
use super::{FORMAT, StoreError};
use crate::founding::is_kept_in;
use dynamo_model::ids::NodeId;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Returns true if this is the node's data, and false if the node can begin here.
pub(super) fn check(path: &Path, node: NodeId) -> Result<bool, StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
    if path.exists() && !path.is_dir() {
        return Err(StoreError::NotADirectory(path.to_owned()));
    }
    // Other users of the machine must not read the node's data.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unreadable)?;
    let damaged = || {
        let what = format!(
            "its file \"{IDENTITY}\" does not read \"dynamo data format {FORMAT}, node …\""
        );
        StoreError::Damaged { path: path.to_owned(), what }
    };
    let text = match fs::read_to_string(path.join(IDENTITY)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return begins(path).map(|()| false);
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(damaged()),
        Err(error) => return Err(unreadable(error)),
    };
    let (format, owner) = parse(&text).ok_or_else(damaged)?;
    if format > FORMAT {
        return Err(StoreError::NewerFormat { path: path.to_owned(), format });
    }
    if format < FORMAT {
        return Err(StoreError::OlderFormat { path: path.to_owned(), format });
    }
    if owner != node {
        return Err(StoreError::OtherNode { path: path.to_owned(), owner, asked: node });
    }
    Ok(true)
}

/// Checks that a directory without an identity is empty. Files of a start that was cut short, and
/// data that was moved aside, are allowed.
fn begins(path: &Path) -> Result<(), StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !is_ours(&name) && !is_kept_in(&name) {
            return Err(StoreError::NotOurs(path.to_owned()));
        }
    }
    Ok(())
}

/// Marks the directory as the node's. This is the last step of a first start, and is atomic.
pub(super) fn write(path: &Path, node: NodeId) -> io::Result<()> {
    let mut file = File::create(path.join(NEW_IDENTITY))?;
    writeln!(file, "dynamo data format {FORMAT}, node {node}")?;
    file.sync_all()?;
    fs::rename(path.join(NEW_IDENTITY), path.join(IDENTITY))?;
    File::open(path)?.sync_all()
}

fn parse(text: &str) -> Option<(u32, NodeId)> {
    let (format, node) =
        text.strip_prefix("dynamo data format ")?.trim_end().split_once(", node ")?;
    Some((format.parse().ok()?, node.parse().ok()?))
}
