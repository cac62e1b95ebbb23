//! A recorded cluster whose members change while clients work: a node joins, one leaves and comes
//! back, one loses its disk, and one dies and is removed. The run is judged to its end.

use crate::cluster::Cluster;
use crate::folders::folder;
use crate::handoff::until;
use crate::records::{judged_to_its_end, record_below, validate, work};
use dynamo::client::Client;
use dynamo_model::ids::NodeId;
use dynamo_model::wish::Wish;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const FOUNDERS: usize = 4;
const OPTIONS: &[&str] =
    &["--answer-within=0.1", "--handoff-after=0.1", "--gossip-every=0.1", "--exchange-every=0.2"];
/// So long, clients work between two changes.
const PAUSE: Duration = Duration::from_millis(400);

fn all_know(cluster: &Cluster, nodes: &[usize], members: &[usize]) {
    let expected: Vec<NodeId> = members.iter().map(|node| NodeId(*node as u16)).collect();
    until("all nodes know the members", || {
        let knows = |node: &usize| {
            let status = Client::connect(cluster.addresses[*node]).unwrap().status();
            status.is_ok_and(|status| status.members == expected)
        };
        nodes.iter().all(knows).then_some(())
    });
}

fn run_changed_cluster(records: &Path) {
    let record = record_below(records);
    let mut cluster = Cluster::prepare(FOUNDERS + 1, OPTIONS);
    cluster.founded_by_first(FOUNDERS);
    cluster.start_nodes_with(0..FOUNDERS, &record);
    let ask = |cluster: &Cluster, node: u16, wish: Wish| {
        Client::connect(cluster.addresses[0]).unwrap().administer(NodeId(node), wish).unwrap();
    };
    let (is_over, addresses) = (AtomicBool::new(false), cluster.addresses.clone());
    thread::scope(|scope| {
        for (number, address) in addresses[..2].iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || work(*address, number, is_over));
        }
        thread::sleep(PAUSE);
        cluster.start_nodes_with([4], &record);
        all_know(&cluster, &[0, 1, 2, 3, 4], &[0, 1, 2, 3, 4]);
        thread::sleep(PAUSE);

        ask(&cluster, 3, Wish::Leave);
        assert!(cluster.wait_for_end(3).success());
        thread::sleep(PAUSE);

        cluster.kill(1);
        let on_an_empty_disk = |command: &mut Command| {
            record(command);
            command.arg("--forget-disk");
        };
        cluster.start_nodes_with([1], on_an_empty_disk);
        thread::sleep(PAUSE);

        cluster.kill(2);
        ask(&cluster, 2, Wish::Remove);
        all_know(&cluster, &[0, 1, 4], &[0, 1, 4]);
        thread::sleep(PAUSE);

        cluster.rejoin_through(0);
        cluster.start_nodes_with([3], &record);
        all_know(&cluster, &[0, 1, 3, 4], &[0, 1, 3, 4]);
        thread::sleep(PAUSE);
        is_over.store(true, Ordering::Relaxed);
    });
    for node in [0, 1, 3, 4] {
        assert!(cluster.terminate(node).success());
    }
}

#[test]
fn a_run_in_which_members_change_and_a_disk_is_lost_is_judged_to_its_end() {
    let directory = folder();
    let records = directory.path().join("record");
    run_changed_cluster(&records);
    let (code, told) = validate(&[records.to_str().unwrap()]);
    assert_eq!(code, 0, "{told:#}");
    let nodes = told["nodes"].as_array().unwrap();
    let new_disks: u64 =
        nodes.iter().map(|node| node["starts_on_new_disks"].as_u64().unwrap()).sum();
    assert_eq!(new_disks, 1, "{told:#}");
    // Nobody knows what C did after it was killed, and it was removed.
    for node in nodes.iter().filter(|node| node["node"] != "C") {
        assert_eq!(node["gaps"].as_array().unwrap().len(), 0, "{node:#}");
    }
    let run = &told["judged"]["run"];
    assert!(run["disks_lost"] == 1 && run["members_changed"] == true, "{told:#}");
    judged_to_its_end(&told);
}
