//! What happened in a scenario, as text and as JSON.

use crate::output::say;
use anstyle::{AnsiColor, Style};
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scenario::{Performance, Scenario, StageError};
use serde_json::{Value, json};

const FAINT: Style = Style::new().dimmed();
const FAULT: Style = AnsiColor::Red.on_default();
const STRONG: Style = Style::new().bold();

/// A scenario that was performed.
pub(super) struct Told<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) performance: &'a Performance,
    pub(super) defect: Option<&'static Defect>,
}

/// An *always* property that a run violates.
struct Violated {
    property: &'static Property,
    /// The first step after which it is violated.
    step: usize,
}

impl Told<'_> {
    /// The run as a space-time diagram.
    pub(super) fn print_steps(&self) {
        let run = &self.performance.run;
        if let Some(defect) = self.defect {
            say!("under the rules of the defect {}: {}\n", defect.name, defect.what);
        }
        say!("{}\n", self.cast());
        say!("      {STRONG}{}{STRONG:#}", diagram::head(run));
        for row in diagram::rows(run) {
            let style = if row.is_fault { FAULT } else { Style::new() };
            say!("{FAINT}{:>4}{FAINT:#}  {}  {style}{}{style:#}", row.step, row.lanes, row.text);
        }
    }

    /// How the diagram calls the clients and the versions of the script; and its nodes, if no key
    /// has exactly the script's order of nodes.
    fn cast(&self) -> String {
        let Told { scenario, performance, .. } = self;
        let first = scenario.nodes.len();
        let clients = scenario.clients().into_iter().enumerate();
        let clients = clients.map(|(index, name)| format!("c{} is {name}", first + index));
        let versions = scenario.versions().into_iter().enumerate();
        let versions = versions.map(|(index, name)| format!("w{index} is {name}"));
        let cast = &performance.cast;
        let nodes = cast.nodes.iter().zip(&cast.names).filter(|(node, name)| node != name);
        let nodes = nodes.map(|(node, name)| format!("{node} is the script's {name}"));
        let all: Vec<String> = clients.chain(versions).chain(nodes).collect();
        if all.is_empty() { "no client".to_owned() } else { all.join(", ") }
    }

    /// The requests, and the answers of the nodes.
    pub(super) fn print_answers(&self) {
        let answers = self.scenario.answers(self.performance);
        if answers.is_empty() {
            return;
        }
        let width = answers.iter().map(|it| it.request.chars().count()).max().unwrap_or_default();
        say!("\n{STRONG}answers{STRONG:#}");
        for answered in answers {
            let (line, request, answer) = (answered.line, answered.request, answered.answer);
            say!("  line {line:>3}  {request:width$}  {answer}");
        }
    }

    pub(super) fn print_violated(&self) {
        for Violated { property, step } in self.violated() {
            say!("\n{FAULT}after step {step}, {} is violated{FAULT:#}", property.name);
            say!("  {}", property.statement);
            if let Some(limit) = known_limit(property).filter(|_| self.defect.is_none()) {
                say!("  a known limit: dynamo explain {limit}");
            }
        }
    }

    fn violated(&self) -> Vec<Violated> {
        let run = &self.performance.run;
        let violated = |property: &'static Property| {
            let mut states = run.states.iter();
            let step = states.position(|state| !(property.condition)(&run.model, state))?;
            Some(Violated { property, step })
        };
        let always = PROPERTIES.iter().filter(|property| property.kind == Kind::Always);
        always.filter_map(violated).collect()
    }

    /// Everything as JSON. `outcome` is an error also where a row of the table is not as expected.
    pub(super) fn as_json(
        &self,
        table: Option<usize>,
        failed: Option<&StageError>,
        outcome: &anyhow::Result<()>,
    ) -> Value {
        let Told { scenario, performance, defect } = self;
        let answers = scenario
            .answers(performance)
            .into_iter()
            .map(|it| json!({ "line": it.line, "request": it.request, "answer": it.answer }));
        let steps = performance.run.events.iter().map(ToString::to_string);
        let violated = self
            .violated()
            .into_iter()
            .map(|Violated { property, step }| json!({ "property": property.name, "step": step }));
        let error = match (failed, outcome) {
            (Some(StageError::Unexpected { line, expected, actual }), _) => {
                json!({ "line": line, "expected": expected, "actual": actual })
            }
            (Some(other), _) => json!({ "line": other.line(), "why": other.to_string() }),
            (None, Err(why)) => json!({ "line": null, "why": format!("{why:#}") }),
            (None, Ok(())) => Value::Null,
        };
        let table = table.and_then(|number| performance.table(number));
        json!({
            "holds": outcome.is_ok(),
            "defect": defect.map(|defect| defect.name),
            "error": error,
            "answers": answers.collect::<Vec<_>>(),
            "steps": steps.collect::<Vec<_>>(),
            "violated": violated.collect::<Vec<_>>(),
            "table": table.map(|table| json!({ "title": table.title, "lines": table.lines })),
        })
    }
}

/// The known limit by which the protocol's own rules violate a property.
fn known_limit(property: &Property) -> Option<&'static str> {
    let mut cases = Case::all().filter(|case| case.defect().is_none());
    cases.find(|case| case.properties()[0].name == property.name).map(|case| case.name())
}
