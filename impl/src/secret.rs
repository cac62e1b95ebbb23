//! Secrets: which processes a cluster accepts, and with which right.
//!
//! A cluster has one secret, that of its nodes. Everything else follows from it:
//!
//! * The nodes' key pair. Only nodes have the private key. Administrators and clients have the
//!   public key, so nobody else can pose as a node.
//! * A shared key for each right. Nobody can compute an administrator's key from a client's key, or
//!   the nodes' secret from either.
//! * The key with which nodes stamp contexts ([`stamp`](crate::stamp)).
//!
//! ```text
//! dynamo-node-<32 bytes>                   the nodes' secret
//! dynamo-administrator-<32 + 32 bytes>     the shared key and the nodes' public key
//! dynamo-client-<32 + 32 bytes>            likewise; all in base64 for URLs
//! ```

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver as _, DefaultResolver};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// A key of 256 bits.
pub(crate) type Key = [u8; KEY_BYTES];
const KEY_BYTES: usize = 32;
/// The longest file with a secret, in bytes.
const FILE_BYTES_MAX: u64 = 1024;

/// What a process may do in a cluster. Each right includes the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Right {
    /// Put, get, delete, and ask nodes for their status.
    Client,
    /// Also change the members.
    Administrator,
    /// Be a node.
    Node,
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 3] = [Right::Client, Right::Administrator, Right::Node];

    /// The name of the right, as it appears in secrets.
    pub fn name(self) -> &'static str {
        match self {
            Right::Client => "client",
            Right::Administrator => "administrator",
            Right::Node => "node",
        }
    }
}

/// The secret of a cluster's nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeSecret(Key);

/// What a process needs so that the nodes of a cluster accept it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The right of the process.
    pub right: Right,
    /// The key that it shares with the nodes.
    pub(crate) shared: Key,
    /// The nodes' public key.
    pub(crate) public: Key,
}

/// A secret as a file or an environment variable holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The secret of the nodes.
    Node(NodeSecret),
    /// The secret of an administrator or a client.
    Other(Credentials),
}

/// Why a secret cannot be read.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The text is not a secret. The error does not show it, because it may be a mistyped secret.
    #[error(
        "this is not the secret of a cluster: \
         a secret begins with dynamo-node-, dynamo-administrator- or dynamo-client-"
    )]
    Malformed,
    /// The file does not hold a secret.
    #[error(
        "{0} holds no secret of a cluster: a secret is one line \
         that begins with dynamo-node-, dynamo-administrator- or dynamo-client-"
    )]
    MalformedFile(PathBuf),
    /// Other users can read the file.
    #[error(
        "{path} can be read by other users: chmod 600 {path}, \
         and make new secrets if somebody may have read it"
    )]
    Readable {
        /// The file.
        path: PathBuf,
    },
    /// The secret is not the nodes' secret.
    #[error(
        "this is the secret of {}s, but a node needs the secret of nodes, \
         which begins with dynamo-node-", .0.name()
    )]
    NotNodes(Right),
    /// The file cannot be read or written.
    #[error("{path} cannot be read or written; check the path and its permissions")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl NodeSecret {
    /// A public secret. It is for clusters on one machine whose users trust each other.
    pub const OPEN: Self = NodeSecret([0; KEY_BYTES]);

    /// The secret of simulated clusters.
    pub(crate) const SIMULATED: Self = NodeSecret([1; KEY_BYTES]);

    /// A new secret.
    pub fn generate() -> Self {
        NodeSecret(rand::random())
    }

    /// The credentials of a process with this right.
    pub fn credentials(&self, right: Right) -> Credentials {
        Credentials { right, shared: self.shared(right), public: public_key(&self.private()) }
    }

    /// The key that processes with this right share with the nodes.
    pub(crate) fn shared(&self, right: Right) -> Key {
        self.derive(right.name())
    }

    /// The nodes' private key.
    pub(crate) fn private(&self) -> Key {
        self.derive("private key")
    }

    /// The key with which nodes stamp contexts.
    pub(crate) fn stamps(&self) -> Key {
        self.derive("contexts")
    }

    /// A key for one purpose. It reveals nothing about the keys for other purposes.
    fn derive(&self, purpose: &str) -> Key {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes());
        tag.as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }
}

impl Credentials {
    /// The credentials that a cluster without secrets accepts.
    pub fn open() -> Self {
        NodeSecret::OPEN.credentials(Right::Administrator)
    }
}

impl fmt::Debug for NodeSecret {
    /// Does not show the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::OPEN { "NodeSecret::OPEN" } else { "NodeSecret(..)" })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("right", &self.right).finish_non_exhaustive()
    }
}

fn public_key(private: &Key) -> Key {
    let mut pair =
        DefaultResolver.resolve_dh(&DHChoice::Curve25519).expect("snow is built with this curve");
    pair.set(private);
    pair.pubkey().try_into().expect("a public key of this curve has 32 bytes")
}

impl Secret {
    /// The credentials of the secret's holder.
    pub fn credentials(&self) -> Credentials {
        match self {
            Secret::Node(secret) => secret.credentials(Right::Node),
            Secret::Other(credentials) => credentials.clone(),
        }
    }

