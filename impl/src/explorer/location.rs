//! A location in a scope's state space, by the path to it.

use super::{Refusal, in_full, scopes};
use crate::explorer_address::{self, ScopeError};
pub(super) use crate::explorer_address::{CODE, PROTOCOL, code};
use dynamo_invariants::check::Finding;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde::Deserialize;

/// The longest path that is taken: longer than anyone goes by hand, and taken in a moment.
const STEPS_MAX: usize = 1_000;

/// A location as a request names it.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) scope: String,
    pub(super) rules: String,
    /// Its former name is `way`; links that use it still work.
    #[serde(default, alias = "way")]
    pub(super) path: String,
}

/// A location: a scope, its rules, and the steps to take.
#[derive(Clone, Debug)]
pub struct Location {
    scope: &'static Scope,
    defect: Option<&'static Defect>,
    path: Vec<String>,
}

impl Location {
    /// The initial state of a scope, under the protocol's rules or a defect's.
    pub fn begin(scope: &'static Scope, defect: Option<&'static Defect>) -> Location {
        Location { scope, defect, path: Vec::new() }
    }

    /// The state at the end of a trace.
    pub fn of(trace: &Trace) -> Location {
        let defect = trace.defect.as_deref().and_then(Defect::named);
        let path = trace.steps.iter().map(|step| code(&step.event)).collect();
        Location { scope: trace.scope(), defect, path }
    }

    /// The state at the end of what a search found: the violation, or one turn of a cycle.
    pub(super) fn found(&self, finding: &Finding) -> Location {
        self.after(&Run::found(self.scope, self.rules(), finding))
    }

    /// The state at the end of a run of this scope under these rules.
    pub(super) fn after(&self, run: &Run) -> Location {
        Location { path: run.events.iter().map(code).collect(), ..self.clone() }
    }

    /// The state at the end of a run of a scope, under the protocol's rules or a defect's.
    pub fn at_end_of(
        run: &Run,
        scope: &'static Scope,
        defect: Option<&'static Defect>,
    ) -> Location {
        Location::begin(scope, defect).after(run)
    }

    /// The location that a request names, which may be anything.
    pub(super) fn named(named: &Named) -> Result<Location, Refusal> {
        let Named { scope, rules, path } = named;
        let unknown =
            |what: &str, name: &str| Refusal::not_found(format!("there is no {what} {name:?}"));
        let scope = match scopes::of_lesson(scope) {
            Some(scope) => scope,
            None => explorer_address::scope_named(scope).map_err(|error| match error {
                ScopeError::Unknown(_) => Refusal::not_found(error.to_string()),
                _ => Refusal::unprocessable(in_full(&error)),
            })?,
        };
        let defect = match rules.as_str() {
            PROTOCOL => None,
            name => Some(Defect::named(name).ok_or_else(|| unknown("defect", name))?),
        };
        if path.len() > STEPS_MAX * CODE {
            return Err(Refusal::unprocessable(format!(
                "the path has more than {STEPS_MAX} steps"
            )));
        }
        if !path.is_ascii() || path.len() % CODE != 0 {
            return Err(Refusal::unprocessable(format!("a path has {CODE} letters for each step")));
        }
        let path = path
            .as_bytes()
            .chunks(CODE)
            .map(|code| String::from_utf8_lossy(code).into_owned())
            .collect();
        Ok(Location { scope, defect, path })
    }

    /// Why the explorer does not show the end of this trace at the address that links name. `None`:
    /// it does.
    pub fn fault_of(trace: &Trace) -> Option<String> {
        let (run, _) = trace.run();
        match Location::at(&Location::of(trace).url()).and_then(|location| location.run()) {
            Ok(shown) if shown.last() == run.last() => None,
            Ok(_) => Some("its address shows another state".to_owned()),
            Err(Refusal(_, why)) => Some(why),
        }
    }

    /// The location that an address names: `/SCOPE/RULES/PATH`.
    pub(crate) fn at(address: &str) -> Result<Location, Refusal> {
        let mut parts = address.trim_start_matches('/').splitn(3, '/').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Location::named(&Named { scope: part(), rules: part(), path: part() })
    }

