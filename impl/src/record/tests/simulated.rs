//! Simulated clusters, recorded as real ones are, and judged from the records: members change,
//! disks are lost, nodes crash and clients go on.

use super::*;
use crate::simulation::{Outcome, Plan, Profile, Size, run_recorded};
use dynamo_invariants::catalogue::DEFECTS;

const SEED: u64 = 26;

/// A run with this number, in which members change and a disk may be lost.
fn plan(number: u64, keys: usize) -> Plan {
    let size =
        Size { nodes: None, quorum: None, keys, clients: 3, unsafe_for: Duration::from_secs(30) };
    Plan::draw(SEED, number, Profile::Churn, &size)
}

/// Records a run, and judges it from the records.
fn judged(plan: &Plan, rules: &Rules) -> (Outcome, Report, Judgement) {
    let directory = tempfile::tempdir().unwrap();
    let outcome = run_recorded(plan, rules, directory.path());
    let readers = || {
        let open = |id: u16| {
            let id = NodeId(id);
            let reader = Reader::open(&directory.path().join(id.to_string())).unwrap();
            Some((id, reader?))
        };
        (0..plan.nodes()).filter_map(open).collect::<Vec<_>>()
    };
    let mut judged = Judged::new(readers().iter().map(|(node, _)| *node));
    let report = Join::new(readers(), |_| *rules).run(&mut judged, &|| true).unwrap();
    (outcome, report, judged.finish())
}

/// No recorded run under the rules violates a property, whatever happens to members and disks. In
/// run 150, a node crashes amid a commit, and the disk lacks its last batch.
#[test]
fn recorded_runs_in_which_members_change_violate_no_property() {
    let (mut changes, mut disks, mut rests) = (0, 0, 0);
    for number in (0..40).chain([150, 2351]) {
        let plan = plan(number, 1 + (number % 3) as usize);
        if plan.returns_to_copy {
            // What a node did whose disk then went back to an older state is not recorded.
            continue;
        }
        let (outcome, report, judgement) = judged(&plan, &Rules::default());
        assert!(outcome.violation.is_none(), "run {number}");
        assert!(report.faults.is_empty(), "run {number}: {}", report.faults[0]);
        let Judgement { events, tally, limit, fall, rest } = judgement;
        assert!(limit.is_none() && fall.is_none(), "run {number}: {limit:?} {fall:#?}");
        assert!(!matches!(rest, Rest::Violated(_)), "run {number}: {rest:#?}");
        assert!(events > 0 && tally.is_some(), "run {number}");
        let mut asks = plan.keys[0].clients.iter().flat_map(|script| script.iter());
        changes += usize::from(asks.any(|(_, ask)| ask.moves().is_some()));
        disks += report.nodes.iter().map(|node| node.counts.new_disks).sum::<u64>();
        rests += usize::from(matches!(rest, Rest::Holds));
    }
    assert!(changes >= 30, "{changes} runs in which administrators change members");
    assert!(disks >= 2, "{disks} lost disks");
    assert!(rests >= 10, "{rests} runs that had come to rest");
}

/// All nodes follow a defect, and validation is told so: every step is one of the rules, and in one
/// of so many runs a property falls. Returns its name.
fn fallen(defect: &str, runs: u64) -> Option<&'static str> {
    let defect = DEFECTS.iter().find(|it| it.name == defect).unwrap();
    let rules = (defect.rules)();
    (0..runs).map(|number| plan(number, 1)).filter(|plan| !plan.returns_to_copy).find_map(|plan| {
        let (_, report, judgement) = judged(&plan, &rules);
        assert!(report.faults.is_empty(), "run {}: {}", plan.number, report.faults[0]);
        let fall = judgement.fall.map(|fall| fall.violation.violation);
        let at_rest = match judgement.rest {
            Rest::Violated(it) => Some(it.violation),
            _ => None,
        };
        let violation = fall.or(at_rest)?;
        assert!(!violation.evidence.is_empty(), "{violation:#?}");
        Some(violation.property.name)
    })
}

#[test]
fn a_wrong_handover_violates_a_property() {
    let on_disks = Some("I1.acknowledged-put-is-on-w-disks");
    assert_eq!(fallen("old-replica-just-drops", 40), on_disks);
    assert_eq!(fallen("gone-with-hands-full", 40), on_disks);
    assert_eq!(fallen("hint-for-the-removed-is-dropped", 40), on_disks);
}

#[test]
fn a_wrong_history_violates_a_property() {
    assert_eq!(fallen("longer-history-wins", 40), Some("I9.change-is-never-unlearned"));
    assert_eq!(fallen("change-in-memory-only", 40), Some("I9.change-is-never-unlearned"));
}
