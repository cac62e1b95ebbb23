//! Records that are followed while nodes write them.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Files of 128 KiB, so that nodes begin new ones, and a node that is started again.
#[test]
fn what_is_followed_live_is_what_is_read_afterwards() {
    let cluster = Cluster::start(&Rules::default(), 1 << 20);
    let (records, is_over) = (cluster.records(), AtomicBool::new(false));
    let (live, heard, before_the_end, _directory) = thread::scope(|scope| {
        let follow = scope.spawn(|| {
            let (mut heard, mut before_the_end) = (Heard::default(), 0);
            let join = Join::new(readers(&records), |_| Rules::default());
            let follow = join.follow_live(&mut heard, &|| true, &mut |_, heard| {
                before_the_end = heard.steps;
                thread::sleep(Duration::from_millis(20));
                !is_over.load(Ordering::Relaxed)
            });
            (follow.unwrap(), heard, before_the_end)
        });
        let (directory, _) = cluster.run();
        thread::sleep(Duration::from_millis(100));
        is_over.store(true, Ordering::Relaxed);
        let (report, heard, before_the_end) = follow.join().unwrap();
        (report, heard, before_the_end, directory)
    });
    assert!(live.faults.is_empty(), "{}", live.faults[0]);
    let mut heard_afterwards = Heard::default();
    let join = Join::new(readers(&records), |_| Rules::default());
    let afterwards = join.run(&mut heard_afterwards, &|| true).unwrap();
    let counts = |report: &Report| {
        let of = |node: &NodeReport| (node.node, node.counts.clone(), node.ending);
        report.nodes.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(counts(&live), counts(&afterwards));
    assert_eq!(
        (heard.starts, heard.steps, heard.ends),
        (heard_afterwards.starts, heard_afterwards.steps, heard_afterwards.ends)
    );
    assert_eq!(before_the_end, heard.steps, "all nodes had stopped before it was told to end");
    assert!(files::list(&records.join("A")).unwrap().len() > 2, "no file followed another");
}

/// Validates records as a whole, and while they are followed. Neither finds a fault at any time.
fn without_faults(records: &Path) -> [Report; 2] {
    let join = Join::new(readers(records), |_| Rules::default());
    let mut pauses = 0;
    let live = join.follow_live(&mut Heard::default(), &|| true, &mut |join, _| {
        pauses += 1;
        assert!(join.faults().is_empty(), "before its end: {}", join.faults()[0]);
        pauses < 3
    });
    let reports = [validated(records), live.unwrap()];
    for report in &reports {
        assert!(report.faults.is_empty(), "{}", report.faults[0]);
    }
    reports
}

/// The disk was full just when a node began the next file of its record.
#[test]
fn an_empty_file_that_was_cut_off_ends_a_record() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (file, mut entries) = entries_of(&records, "B").pop().unwrap();
    assert!(matches!(entries.pop(), Some(Entry::Stop)));
    write(&file, &entries);
    fs::write(records.join("B/record-0000000002.cut"), "").unwrap();
    for report in without_faults(&records) {
        let node = &report.nodes[1];
        assert_eq!(node.ending, Some(Ending::Cut));
        assert_eq!(node.gaps.iter().map(|(_, gap)| gap).collect::<Vec<_>>(), [&Gap::Cut]);
    }
}

/// B goes on without its record, and A and C have received what it does not have.
#[test]
fn what_a_record_lacks_that_was_cut_off_is_no_fault() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (file, mut entries) = entries_of(&records, "B").pop().unwrap();
    entries.truncate(entries.len() / 2);
    write(&file, &entries);
    fs::rename(&file, file.with_extension(files::CUT)).unwrap();
    for report in without_faults(&records) {
        assert!(report.nodes[0].unseen.contains_key(&NodeId(1)), "{:?}", report.nodes[0]);
    }
}

#[test]
fn a_follower_that_is_stopped_before_it_has_caught_up_says_nothing() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let join = Join::new(readers(&records), |_| Rules::default());
    assert!(join.follow_live(&mut Heard::default(), &|| false, &mut |_, _| true).is_none());
}