    /// The scope.
    pub(super) fn scope(&self) -> &'static Scope {
        self.scope
    }

    /// The rules.
    pub(super) fn rules(&self) -> Rules {
        self.defect.map_or_else(Rules::default, |defect| (defect.rules)())
    }

    /// What its rules are called.
    pub(super) fn rules_name(&self) -> &'static str {
        self.defect.map_or(PROTOCOL, |defect| defect.name)
    }

    /// Its steps, by their codes.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    /// The address of the page that shows it.
    pub fn url(&self) -> String {
        explorer_address::of(self.scope, self.rules_name(), &self.path.concat())
    }

    /// Takes its steps.
    pub(crate) fn run(&self) -> Result<Run, Refusal> {
        let mut run = Run::begin(self.scope.model(self.rules(), []));
        for (index, wanted) in self.path.iter().enumerate() {
            let event = run.possible().into_iter().find(|event| code(event) == *wanted);
            let taken = event.is_some_and(|event| run.take(&event).is_ok());
            if !taken {
                let step = index + 1;
                return Err(Refusal::unprocessable(format!(
                    "step {step} of this path, {wanted:?}, cannot be taken there"
                )));
            }
        }
        Ok(run)
    }

    /// The path, as a trace of the first thing that it shows.
    pub(super) fn trace(&self, run: &Run) -> Result<Trace, Refusal> {
        Trace::of_first_shown(run, self.defect).ok_or_else(|| {
            Refusal::unprocessable(
                "a trace shows a property, and this path shows none yet; its address keeps it"
                    .to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_invariants::catalogue;
    use dynamo_invariants::check::find;
    use dynamo_invariants::property::Property;
    use dynamo_invariants::scope::own::OwnScope;

    fn named(scope: &str, rules: &str, path: &str) -> Result<Location, Refusal> {
        Location::named(&Named {
            scope: scope.to_owned(),
            rules: rules.to_owned(),
            path: path.to_owned(),
        })
    }

    #[test]
    fn a_path_leads_to_the_state_it_was_read_from() {
        let mut location =
            Location::begin(catalogue::scope_named("concurrent-puts").expect("a scope"), None);
        for number in 0..12 {
            let run = location.run().expect("its steps can be taken");
            let steps = run.steps();
            location.path.push(code(&steps[number % steps.len()].0));
            let again =
                named("concurrent-puts", PROTOCOL, &location.path.concat()).expect("its own name");
            assert_eq!(again.run().expect("the same path").last(), &steps[number % steps.len()].1);
        }
    }

    #[test]
    fn a_path_with_a_cycle_is_a_trace_of_a_property_that_never_converges() {
        let defect = Defect::named("last-answer-ignored").expect("a defect");
        let property = Property::named("I6.every-request-ends").expect("a property");
        let begin = Location::begin(defect.scope(), Some(defect));
        let (finding, _) = find(defect.scope(), begin.rules(), property);
        let location = begin.found(&finding.expect("it never ends"));
        let trace = location
            .trace(&location.run().expect("its steps can be taken"))
            .expect("it shows something");
        assert!(trace.cycle_from.is_some(), "{} is shown", trace.property);
        assert!(trace.replay().is_ok());
    }

    #[test]
    fn no_two_steps_of_a_state_share_a_code() {
        for scope in catalogue::SCOPES {
            let mut run = Location::begin(scope, None).run().expect("the initial state");
            for number in 0..15 {
                let steps = run.steps();
                let mut codes: Vec<String> = steps.iter().map(|(event, _)| code(event)).collect();
                codes.sort_unstable();
                codes.dedup();
                assert_eq!(codes.len(), steps.len(), "{}", scope.name);
                let Some((event, _)) = steps.get(number * 7 % steps.len().max(1)) else { break };
                run.take(event).expect("it was possible");
            }
        }
    }

    #[test]
    fn an_unknown_location_is_refused_with_a_reason() {
        let says = |scope, rules, path| {
            named(scope, rules, path)
                .and_then(|location| location.run().map(|_| ()))
                .expect_err("no such location")
                .1
        };
        assert!(says("no-such", PROTOCOL, "").contains("no scope \"no-such\""));
        assert!(says("one-client", "no-such", "").contains("no defect \"no-such\""));
        assert!(says("one-client", PROTOCOL, "abc").contains("6 letters"));
        assert!(says("one-client", PROTOCOL, "äöüäöü").contains("6 letters"));
        assert!(says("one-client", PROTOCOL, "abcdef").contains("step 1 of this path"));
        assert!(
            says("one-client", PROTOCOL, &"abcdef".repeat(1_001)).contains("more than 1000 steps")
        );
    }

    #[test]
    fn a_scope_of_a_readers_own_stands_whole_in_the_address() {
        let script = "nodes A B C\nquorum n=2 r=1 w=1\nput D1 via A by ann\nget via B by bob\n";
        let scenario: dynamo_invariants::scenario::Scenario = script.parse().expect("a script");
        let own = scenario.own_scope();
        let scope = catalogue::own_scope(&own).expect("it is valid");
        let url = Location::begin(scope, None).url();
        assert!(url.starts_with("/own-") && url.ends_with("/protocol/"), "{url}");
        let again = Location::at(&url).expect("its own address").scope;
        assert!(std::ptr::eq(again, scope), "the same content is the same scope");
        // Cut off, damaged, of another version, and with values that make no sense.
        for (segment, why) in [
            (url[1..30].to_owned(), "copy the whole address"),
            ("own-".to_owned(), "copy the whole address"),
            ("own-AgICAgIC".to_owned(), "copy the whole address"),
            ("own-????".to_owned(), "copy the whole address"),
            (format!("own-{}", "A".repeat(9_000)), "copy the whole address"),
            (
                explorer_address::encoded(&OwnScope { nodes: 7, ..own.clone() }),
                "there are 7 nodes: use 1 to 6",
            ),
            (
                explorer_address::encoded(&OwnScope { name: "one-client".to_owned(), ..own }),
                "choose another",
            ),
        ] {
            let Refusal(_, told) = named(&segment, PROTOCOL, "").expect_err("not valid");
            assert!(told.contains(why), "{segment}: {told}");
        }
    }
}
