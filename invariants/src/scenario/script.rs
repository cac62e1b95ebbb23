//! Reading scripts.

use super::{Command, Expectation, FORMS, Outcome, Scenario};
use crate::tables::Table;
use dynamo_model::config::Config;
use dynamo_model::ids::NodeId;
use std::str::FromStr;
use thiserror::Error;

/// Why a script cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{what}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct ScriptError {
    /// The number of the line, from 1. `None`: the script as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl FromStr for Scenario {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let mut scenario = Scenario {
            number: None,
            nodes: Vec::new(),
            quorum: (0, 0, 0),
            commands: Vec::new(),
            rows: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                scenario
                    .read(index + 1, line)
                    .map_err(|what| ScriptError { line: Some(index + 1), what })?;
            }
        }
        scenario.check().map_err(|what| ScriptError { line: None, what })?;
        scenario.check_names().map_err(|(line, what)| ScriptError { line: Some(line), what })?;
        Ok(scenario)
    }
}

/// The longest name of a version or a client.
const NAME_BYTES_MAX: usize = 64;

fn is_no_letter(letter: char) -> bool {
    letter == ',' || letter.is_control()
}

impl Scenario {
    fn read(&mut self, number: usize, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["scenario", number] => {
                self.number = Some(parsed(number, "the number of a scenario")?);
            }
            ["nodes" | "quorum", ..] if !self.commands.is_empty() => {
                return Err("the nodes and the quorum stand before all commands".to_owned());
            }
            ["nodes", nodes @ ..] => self.nodes = self::nodes(nodes)?,
            ["quorum", n, r, w] => {
                let part = |word: &str, name: &str| {
                    let digits = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
                    parsed(digits.unwrap_or(word), "n=3 r=2 w=2")
                };
                self.quorum = (part(n, "n")?, part(r, "r")?, part(w, "w")?);
            }
            ["row", ..] => self.rows.push(row(line)?),
            _ => {
                let command = self.command(&words)?;
                self.commands.push((number, command));
            }
        }
        Ok(())
    }

    fn command(&self, words: &[&str]) -> Result<Command, String> {
        let client = |name: &str| name.to_owned();
        let command = match words {
            ["put", version, "over", over, "via", via, "by", name] => Command::Put {
                version: (*version).to_owned(),
                over: over.split(',').map(str::to_owned).collect(),
                via: self.via(via)?,
                client: client(name),
            },
            ["put", version, "via", via, "by", name] => Command::Put {
                version: (*version).to_owned(),
                over: Vec::new(),
                via: self.via(via)?,
                client: client(name),
            },
            ["get", "via", via, "by", name] => {
                Command::Get { via: self.via(via)?, client: client(name) }
            }
            ["join", node, "via", via] => {
                Command::Join { node: self.node(node)?, via: self.node(via)? }
            }
            ["partition", sides @ ..] => {
                let sides = sides
                    .split(|word| *word == "|")
                    .map(|names| self.nodes_of(names))
                    .collect::<Result<Vec<_>, _>>()?;
                if sides.len() < 2 {
                    return Err("a partition has at least two sides: partition A | B C".to_owned());
                }
                Command::Partition(sides)
            }
            ["heal"] => Command::Heal,
            ["crash", node] => Command::Crash(self.node(node)?),
            ["recover", node] => Command::Recover(self.node(node)?),
            ["gossip", node, "with", peer] => Command::Gossip(self.node(node)?, self.node(peer)?),
            ["compare", node, "with", peer] => Command::Compare(self.node(node)?, self.node(peer)?),
            ["settle"] => Command::Settle,
            ["expect", rest @ ..] => Command::Expect(self.expectation(rest)?),
            _ => return Err(what_is_allowed(words)),
        };
        Ok(command)
    }

    fn expectation(&self, words: &[&str]) -> Result<Expectation, String> {
        match words {
            ["put", version, outcome] => {
                let outcome = match *outcome {
                    "acknowledged" => Outcome::Acknowledged,
                    "failed" => Outcome::Failed,
                    "pending" => Outcome::Pending,
                    other => {
                        return Err(format!(
                            "a put is acknowledged, failed or pending, not {other}"
                        ));
                    }
                };
                Ok(Expectation::Put((*version).to_owned(), outcome))
            }
            ["get", versions @ .., "by", name] => {
                let versions = versions.iter().filter(|version| **version != "nothing");
                Ok(Expectation::Get(
                    versions.map(|version| (*version).to_owned()).collect(),
                    (*name).to_owned(),
                ))
            }
            ["hint", "at", holder, "for", recipient] => {
                Ok(Expectation::Hint(self.node(holder)?, Some(self.node(recipient)?)))
            }
            ["no", "hint", "at", holder] => Ok(Expectation::Hint(self.node(holder)?, None)),
            ["members", members @ .., "at", node] => {
                Ok(Expectation::Members(self.nodes_of(members)?, self.node(node)?))
            }
            other => Err(what_is_allowed(&[&["expect"], other].concat())),
        }
    }

    fn node(&self, name: &str) -> Result<NodeId, String> {
        let node = NodeId::from_str(name).map_err(|error| error.to_string())?;
        if self.nodes.contains(&node) {
            Ok(node)
        } else {
            let nodes: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
            Err(format!("there is no node {name}; the nodes line names: {}", nodes.join(" ")))
        }
    }

    fn nodes_of(&self, names: &[&str]) -> Result<Vec<NodeId>, String> {
        nodes(names)?;
        names.iter().map(|name| self.node(name)).collect()
    }

    fn via(&self, name: &str) -> Result<Option<NodeId>, String> {
        if name == "view" { Ok(None) } else { self.node(name).map(Some) }
    }

    /// Checks the script as a whole.
    fn check(&self) -> Result<(), String> {
        if self.nodes.is_empty() || self.quorum == (0, 0, 0) {
            let begin = "nodes A B C, and quorum n=3 r=2 w=2";
            return Err(format!("a script begins with its nodes and its quorum: {begin}"));
        }
        let (n, r, w) = self.quorum;
        Config::new(n, r, w).map_err(|error| error.to_string())?;
        if self.number.is_some_and(|number| !(1..=Table::COUNT).contains(&number)) {
            return Err(format!(
                "the number of the scenario is from 1 to {}; leave the line out for your own",
                Table::COUNT
            ));
        }
        if self.number.is_none() && !self.rows.is_empty() {
            return Err(
                "row lines need the number of one of the nine scenarios: scenario 4".to_owned()
            );
        }
        let mut ids: Vec<u16> = self.nodes.iter().map(|node| node.0).collect();
        ids.sort_unstable();
        if self.nodes.len() < n
            || self.nodes.len() > 6
            || !ids.iter().copied().eq(0..self.nodes.len() as u16)
        {
            return Err(
                "the nodes are A, B, … without a gap: at least N and at most six".to_owned()
            );
        }
        if self.commands.len() > Scenario::COMMANDS_MAX {
            return Err(format!("a script has at most {} commands", Scenario::COMMANDS_MAX));
        }
        if self.founders().is_empty() {
            return Err("every node joins: let at least one be there from the start".to_owned());
        }
        self.check_lengths()?;
        let mut versions = self.versions();
        let count = versions.len();
        versions.sort_unstable();
        versions.dedup();
        if versions.len() < count {
            return Err("each version is put once: give each put another name".to_owned());
        }
        // The limits of scopes: the number of puts, of clients, and of requests.
        self.own_scope_on("k").validate().map_err(|error| error.to_string())
    }

    /// Checks that the names of versions and clients can be told from other words, and fit a line.
    fn check_lengths(&self) -> Result<(), String> {
        let (versions, clients) = (self.versions(), self.clients());
        let names = versions.iter().map(String::as_str).chain(clients);
        let is_odd = |name: &&str| {
            name.len() > NAME_BYTES_MAX || *name == "nothing" || name.contains(is_no_letter)
        };
        match names.into_iter().find(is_odd) {
            None => Ok(()),
            Some(name) => Err(format!(
                "a version or a client has a name of at most {NAME_BYTES_MAX} bytes without commas \
                 and control characters, and not \"nothing\"; this one is {:?}",
                name.chars().take(NAME_BYTES_MAX).collect::<String>()
            )),
        }
    }

    /// Checks that expectations name clients and versions of the script.
    fn check_names(&self) -> Result<(), (usize, String)> {
        let (versions, clients) = (self.versions(), self.clients());
        let unknown = |version: &&String| !versions.contains(*version);
        for (line, command) in &self.commands {
            let (named, client): (&[String], Option<&String>) = match command {
                Command::Put { over, .. } => (over, None),
                Command::Expect(Expectation::Put(version, _)) => {
                    (std::slice::from_ref(version), None)
                }
                Command::Expect(Expectation::Get(versions, client)) => (versions, Some(client)),
                _ => (&[], None),
            };
            if let Some(version) = named.iter().find(unknown) {
                return Err((*line, format!("no command of the script puts {version}")));
            }
            if let Some(client) = client.filter(|client| !clients.contains(&client.as_str())) {
                let clients = clients.join(" ");
                return Err((
                    *line,
                    format!("there is no client {client}; the clients: {clients}"),
                ));
            }
        }
        Ok(())
    }
}