    /// The secret, if it is that of the nodes.
    ///
    /// # Errors
    /// If it is another secret.
    pub fn of_node(self) -> Result<NodeSecret, SecretError> {
        match self {
            Secret::Node(secret) => Ok(secret),
            Secret::Other(Credentials { right, .. }) => Err(SecretError::NotNodes(right)),
        }
    }

    /// The text of the secret, as in a file.
    pub fn to_text(&self) -> String {
        let (right, bytes) = match self {
            Secret::Node(NodeSecret(key)) => (Right::Node, key.to_vec()),
            Secret::Other(Credentials { right, shared, public }) => {
                (*right, [*shared, *public].concat())
            }
        };
        format!("dynamo-{}-{}", right.name(), BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads a secret from a file that only its owner can read.
    ///
    /// # Errors
    /// If the file cannot be read, holds no secret, or other users can read it.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let unusable = |source| SecretError::Unusable { path: path.to_owned(), source };
        let metadata = fs::metadata(path).map_err(unusable)?;
        if !metadata.is_file() {
            return Err(SecretError::MalformedFile(path.to_owned()));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(SecretError::Readable { path: path.to_owned() });
        }
        let file = File::open(path).map_err(unusable)?;
        let mut text = String::new();
        match file.take(FILE_BYTES_MAX).read_to_string(&mut text) {
            Ok(_) => text.parse().map_err(|_| SecretError::MalformedFile(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(SecretError::MalformedFile(path.to_owned()))
            }
            Err(error) => Err(unusable(error)),
        }
    }

    /// Writes the secret to a new file that only its owner can read.
    ///
    /// # Errors
    /// If the file exists, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SecretError> {
        let unfinished = path.with_extension(format!("unfinished-{}", std::process::id()));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            writeln!(file, "{}", self.to_text())?;
            file.sync_all()?;
            // The file appears with its whole content, and never replaces another.
            fs::hard_link(&unfinished, path)
        };
        let written = write();
        let _ = fs::remove_file(&unfinished);
        written.map_err(|source| SecretError::Unusable { path: path.to_owned(), source })
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let text = text.trim().strip_prefix("dynamo-").ok_or(SecretError::Malformed)?;
        let (name, encoded) = text.split_once('-').ok_or(SecretError::Malformed)?;
        let right = Right::ALL
            .into_iter()
            .find(|right| right.name() == name)
            .ok_or(SecretError::Malformed)?;
        let bytes =
            BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| SecretError::Malformed)?;
        let (keys, rest) = bytes.as_chunks::<KEY_BYTES>();
        match (right, keys) {
            (_, _) if !rest.is_empty() => Err(SecretError::Malformed),
            (Right::Node, [key]) => Ok(Secret::Node(NodeSecret(*key))),
            (Right::Client | Right::Administrator, [shared, public]) => {
                Ok(Secret::Other(Credentials { right, shared: *shared, public: *public }))
            }
            _ => Err(SecretError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(secret: &NodeSecret) -> [Secret; 3] {
        let other = |right| Secret::Other(secret.credentials(right));
        [Secret::Node(secret.clone()), other(Right::Administrator), other(Right::Client)]
    }

    #[test]
    fn a_secret_is_read_as_written_and_only_if_nobody_else_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        for (index, secret) in all(&NodeSecret::generate()).into_iter().enumerate() {
            let path = directory.path().join(index.to_string());
            secret.write(&path).unwrap();
            assert_eq!(Secret::read(&path).unwrap(), secret);
            assert!(
                matches!(secret.write(&path), Err(SecretError::Unusable { .. })),
                "an existing file is not overwritten"
            );
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(Secret::read(&path), Err(SecretError::Readable { .. })));
        }
    }

    #[test]
    fn text_that_is_no_secret_is_refused_and_never_shown() {
        let good = all(&NodeSecret::generate())[1].to_text();
        let cut = &good[..good.len() - 1];
        for text in [
            "",
            "dynamo-",
            "dynamo-node-",
            "dynamo-client-AAAA",
            "dynamo-king-AAAA",
            cut,
            &good.to_uppercase(),
        ] {
            assert!(matches!(text.parse::<Secret>(), Err(SecretError::Malformed)), "{text}");
        }
        let key = &good[22..];
        for secret in all(&NodeSecret::generate()) {
            assert!(!format!("{secret:?}").contains(key));
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("noise");
        fs::write(&path, [0xff; 2000]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Secret::read(&path), Err(SecretError::MalformedFile(_))));
    }

    #[test]
    fn all_keys_of_two_clusters_differ() {
        let keys = |secret: &NodeSecret| {
            let shared = Right::ALL.map(|right| secret.shared(right));
            [
                shared.to_vec(),
                vec![secret.0, secret.private(), secret.stamps(), public_key(&secret.private())],
            ]
            .concat()
        };
        let all =
            [keys(&NodeSecret::OPEN), keys(&NodeSecret::generate()), keys(&NodeSecret::generate())]
                .concat();
        assert!((0..all.len()).all(|one| (0..one).all(|other| all[one] != all[other])));
    }
}
