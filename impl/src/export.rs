//! Traces in the formats of others: ITF for trace viewers of TLA+ and Quint, `ShiViz` logs, Mermaid
//! sequence diagrams, SVG, and a page of HTML that needs no server.

mod html;
mod itf;
mod mermaid;
mod shiviz;
mod svg;
#[cfg(test)]
mod tests;

use dynamo_invariants::describe::diagram::{everyone, rows};
use dynamo_invariants::describe::flight::{Flight, flights};
use dynamo_invariants::describe::{self, Fact};
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
pub enum Format {
    /// Informal Trace Format, as Apalache's ADR-015 defines it
    Itf,
    /// A `ShiViz` log, with its parser expression in the first line
    Shiviz,
    /// A Mermaid sequence diagram
    Mermaid,
    /// A space-time diagram
    Svg,
    /// A page that steps through the trace, without a server
    Html,
}

/// The trace in this format. It is what today's code does with the trace's steps: a trace that does
/// not replay is to be refused before.
pub fn export(trace: &Trace, run: &Run, format: Format) -> String {
    let story = Story::of(trace, run);
    match format {
        Format::Itf => itf::text(&story),
        Format::Shiviz => shiviz::text(&story),
        Format::Mermaid => mermaid::text(&story),
        Format::Svg => svg::text(&story),
        Format::Html => html::text(&story),
    }
}

/// What all formats show.
struct Story<'a> {
    trace: &'a Trace,
    run: &'a Run,
    /// Nodes, then clients.
    everyone: Vec<Who>,
    /// What happens in each step.
    texts: Vec<String>,
    flights: Vec<Flight>,
    /// What is so in each state.
    facts: Vec<Vec<Fact>>,
}

impl<'a> Story<'a> {
    fn of(trace: &'a Trace, run: &'a Run) -> Self {
        Story {
            trace,
            run,
            everyone: everyone(run),
            texts: rows(run).into_iter().map(|row| row.text).collect(),
            flights: flights(run),
            facts: run.states.iter().map(|state| describe::facts(&run.model, state)).collect(),
        }
    }

    /// What it shows, in a line.
    fn title(&self) -> String {
        let Trace { scope, property, .. } = self.trace;
        match &self.trace.defect {
            Some(defect) => format!("{defect} breaks {property} in scope {scope}"),
            None => format!("{property} in scope {scope}, by the protocol's own rules"),
        }
    }

    /// The message that ended in a step, if one did.
    fn ended_in(&self, step: usize) -> Option<&Flight> {
        self.flights.iter().find(|flight| flight.ended.is_some_and(|(ended, _)| ended == step))
    }
}