/// What may stand in a line that begins as this one does.
fn what_is_allowed(words: &[&str]) -> String {
    let first = words.first().copied().unwrap_or_default();
    let mut allowed: Vec<&str> = FORMS.iter().map(|(form, _)| *form).collect();
    let is_of_the_kind = |form: &&str| form.split_whitespace().next() == Some(first);
    if allowed.iter().any(is_of_the_kind) {
        allowed.retain(is_of_the_kind);
    } else {
        // Of each kind, the word that it begins with.
        let firsts = allowed.iter().filter_map(|form| form.split_whitespace().next());
        allowed = firsts.collect();
        allowed.dedup();
    }
    format!("{:?} is not a line of a script; allowed: {}", words.join(" "), allowed.join("; "))
}

fn parsed<T: FromStr>(word: &str, what: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("\"{word}\": expected {what}"))
}

fn nodes(names: &[&str]) -> Result<Vec<NodeId>, String> {
    let nodes = names.iter().map(|name| NodeId::from_str(name).map_err(|error| error.to_string()));
    let nodes: Vec<NodeId> = nodes.collect::<Result<_, _>>()?;
    if nodes.is_empty() { Err("expected at least one node".to_owned()) } else { Ok(nodes) }
}

/// `row name: cell → cell`.
fn row(line: &str) -> Result<(String, Vec<String>), String> {
    let rest = line.strip_prefix("row").unwrap_or_default();
    let (name, cells) = rest
        .split_once(':')
        .ok_or("a row has a name, a colon, and cells: row hint_state: STORED → CLEARED")?;
    Ok((name.trim().to_owned(), cells.split('→').map(|cell| cell.trim().to_owned()).collect()))
}
