//! Reads that leave replicas stale.

use super::Defect;
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "repair-skipped",
        rule: "repair_targets",
        what: "A read that met stale replicas leaves them stale.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        missed_by: "TODO.",
        rules: || Rules { repair_targets: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "repair-with-own-copy",
        rule: "repair_content",
        what: "Read repair writes the coordinator's own copy instead of the merge: if the coordinator is the stale one, nothing \
               is repaired.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        missed_by: "TODO.",
        rules: || Rules { repair_content: |own, _| own.clone(), ..Rules::default() },
    },
];
