//! Which scopes of one's own are valid.

use super::{Line, OwnScope, Quorum};
use crate::scope::write_set::WriteId;
use crate::scope::{Ask, Faults};
use dynamo_model::config::{Config, ConfigError};
use thiserror::Error;

/// Why a scope of one's own is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OwnScopeError {
    /// The name is empty, too long, or has other letters.
    #[error(
        "the name {0:?} is not valid: use 1 to {max} small letters, digits and -",
        max = OwnScope::NAME_MAX
    )]
    Name(String),
    /// The name is that of a scope that this program has.
    #[error("the name {0:?} is that of a scope of this program: choose another")]
    NameTaken(String),
    /// The aim is too long, or has control characters.
    #[error(
        "the aim is not valid: use at most {max} bytes, and no control characters",
        max = OwnScope::AIM_MAX
    )]
    Aim,
    /// The key is empty, too long, or has other letters.
    #[error(
        "the key {0:?} is not valid: use 1 to {max} small letters, digits and -",
        max = OwnScope::NAME_MAX
    )]
    Key(String),
    /// The number of nodes is not valid.
    #[error("there are {0} nodes: use 1 to {max}", max = OwnScope::NODES_MAX)]
    Nodes(u16),
    /// N, R and W do not fit together.
    #[error("the quorum is not valid")]
    Quorum(#[from] ConfigError),
    /// There are fewer nodes than replicas.
    #[error("N is {n}, but there are {nodes} nodes: use more nodes, or a smaller N")]
    FewerThanN {
        /// N.
        n: usize,
        /// The number of nodes.
        nodes: u16,
    },
    /// Every node joins later.
    #[error("every node joins later, so that no node is there to ask: let at least one not join")]
    NoFounder,
    /// Too many clients.
    #[error("there are {0} clients: use at most {max}", max = OwnScope::CLIENTS_MAX)]
    Clients(usize),
    /// A script is too long.
    #[error("client {client} has {lines} lines: use at most {max}", max = OwnScope::LINES_MAX)]
    Lines {
        /// The number of the client, from 1.
        client: usize,
        /// The number of lines.
        lines: usize,
    },
    /// Too many puts.
    #[error("there are {0} puts and deletes: use at most {max}", max = WriteId::MAX)]
    Puts(usize),
    /// A position that no node has.
    #[error("{what} is {position}, but positions are 0 to {last}", last = nodes - 1)]
    Position {
        /// What names the position.
        what: String,
        /// The position.
        position: usize,
        /// The number of nodes.
        nodes: u16,
    },
    /// A number in the faults is too large.
    #[error("{what} is {number}: use at most {max}")]
    TooOften {
        /// Which number.
        what: &'static str,
        /// The number.
        number: usize,
        /// The largest valid one.
        max: usize,
    },
    /// Two faults that exclude one another.
    #[error("lost_disk and old_disk exclude one another: leave one of them out")]
    TwoDisks,
    /// The program has made too many different scopes static.
    #[error(
        "this program has met {max} different scopes of readers' own, and takes no more: \
         start it again",
        max = OwnScope::KNOWN_MAX
    )]
    TooMany,
}

impl OwnScope {
    /// The longest name or key, in bytes.
    pub const NAME_MAX: usize = 40;
    /// The longest aim, in bytes.
    pub const AIM_MAX: usize = 400;
    /// The most nodes. Each set of members has a ring of its own.
    pub const NODES_MAX: u16 = 6;
    /// The most clients.
    pub const CLIENTS_MAX: usize = 12;
    /// The most lines of a client's script.
    pub const LINES_MAX: usize = 40;
    /// How often something may be tried.
    pub const TRIES_MAX: u8 = 20;

    /// Checks every value.
    pub(crate) fn validate(&self) -> Result<(), OwnScopeError> {
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = |text: &str| {
            (1..=OwnScope::NAME_MAX).contains(&text.len()) && text.bytes().all(is_fine)
        };
        if !is_name(&self.name) {
            return Err(OwnScopeError::Name(self.name.clone()));
        }
        if !is_name(&self.key) {
            return Err(OwnScopeError::Key(self.key.clone()));
        }
        if self.aim.len() > OwnScope::AIM_MAX || self.aim.chars().any(char::is_control) {
            return Err(OwnScopeError::Aim);
        }
        if !(1..=OwnScope::NODES_MAX).contains(&self.nodes) {
            return Err(OwnScopeError::Nodes(self.nodes));
        }
        let Quorum { n, r, w } = self.quorum;
        Config::new(n, r, w)?;
        if n > usize::from(self.nodes) {
            return Err(OwnScopeError::FewerThanN { n, nodes: self.nodes });
        }
        self.validate_scripts()?;
        self.validate_faults()
    }

    fn validate_scripts(&self) -> Result<(), OwnScopeError> {
        if self.clients.len() > OwnScope::CLIENTS_MAX {
            return Err(OwnScopeError::Clients(self.clients.len()));
        }
        for (index, script) in self.clients.iter().enumerate() {
            let client = index + 1;
            if script.len() > OwnScope::LINES_MAX {
                return Err(OwnScopeError::Lines { client, lines: script.len() });
            }
            for Line { via, ask } in script {
                let what = || format!("a position in the script of client {client}");
                self.validate_position(*via, what)?;
                self.validate_position(ask.moves(), what)?;
            }
        }
        let asks = || self.clients.iter().flatten().map(|line| line.ask);
        let puts = asks().filter(|ask| ask.is_put()).count();
        if puts > WriteId::MAX {
            return Err(OwnScopeError::Puts(puts));
        }
        let joins_first = |position: usize| {
            let first = asks().find(|ask| ask.moves() == Some(position));
            matches!(first, Some(Ask::Join(_)))
        };
        if (0..usize::from(self.nodes)).all(joins_first) {
            return Err(OwnScopeError::NoFounder);
        }
        Ok(())
    }

    fn validate_faults(&self) -> Result<(), OwnScopeError> {
        let Faults { crashes, timeouts, client_retries, handoffs, reaps, .. } = self.faults;
        let Faults { lost_disk, old_disk, .. } = self.faults;
        self.validate_position(lost_disk, || "lost_disk".to_owned())?;
        self.validate_position(old_disk, || "old_disk".to_owned())?;
        if lost_disk.is_some() && old_disk.is_some() {
            return Err(OwnScopeError::TwoDisks);
        }
        let bounds = [
            ("crashes", crashes, usize::from(self.nodes)),
            ("timeouts", timeouts.unwrap_or_default().into(), OwnScope::TRIES_MAX.into()),
            ("client_retries", client_retries.into(), OwnScope::TRIES_MAX.into()),
            ("handoffs", handoffs.into(), OwnScope::TRIES_MAX.into()),
            ("reaps", reaps.into(), OwnScope::TRIES_MAX.into()),
        ];
        match bounds.into_iter().find(|(_, number, max)| number > max) {
            Some((what, number, max)) => Err(OwnScopeError::TooOften { what, number, max }),
            None => Ok(()),
        }
    }

    fn validate_position(
        &self,
        position: Option<usize>,
        what: impl FnOnce() -> String,
    ) -> Result<(), OwnScopeError> {
        let nodes = self.nodes;
        match position.filter(|position| *position >= usize::from(nodes)) {
            Some(position) => Err(OwnScopeError::Position { what: what(), position, nodes }),
            None => Ok(()),
        }
    }
}
