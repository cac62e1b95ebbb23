//! A place in a scope's state space, by the way to it.

use super::Refusal;
use data_encoding::BASE64URL_NOPAD;
use dynamo_invariants::catalogue;
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::check::Finding;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::property::Kind;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::digest;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde::Deserialize;

/// What the protocol's own rules are called where a defect's name may stand.
pub(super) const PROTOCOL: &str = "protocol";
/// The longest way that is taken: longer than anyone goes by hand, and taken in a moment.
const STEPS_MAX: usize = 1_000;
/// How many letters name a step: 36 bits of its digest. Steps that share them in one state are told
/// apart by no URL; there are none.
const CODE: usize = 6;

/// A place as a request names it.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) scope: String,
    pub(super) rules: String,
    #[serde(default)]
    pub(super) way: String,
}

/// A place: a scope, its rules, and the steps to take.
#[derive(Clone, Debug)]
pub struct Place {
    scope: &'static Scope,
    defect: Option<&'static Defect>,
    way: Vec<String>,
}

/// What names a step in a way.
pub(super) fn code(event: &Event) -> String {
    let mut code = BASE64URL_NOPAD.encode(&digest::event(event).0.to_be_bytes());
    code.truncate(CODE);
    code
}

impl Place {
    /// Where a scope begins, under the protocol's rules or a defect's.
    pub fn begin(scope: &'static Scope, defect: Option<&'static Defect>) -> Place {
        Place { scope, defect, way: Vec::new() }
    }

    /// Where a trace leads.
    pub fn of(trace: &Trace) -> Place {
        let defect = trace.defect.as_deref().and_then(Defect::named);
        let way = trace.steps.iter().map(|step| code(&step.event)).collect();
        Place { scope: trace.scope(), defect, way }
    }

    /// Where a search led: as far as to the violation, and then once round.
    pub(super) fn found(&self, finding: &Finding) -> Place {
        let run = Run::found(self.scope, self.rules(), finding);
        Place { way: run.events.iter().map(code).collect(), ..self.clone() }
    }

    /// The place that a request names, which may be anything.
    pub(super) fn named(named: &Named) -> Result<Place, Refusal> {
        let Named { scope, rules, way } = named;
        let unknown =
            |what: &str, name: &str| Refusal::not_found(format!("there is no {what} {name:?}"));
        let scope = catalogue::scope_named(scope).ok_or_else(|| unknown("scope", scope))?;
        let defect = match rules.as_str() {
            PROTOCOL => None,
            name => Some(Defect::named(name).ok_or_else(|| unknown("defect", name))?),
        };
        if way.len() > STEPS_MAX * CODE {
            return Err(Refusal::unprocessable(format!("the way has more than {STEPS_MAX} steps")));
        }
        if !way.is_ascii() || way.len() % CODE != 0 {
            return Err(Refusal::unprocessable(format!("a way has {CODE} letters for each step")));
        }
        let way = way
            .as_bytes()
            .chunks(CODE)
            .map(|code| String::from_utf8_lossy(code).into_owned())
            .collect();
        Ok(Place { scope, defect, way })
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
    pub(super) fn way(&self) -> &[String] {
        &self.way
    }

    /// The address of the page that shows it.
    pub fn url(&self) -> String {
        format!("/{}/{}/{}", self.scope.name, self.rules_name(), self.way.concat())
    }

    /// Goes there.
    pub(super) fn run(&self) -> Result<Run, Refusal> {
        let mut run = Run::begin(self.scope.model(self.rules(), []));
        for (index, wanted) in self.way.iter().enumerate() {
            let event = run.possible().into_iter().find(|event| code(event) == *wanted);
            let taken = event.is_some_and(|event| run.take(&event).is_ok());
            if !taken {
                let step = index + 1;
                return Err(Refusal::unprocessable(format!(
                    "step {step} of this way, {wanted:?}, cannot be taken there"
                )));
            }
        }
        Ok(run)
    }

    /// The way, as a trace of the first thing that it shows: what is always to hold and does not;
    /// what never becomes so, where it goes round or nothing goes on; else what is to be reachable.
    pub(super) fn trace(&self, run: &Run) -> Result<Trace, Refusal> {
        let round = run.states.iter().position(|state| state == run.last());
        let shown = |kind, cycle_from| {
            let mut of_kind = PROPERTIES.iter().filter(|property| property.kind == kind);
            let property =
                of_kind.find(|property| run.does_not_show(property, cycle_from).is_none())?;
            Some((property, cycle_from))
        };
        let shown = shown(Kind::Always, None)
            .or_else(|| shown(Kind::Converges, round))
            .or_else(|| shown(Kind::Reachable, None));
        let (property, cycle_from) = shown.ok_or_else(|| {
            Refusal::unprocessable(
                "a trace shows a property, and this way shows none yet; its address keeps it"
                    .to_owned(),
            )
        })?;
        Ok(Trace::of(run, self.defect.map(|defect| defect.name.to_owned()), property, cycle_from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_invariants::check::find;
    use dynamo_invariants::property::Property;

    fn named(scope: &str, rules: &str, way: &str) -> Result<Place, Refusal> {
        Place::named(&Named {
            scope: scope.to_owned(),
            rules: rules.to_owned(),
            way: way.to_owned(),
        })
    }

    #[test]
    fn a_way_leads_back_to_where_it_was_read_from() {
        let mut place =
            Place::begin(catalogue::scope_named("concurrent-puts").expect("a scope"), None);
        for number in 0..12 {
            let run = place.run().expect("it can be gone");
            let steps = run.steps();
            place.way.push(code(&steps[number % steps.len()].0));
            let again =
                named("concurrent-puts", PROTOCOL, &place.way.concat()).expect("its own name");
            assert_eq!(again.run().expect("the same way").last(), &steps[number % steps.len()].1);
        }
    }

    #[test]
    fn a_way_that_goes_round_is_a_trace_of_what_never_becomes_so() {
        let defect = Defect::named("last-answer-ignored").expect("a defect");
        let property = Property::named("I6.every-request-ends").expect("a property");
        let begin = Place::begin(defect.scope(), Some(defect));
        let (finding, _) = find(defect.scope(), begin.rules(), property);
        let place = begin.found(&finding.expect("it never ends"));
        let trace = place.trace(&place.run().expect("it can be gone")).expect("it shows something");
        assert!(trace.cycle_from.is_some(), "{} is shown", trace.property);
        assert!(trace.replay().is_ok());
    }

    #[test]
    fn no_two_steps_of_a_state_share_a_code() {
        for scope in catalogue::SCOPES {
            let mut run = Place::begin(scope, None).run().expect("where it begins");
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
    fn what_is_no_place_is_refused_with_a_reason() {
        let says = |scope, rules, way| {
            named(scope, rules, way)
                .and_then(|place| place.run().map(|_| ()))
                .expect_err("no place")
                .1
        };
        assert!(says("no-such", PROTOCOL, "").contains("no scope \"no-such\""));
        assert!(says("one-client", "no-such", "").contains("no defect \"no-such\""));
        assert!(says("one-client", PROTOCOL, "abc").contains("6 letters"));
        assert!(says("one-client", PROTOCOL, "äöüäöü").contains("6 letters"));
        assert!(says("one-client", PROTOCOL, "abcdef").contains("step 1 of this way"));
        assert!(
            says("one-client", PROTOCOL, &"abcdef".repeat(1_001)).contains("more than 1000 steps")
        );
    }
}
