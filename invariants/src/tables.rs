//! The tables of the nine scenarios. A table has a fixed set of rows, with time to the right. Each
//! cell is computed from the states and events of a run.

mod process;
mod scene;
mod storage;

use crate::scope::instance::Instance;
use crate::trace::replay::Run;
use dynamo_model::ids::{Content, NodeId};
use dynamo_model::ring::Partition;
use std::fmt;

use scene::Scene;

/// The names of a run's nodes and versions in a table.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Every node, clockwise from the key.
    pub nodes: Vec<NodeId>,
    /// Their names, in this order.
    pub names: Vec<NodeId>,
    /// The name of each put's version: `D1`, `D2`, …
    pub versions: Vec<String>,
    /// The partition of the key.
    pub partition: Partition,
}

impl Cast {
    /// Nodes have their own names. Versions are numbered by client and then by script line.
    pub fn of(instance: &Instance) -> Cast {
        let ring = instance.scope.ring();
        let nodes = ring.preference_list(&instance.key, usize::from(instance.scope.nodes)).to_vec();
        Cast {
            partition: ring.partition(&instance.key),
            names: nodes.clone(),
            nodes,
            versions: (1..=instance.puts.len()).map(|number| format!("D{number}")).collect(),
        }
    }

    /// A version's name.
    pub(crate) fn version(&self, content: &Content) -> Option<&str> {
        let put = content
            .bytes()
            .strip_prefix(b"w")
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        self.versions.get(put.unwrap_or(usize::MAX)).map(String::as_str)
    }

    /// A node's name.
    pub fn name(&self, node: NodeId) -> NodeId {
        let position =
            self.nodes.iter().position(|other| *other == node).expect("a node of the run");
        self.names[position]
    }

    fn node(&self, position: usize) -> NodeId {
        self.nodes[position.min(self.nodes.len() - 1)]
    }
}

/// A scenario's table of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The scenario's number, from 1.
    pub number: usize,
    /// The scenario's title.
    pub title: &'static str,
    /// The rows. Each has a name and its cells, from left to right; all have the same number of
    /// cells.
    pub lines: Vec<(&'static str, Vec<String>)>,
}

/// A kind of table: its title, the names of its rows, and the cells of one moment.
struct Kind {
    title: &'static str,
    lines: &'static [&'static str],
    cells: fn(&Scene<'_>) -> Vec<String>,
}

/// The kinds of tables, by the number of their scenario.
const KINDS: [Kind; 9] = [
    storage::QUORUM,
    storage::DIVERGENCE,
    storage::READ_REPAIR,
    storage::HINT_DURABILITY,
    storage::ANTI_ENTROPY,
    process::PUT,
    process::MEMBERSHIP,
    process::HANDOFF,
    process::GOSSIP,
];

impl Table {
    /// The number of scenarios.
    pub const COUNT: usize = KINDS.len();

    /// The title of the scenario with this number, from 1. Empty if there is no such scenario.
    pub fn title(number: usize) -> &'static str {
        number.checked_sub(1).and_then(|index| KINDS.get(index)).map_or("", |kind| kind.title)
    }

    /// The number of the table with this number, or with all of these words in its title. `None`:
    /// there is none, or there are several.
    pub fn number(text: &str) -> Option<usize> {
        let is_named = |number: &usize| {
            let title = Table::title(*number).to_lowercase();
            let mut words = text.split_whitespace();
            words.all(|word| title.contains(&word.to_lowercase()))
        };
        let numbers = || 1..=Table::COUNT;
        let by_number = text.parse().ok().filter(|number| numbers().contains(number));
        let by_title = || {
            let mut named = numbers().filter(is_named);
            named.next().filter(|_| !text.trim().is_empty() && named.next().is_none())
        };
        by_number.or_else(by_title)
    }

    /// The table of a run for the scenario with this number, from 1. A moment that looks like the
    /// one before it has no column. `None`: there is no such scenario.
    pub fn of(number: usize, run: &Run, cast: &Cast) -> Option<Table> {
        let kind = KINDS.get(number.checked_sub(1)?)?;
        let mut columns: Vec<Vec<String>> =
            (0..run.states.len()).map(|at| (kind.cells)(&Scene { run, cast, at })).collect();
        columns.dedup();
        let line = |(index, name): (usize, &&'static str)| {
            (*name, columns.iter().map(|column| column[index].clone()).collect())
        };
        Some(Table {
            number,
            title: kind.title,
            lines: kind.lines.iter().enumerate().map(line).collect(),
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |text: &str| text.chars().count();
        let names = self.lines.iter().map(|(name, _)| length(name)).max().unwrap_or(0);
        let count = self.lines.first().map_or(0, |(_, cells)| cells.len());
        let width = |index: usize| {
            self.lines.iter().map(|(_, cells)| length(&cells[index])).max().unwrap_or(0)
        };
        for (name, cells) in &self.lines {
            write!(f, "{name:<names$}  ")?;
            for (index, cell) in cells.iter().enumerate() {
                let is_last = index + 1 == count;
                let dashes = if is_last {
                    String::new()
                } else {
                    format!(" {} ", "-".repeat(width(index) - length(cell) + 2))
                };
                write!(f, "{cell}{dashes}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The name that tables give to the final history of the node at this position, counted clockwise
/// from the key.
pub fn history_name(run: &Run, cast: &Cast, position: usize) -> String {
    let scene = Scene { run, cast, at: run.events.len() };
    process::tip(&scene, scene.history(cast.node(position)))
}

/// The cell of a moment in which there is nothing to say.
const NOTHING: &str = "none";

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("{{{}}}", names.into_iter().collect::<Vec<_>>().join(","))
}
