//! A violation in a drawn scope, told in the smallest scope that shows it.

use super::Session;
use super::crew::Drawn;
use super::tally::Violation;
use crate::commands::check::found::Out;
use crate::commands::check::smaller::{Teller, Told};
use dynamo_invariants::property::Property;
use indicatif::ProgressBar;

impl Session<'_> {
    /// Simplifies the scope, searches a shortest path, and tells and saves both.
    pub(super) fn tell(
        &self,
        drawn: &Drawn,
        property: &'static Property,
        bar: &ProgressBar,
        out: Out<'_>,
    ) -> Violation {
        let goes_on = || {
            bar.tick();
            !self.is_stopped()
        };
        let teller = Teller {
            rules: self.plan.rules,
            defect: self.defect,
            states_max: self.plan.states_max,
            folder: &self.folder,
            goes_on: &goes_on,
        };
        let Told { scope, steps, scope_file, trace_file } = teller.tell(&drawn.own, property, out);
        let (number, property) = (drawn.number, property.name);
        Violation { number, property, steps, scope, scope_file, trace_file }
    }
}
