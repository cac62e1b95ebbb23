//! Defects of what a node does that is started on an older copy of its disk.

use super::Defect;
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "old-disk-is-believed",
        rule: "disk_is_old",
        what: "A node that is started on an older copy of its disk goes on with it, though another node remembers a later commit. It gives a \
               new put the dot of one that the copy lacks, and where both meet one of them is taken for replaced.",
        missed_by: "Every check of the copy by itself passes: it is whole. It takes another node that still has what came after the copy.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        rules: || Rules { disk_is_old: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "old-disk-is-judged-by-its-start",
        rule: "disk_is_old",
        what: "Nodes remember the starts of one another, and not the commits. A copy of a disk that was made since the node's last start is \
               believed, and the node gives a new put the dot of one that the copy lacks.",
        missed_by: "A backup is older than the last start, as a rule, and is found. It takes a snapshot of a node that runs, and no start between \
                    the snapshot and its return.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        rules: || Rules {
            disk_is_old: |remembered, known| {
                known.last().is_some_and(|last| last.start < remembered.start)
            },
            ..Rules::default()
        },
    },
];
