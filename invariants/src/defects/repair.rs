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
        missed_by: "Every answer is right: reads merge what they hear. One has to look at the disks of the replicas that the read \
                    met, after it is over.",
        rules: || Rules { repair_targets: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "repair-with-own-copy",
        rule: "repair_content",
        what: "Read repair writes the coordinator's own copy instead of the merge: if the coordinator is the stale one, nothing \
               is repaired.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        missed_by: "It repairs whenever the coordinator is up to date, as in most tests. It takes a read through a stale replica, \
                    and a look at disks afterwards.",
        rules: || Rules { repair_content: |own, _| own.clone(), ..Rules::default() },
    },
];
