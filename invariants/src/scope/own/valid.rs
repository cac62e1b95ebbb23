//! Which scopes of one's own are valid.

use super::{Line, OwnScope, Quorum};
use crate::scope::write_set::WriteId;
use crate::scope::{Ask, Faults};
use dynamo_model::config::{Config, ConfigError};
use std::fmt;
use thiserror::Error;

/// The part of a scope of one's own that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its name.
    Name,
    /// Its aim.
    Aim,
    /// Its key.
    Key,
    /// How many nodes it has.
    Nodes,
    /// N.
    N,
    /// R.
    R,
    /// W.
    W,
    /// All scripts together.
    Clients,
    /// The script of a client: its number, from 1.
    Client(usize),
    /// A line of a client's script. Both numbers count from 1.
    Line {
        /// The client.
        client: usize,
        /// The line.
        line: usize,
    },
    /// A fault, by its name with hyphens, such as `lost-disk`.
    Fault(&'static str),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Name => f.write_str("the name"),
            Part::Aim => f.write_str("the aim"),
            Part::Key => f.write_str("the key"),
            Part::Nodes => f.write_str("the number of nodes"),
            Part::N => f.write_str("N"),
            Part::R => f.write_str("R"),
            Part::W => f.write_str("W"),
            Part::Clients => f.write_str("the clients"),
            Part::Client(client) => write!(f, "client {client}"),
            Part::Line { client, line } => {
                write!(f, "a position in request {line} of client {client}")
            }
            Part::Fault(name) => f.write_str(name),
        }
    }
}

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
    /// A second key, and no client for the first.
    #[error("second-key is for the last of several clients: use two clients or more")]
    SecondKey,
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
    #[error("{part} is {position}, but positions are 0 to {last}", last = nodes - 1)]
    Position {
        /// What names the position.
        part: Part,
        /// The position.
        position: usize,
        /// The number of nodes.
        nodes: u16,
    },
    /// A number in the faults is too large.
    #[error("{part} is {number}: use at most {max}")]
    TooOften {
        /// Which number.
        part: Part,
        /// The number.
        number: usize,
        /// The largest valid one.
        max: usize,
    },
    /// Two faults that exclude one another.
    #[error("lost-disk and old-disk exclude one another: leave one of them out")]
    TwoDisks,
    /// A bound on histories that would stop the gossip.
    #[error(
        "more-histories and gossip exclude one another, because gossip would fill the bound and \
         then stop: leave one of them out"
    )]
    HistoriesAndGossip,
    /// The program has made too many different scopes static.
    #[error(
        "this program has met {max} different scopes of readers' own, and takes no more: \
         start it again",
        max = OwnScope::KNOWN_MAX
    )]
    TooMany,
}

impl OwnScopeError {
    /// The part of the scope that is wrong. `None`: no part is.
    pub fn part(&self) -> Option<Part> {
        Some(match self {
            OwnScopeError::Name(_) | OwnScopeError::NameTaken(_) => Part::Name,
            OwnScopeError::Aim => Part::Aim,
            OwnScopeError::Key(_) => Part::Key,
            OwnScopeError::Nodes(_) => Part::Nodes,
            OwnScopeError::Quorum(ConfigError::R { .. }) => Part::R,
            OwnScopeError::Quorum(ConfigError::W { .. }) => Part::W,
            OwnScopeError::Quorum(ConfigError::N { .. }) | OwnScopeError::FewerThanN { .. } => {
                Part::N
            }
            OwnScopeError::NoFounder | OwnScopeError::Clients(_) | OwnScopeError::Puts(_) => {
                Part::Clients
            }
            OwnScopeError::Lines { client, .. } => Part::Client(*client),
            OwnScopeError::Position { part, .. } | OwnScopeError::TooOften { part, .. } => *part,
            OwnScopeError::TwoDisks => Part::Fault("old-disk"),
            OwnScopeError::HistoriesAndGossip => Part::Fault("more-histories"),
            OwnScopeError::SecondKey => Part::Fault("second-key"),
            OwnScopeError::TooMany => return None,
        })
    }
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
            for (index, Line { via, ask }) in script.iter().enumerate() {
                let part = Part::Line { client, line: index + 1 };
                self.validate_position(*via, part)?;
                self.validate_position(ask.moves(), part)?;
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
        let Faults { lost_disk, old_disk, moved, gossip, more_histories, .. } = self.faults;
        self.validate_position(lost_disk, Part::Fault("lost-disk"))?;
        self.validate_position(old_disk, Part::Fault("old-disk"))?;
        self.validate_position(moved, Part::Fault("moved"))?;
        if lost_disk.is_some() && old_disk.is_some() {
            return Err(OwnScopeError::TwoDisks);
        }
        if self.faults.second_key && self.clients.len() < 2 {
            return Err(OwnScopeError::SecondKey);
        }
        if gossip && more_histories > 0 {
            return Err(OwnScopeError::HistoriesAndGossip);
        }
        let bounds = [
            ("crashes", crashes, usize::from(self.nodes)),
            ("timeouts", timeouts.unwrap_or_default().into(), OwnScope::TRIES_MAX.into()),
            ("client-retries", client_retries.into(), OwnScope::TRIES_MAX.into()),
            ("handoffs", handoffs.into(), OwnScope::TRIES_MAX.into()),
            ("reaps", reaps.into(), OwnScope::TRIES_MAX.into()),
            ("more-histories", more_histories.into(), OwnScope::TRIES_MAX.into()),
        ];
        match bounds.into_iter().find(|(_, number, max)| number > max) {
            Some((what, number, max)) => {
                Err(OwnScopeError::TooOften { part: Part::Fault(what), number, max })
            }
            None => Ok(()),
        }
    }

    fn validate_position(&self, position: Option<usize>, part: Part) -> Result<(), OwnScopeError> {
        let nodes = self.nodes;
        match position.filter(|position| *position >= usize::from(nodes)) {
            Some(position) => Err(OwnScopeError::Position { part, position, nodes }),
            None => Ok(()),
        }
    }
}
