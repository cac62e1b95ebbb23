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
            let report = join.follow_live(&mut heard, &mut |_, heard| {
                before_the_end = heard.steps;
                thread::sleep(Duration::from_millis(20));
                !is_over.load(Ordering::Relaxed)
            });
            (report, heard, before_the_end)
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
