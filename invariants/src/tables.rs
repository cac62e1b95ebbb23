//! The trace tables of the document that the invariants are from: what a run looks like in the
//! lines that each of its nine traces is told in, time to the right. They are computed from states
//! and events alone.

mod process;
mod scene;
mod storage;

use crate::scope::instance::Instance;
use crate::trace::replay::Run;
use dynamo_model::ids::{Content, NodeId};
use dynamo_model::ring::Partition;
use std::fmt;

use scene::Scene;

/// How a table calls what is in a run.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Every node, clockwise from the key.
    pub nodes: Vec<NodeId>,
    /// What these are called.
    pub names: Vec<NodeId>,
    /// The name of each version, by what was put: `D1`, `D2`, …
    pub versions: Vec<String>,
    /// The partition of the key.
    pub partition: Partition,
}

impl Cast {
    /// Versions by the order of clients and lines.
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
    fn version(&self, content: &Content) -> Option<&str> {
        let put = content
            .bytes()
            .strip_prefix(b"w")
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        self.versions.get(put.unwrap_or(usize::MAX)).map(String::as_str)
    }

    /// What a node is called.
    pub fn name(&self, node: NodeId) -> NodeId {
        let place = self.nodes.iter().position(|other| *other == node).expect("a node of the run");
        self.names[place]
    }

    fn node(&self, place: usize) -> NodeId {
        self.nodes[place.min(self.nodes.len() - 1)]
    }
}

/// A trace table: for each of its lines the cells, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its number in the document.
    pub number: usize,
    /// Its title there.
    pub title: &'static str,
    /// The lines: each with its name, and as many cells as every other.
    pub lines: Vec<(&'static str, Vec<String>)>,
}

/// What tells a trace: its title, its lines, and what they say of one moment.
struct Kind {
    title: &'static str,
    lines: &'static [&'static str],
    cells: fn(&Scene<'_>) -> Vec<String>,
}

/// The traces, in the document's order.
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
    /// How many there are.
    pub const COUNT: usize = KINDS.len();

    /// The title of the table with this number, from 1; nothing if there is no such table.
    pub fn title(number: usize) -> &'static str {
        number.checked_sub(1).and_then(|index| KINDS.get(index)).map_or("", |kind| kind.title)
    }

    /// The table with this number, from 1, of a run; moments that look the same are one. `None`:
    /// there is no such table.
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

/// The name that tables give at the end of a run to what the node at a place, clockwise from the
/// key, knows of who is a member.
pub fn history_name(run: &Run, cast: &Cast, place: usize) -> String {
    let scene = Scene { run, cast, at: run.events.len() };
    process::tip(&scene, scene.history(cast.node(place)))
}

/// Where nothing is to be told.
const NOTHING: &str = "none";

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("{{{}}}", names.into_iter().collect::<Vec<_>>().join(","))
}
