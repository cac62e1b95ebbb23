//! A recorded run that is validated while it goes on.

use crate::cluster::{Cluster, program, wait};
use crate::folders::folder;
use crate::records::{record_below, work};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const NODES: usize = 4;
const KILLS: usize = 3;
const OPTIONS: &[&str] = &["--gossip-every", "0.2", "--exchange-every", "0.5"];

fn follow(records: &Path, arguments: &[&str]) -> Child {
    let mut command = program();
    command.args(["trace", "validate", "--follow", "--json"]).arg(records).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a validation says that has ended.
fn told(child: &mut Child) -> Value {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// One validation follows the rules of the nodes, and another one other rules.
#[test]
fn a_run_is_validated_while_nodes_are_killed() {
    let directory = folder();
    let records = directory.path().join("record");
    let mut cluster = Cluster::prepare(NODES, OPTIONS);
    cluster.start_nodes_with(0..NODES, record_below(&records));
    let mut right = follow(&records, &[]);
    let mut wrong = follow(&records, &["--defect", "ack-one-short"]);
    let (is_over, addresses) = (AtomicBool::new(false), cluster.addresses.clone());
    thread::scope(|scope| {
        for (number, address) in addresses.iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || work(*address, number, is_over));
        }
        let code = wait(&mut wrong, "the validation by other rules").code();
        assert_eq!(code, Some(1), "{:#}", told(&mut wrong));
        for kill in 0..KILLS {
            thread::sleep(Duration::from_millis(300));
            cluster.kill(kill);
            thread::sleep(Duration::from_millis(200));
            cluster.start_nodes_with([kill], record_below(&records));
        }
        thread::sleep(Duration::from_millis(500));
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(right.try_wait().unwrap().is_none(), "it ended: {:#}", told(&mut right));
    kill_process(Pid::from_raw(right.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let code = wait(&mut right, "the validation").code();
    let right = told(&mut right);
    assert_eq!(code, Some(0), "{right:#}");
    let wrong = told(&mut wrong);
    assert!(wrong["faults"][0]["what"].as_str().unwrap().contains("the model"), "{wrong:#}");
    let judged = &right["judged"];
    assert!(judged["violation"].is_null(), "{judged:#}");
    assert!(judged["run"]["events"].as_u64().unwrap() > 1_000, "{judged:#}");
    let starts = right["nodes"].as_array().unwrap().iter().map(|it| it["starts"].as_u64().unwrap());
    assert_eq!(starts.sum::<u64>(), (NODES + KILLS) as u64, "{right:#}");
    (0..NODES).for_each(|node| assert!(cluster.terminate(node).success()));
}
