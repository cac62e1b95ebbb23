//! A case of the gallery: a defect, or a known limit.

use dynamo_invariants::catalogue::{DEFECTS, INVARIANTS, LIMITS};
use dynamo_invariants::check::{Finding, find};
use dynamo_invariants::defect::{Defect, Limit};
use dynamo_invariants::historic::Historic;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use dynamo_model::rules::Rules;

/// The number of the first known limit; defects begin with 1.
const FIRST_LIMIT: usize = 101;

/// A defect or a known limit, with its number in the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its number.
    pub number: usize,
    /// Which.
    pub kind: Kind,
}

/// Which case.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A defect.
    Defect(&'static Defect),
    /// A known limit.
    Limit(&'static Limit),
}

impl Case {
    /// Every one: defects, then known limits.
    pub fn all() -> impl Iterator<Item = Case> {
        let numbered = |first| move |(index, kind)| Case { number: first + index, kind };
        let defects = DEFECTS.iter().map(Kind::Defect).enumerate().map(numbered(1));
        defects.chain(LIMITS.iter().map(Kind::Limit).enumerate().map(numbered(FIRST_LIMIT)))
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Case> {
        Case::all().find(|case| case.name() == name)
    }

    /// The defect, if it is one.
    pub fn defect(&self) -> Option<&'static Defect> {
        if let Kind::Defect(defect) = self.kind { Some(defect) } else { None }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Defect(defect) => defect.name,
            Kind::Limit(limit) => limit.name,
        }
    }

    /// What it is, and what follows.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Defect(defect) => defect.what,
            Kind::Limit(limit) => limit.what,
        }
    }

    /// What two named clients see, in three sentences. Empty where nobody has written it.
    pub fn story(&self) -> &'static str {
        match self.kind {
            Kind::Defect(defect) => defect.story,
            Kind::Limit(limit) => limit.story,
        }
    }

    /// The invariant of its most telling property.
    pub fn invariant(&self) -> &'static Invariant {
        let id = self.properties()[0].invariant();
        let named = INVARIANTS.iter().find(|invariant| invariant.id == id);
        named.expect("a property belongs to one of the nine invariants")
    }

    /// Why a weaker check misses it.
    pub fn missed_by(&self) -> &'static str {
        match self.kind {
            Kind::Defect(defect) => defect.missed_by,
            Kind::Limit(limit) => limit.missed_by,
        }
    }

    /// The real systems in which it happened.
    pub fn seen_in(&self) -> Vec<&'static Historic> {
        match self.kind {
            Kind::Defect(defect) => defect.seen_in().collect(),
            Kind::Limit(limit) => limit.seen_in().collect(),
        }
    }

    /// Where it is found.
    pub fn scope(&self) -> &'static Scope {
        match self.kind {
            Kind::Defect(defect) => defect.scope(),
            Kind::Limit(limit) => limit.scope(),
        }
    }

    /// The rules that the nodes follow.
    pub fn rules(&self) -> Rules {
        self.defect().map_or_else(Rules::default, |defect| (defect.rules)())
    }

    /// The properties that it breaks, or does not promise; the most telling first.
    pub fn properties(&self) -> Vec<&'static Property> {
        match self.kind {
            Kind::Defect(defect) => defect.properties().collect(),
            Kind::Limit(limit) => vec![limit.property()],
        }
    }

    /// Searches for the shortest trace. Returns how many states were visited, too.
    pub fn find(&self) -> (Option<Finding>, usize) {
        find(self.scope(), self.rules(), self.properties()[0])
    }

    /// What was found, as a trace.
    pub fn trace(&self, finding: &Finding) -> Trace {
        Trace::record(self.scope(), self.defect(), self.properties()[0], finding)
    }

    /// Is it this case that the trace shows?
    pub fn is_shown_by(&self, trace: &Trace) -> bool {
        trace.scope == self.scope().name
            && trace.defect.as_deref() == self.defect().map(|defect| defect.name)
            && trace.property == self.properties()[0].name
    }

    /// Searches for the shortest trace that ends in a client's loss, where the case has one.
    pub fn find_loss(&self) -> Option<Trace> {
        let (scope, harm) = self.defect()?.loss()?;
        let finding = find(scope, self.rules(), harm).0?;
        Some(Trace::record(scope, self.defect(), harm, &finding))
    }

    /// Is it the loss of this case that the trace shows?
    pub fn loses_by(&self, trace: &Trace) -> bool {
        let loss = self.defect().and_then(Defect::loss);
        loss.is_some_and(|(scope, harm)| {
            trace.scope == scope.name
                && trace.defect.as_deref() == Some(self.name())
                && trace.property == harm.name
        })
    }

    /// The name of the file in the gallery with the trace that ends in a client's loss.
    pub fn loss_file(&self) -> String {
        format!("{:03}-{}.loss.json", self.number, self.name())
    }

    /// The name of the trace's file in the gallery.
    pub fn trace_file(&self) -> String {
        format!("{:03}-{}.json", self.number, self.name())
    }

    /// The name of the page in the gallery.
    pub fn page_file(&self) -> String {
        format!("{:03}-{}.md", self.number, self.name())
    }
}
