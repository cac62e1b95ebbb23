//! Recorded runs, judged by the properties.

use super::*;

fn judged(records: &Path, rules: &Rules) -> (Report, Judgement) {
    let mut judged = Judged::new(readers(records).iter().map(|(node, _)| *node));
    let rules_of = |node| if node == NodeId(1) { *rules } else { Rules::default() };
    let report = Join::new(readers(records), rules_of).run(&mut judged, &|| true).unwrap();
    (report, judged.finish())
}

#[test]
fn a_run_under_the_rules_violates_no_property() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (report, judgement) = judged(&records, &Rules::default());
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let Judgement { events, tally, limit, fall, .. } = judgement;
    assert!(fall.is_none() && limit.is_none(), "{fall:#?} {limit:?}");
    assert_eq!(events, report.nodes.iter().map(|node| node.counts.events).sum::<u64>());
    let tally = tally.unwrap();
    assert!(tally.unjudged.is_empty(), "{tally:?}");
    assert_eq!(tally.keys, 31, "30 keys of one node each, and a shared one");
    // Nodes may ask again, but each request counts once.
    assert_eq!(tally.requests, 3 * 2 * (3 + 2 + 3) * 10);
}

/// Node B follows another rule, and the actor that follows it does, too: every step is as it should
/// be, and what comes of the steps is not.
#[test]
fn what_another_rule_of_one_node_brings_about_is_a_violation() {
    let rules = Rules { must_save: |_, _, _| false, ..Rules::default() };
    let (_directory, records) = Cluster::start(&rules, Limits::BYTES_MAX_DEFAULT).run();
    let (report, judgement) = judged(&records, &rules);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let fall = judgement.fall.expect("a property falls");
    let property = fall.violation.violation.property.name;
    assert_eq!((fall.node, property), (NodeId(1), "I2.confirmed-put-is-kept"), "{fall:#?}");
    assert!(!fall.violation.violation.evidence.is_empty());

    let (report, judgement) = judged(&records, &Rules::default());
    assert_eq!(report.faults[0].node, NodeId(1));
    let limit = judgement.limit.expect("judging ends at the first wrong step");
    assert_eq!(limit.node, NodeId(1), "{limit:?}");
}

#[test]
fn what_the_records_do_not_tell_is_not_judged() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    fs::remove_dir_all(records.join("B")).unwrap();
    let limit = judged(&records, &Rules::default()).1.limit.expect("the record of B is missing");
    assert!(limit.why.contains("the record of B"), "{limit:?}");

    let (_directory, records) = Cluster::start(&Rules::default(), 300_000).run();
    let (_, judgement) = judged(&records, &Rules::default());
    assert!(judgement.tally.is_none(), "no record has the first start: {judgement:?}");
    assert!(judgement.limit.is_some());
}
