//! Records of real nodes over UDP with real storage, validated.

mod judging;
mod live;
mod simulated;
mod writing;

use super::entry::Entry;
use super::*;
use crate::address::Members;
use crate::client::Client;
use crate::interpreter::Event;
use crate::runtime::{Running, Settings};
use crate::stamp::StampedContext;
use crate::trial::addresses::{Claim, claim};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::node::{Durable, State};
use dynamo_model::rules::Rules;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const NODES: usize = 3;

/// Three nodes, which can be stopped and started again.
struct Cluster {
    directory: TempDir,
    claims: Vec<Claim>,
    running: Vec<Option<Running>>,
    /// The rules of node B.
    rules: Rules,
    bytes_max: u64,
}

impl Cluster {
    fn start(rules: &Rules, bytes_max: u64) -> Self {
        let (directory, claims) = (tempfile::tempdir().unwrap(), claim(NODES).unwrap());
        let mut cluster =
            Cluster { directory, claims, running: Vec::new(), rules: *rules, bytes_max };
        cluster.running = (0..NODES).map(|node| Some(cluster.start_node(node))).collect();
        cluster
    }

    fn records(&self) -> PathBuf {
        self.directory.path().join("record")
    }

    fn start_node(&self, node: usize) -> Running {
        let ids = (0..).map(NodeId);
        let members = Members::new(ids.zip(self.claims.iter().map(|it| it.address))).unwrap();
        let pause = Duration::from_millis(100);
        let config = Config::new(NODES, 2, 2)
            .unwrap()
            .with_patience(Patience { answer_within: pause, retransmissions: 2 })
            .with_handoff(Handoff { first_after: pause, ..Handoff::LOCAL })
            .with_gossip_every(pause)
            .with_anti_entropy(AntiEntropy { every: pause, ..AntiEntropy::LOCAL });
        let id = NodeId(node as u16);
        let data = self.directory.path().join("data").join(id.to_string());
        let limits =
            Limits { directory: self.records().join(id.to_string()), bytes_max: self.bytes_max };
        let settings = Settings::new(id, self.claims[node].address, &members, config, data);
        let settings = settings.unwrap().with_record(limits);
        let rules = if node == 1 { self.rules } else { Rules::default() };
        Running::start(settings.with_rules(rules)).unwrap()
    }

    fn stop(&mut self, node: usize) {
        self.running[node].take().unwrap().stop().unwrap();
    }

    /// Puts and gets through all nodes that run.
    fn work(&self, rounds: u8) {
        for (node, _) in self.running.iter().enumerate().filter(|(_, node)| node.is_some()) {
            let client = Client::connect(self.claims[node].address).unwrap();
            for round in 0..rounds {
                for key in ["shared".to_owned(), format!("{node}-{round}")] {
                    let found = client.get(&key).unwrap();
                    client.put(&key, &[round; 100], &found.context).unwrap();
                    client.put(&key, b"beside", &StampedContext::new()).unwrap();
                }
            }
        }
    }

    /// Work with node C down for a while. Returns the directory of the records.
    fn run(mut self) -> (TempDir, PathBuf) {
        self.work(10);
        self.stop(2);
        self.work(10);
        self.running[2] = Some(self.start_node(2));
        self.work(10);
        for node in 0..NODES {
            self.stop(node);
        }
        let records = self.records();
        (self.directory, records)
    }
}

/// Counts what it is told.
#[derive(Default)]
struct Heard {
    starts: usize,
    steps: usize,
    ends: usize,
}

impl Listener for Heard {
    fn started(&mut self, _: &Started<'_>) {
        self.starts += 1;
    }

    fn stepped(&mut self, _: &Stepped<'_>) {
        self.steps += 1;
    }

    fn ended(&mut self, _: &Ended<'_>) {
        self.ends += 1;
    }

    fn lost_sight(&mut self, _: NodeId, _: &Position, _: &Lost) {}
}

fn readers(records: &Path) -> Vec<(NodeId, Reader)> {
    let open = |id: u16| {
        let id = NodeId(id);
        Some((id, Reader::open(&records.join(id.to_string())).ok().flatten()?))
    };
    (0..NODES as u16).filter_map(open).collect()
}

fn validated(records: &Path) -> Report {
    Join::new(readers(records), |_| Rules::default()).run(&mut Heard::default(), &|| true).unwrap()
}

/// The only file of a node's record, or its last.
fn last_file(records: &Path, node: &str) -> PathBuf {
    files::list(&records.join(node)).unwrap().pop().unwrap().path
}

#[test]
fn what_real_nodes_did_is_what_the_model_does() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let mut heard = Heard::default();
    let stopped = Join::new(readers(&records), |_| Rules::default());
    assert!(stopped.run(&mut Heard::default(), &|| false).is_none());
    let join = Join::new(readers(&records), |_| Rules::default());
    let report = join.run(&mut heard, &|| true).unwrap();
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    assert_eq!((heard.starts, heard.ends), (4, 4));
    for node in &report.nodes {
        let NodeReport { gaps, ending, damage, unseen, counts, .. } = node;
        assert!(gaps.is_empty() && damage.is_none() && unseen.is_empty(), "{node:?}");
        assert_eq!(*ending, Some(Ending::Stopped));
        assert!(counts.events > 500 && counts.new_disks == 0, "{counts:?}");
    }
    assert_eq!(
        heard.steps as u64,
        report.nodes.iter().map(|node| node.counts.batches).sum::<u64>()
    );
}

#[test]
fn a_record_that_was_cut_short_to_its_last_files_is_validated_from_there() {
    let (_directory, records) = Cluster::start(&Rules::default(), 300_000).run();
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let first = files::list(&records.join("A")).unwrap().swap_remove(0);
    assert!(first.number > files::FileNumber::FIRST, "nothing was deleted: {first:?}");
    assert!(report.nodes[0].gaps.iter().any(|(_, gap)| *gap == Gap::BeginsLate));
    let bytes = files::list(&records.join("A")).unwrap().iter().map(|file| file.bytes).sum::<u64>();
    assert!(bytes < 300_000, "{bytes}");
}

#[test]
fn a_node_without_a_record_is_not_missed() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    fs::remove_dir_all(records.join("B")).unwrap();
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    assert_eq!(report.nodes.len(), 2);
}

/// Node B confirms puts that it has not saved.
#[test]
fn a_node_with_another_rule_is_found_at_its_first_wrong_step() {
    let rules = Rules { must_save: |_, _, _| false, ..Rules::default() };
    let (_directory, records) = Cluster::start(&rules, Limits::BYTES_MAX_DEFAULT).run();
    let report = validated(&records);
    let Fault { node, what, around, .. } = &report.faults[0];
    assert_eq!(*node, NodeId(1));
    assert_eq!(*what, Wrong::Differs(Difference::Saves { in_model: true }), "{around:?}");
    let wrong = |fault: &Fault| fault.node != NodeId(1);
    assert!(!report.faults.iter().any(wrong), "the others follow the model");
}

#[test]
fn a_flipped_bit_is_damage_and_no_fault_of_the_node() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let file = last_file(&records, "A");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&file, bytes).unwrap();
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let Some(Damage::Changed { at, .. }) = &report.nodes[0].damage else {
        panic!("the flipped bit was not noticed: {:?}", report.nodes[0]);
    };
    assert!(at.file == file && at.offset <= middle, "{at}");
    assert!(report.nodes[1].unseen.contains_key(&NodeId(0)), "{:?}", report.nodes[1]);
}

#[test]
fn messages_of_a_node_without_a_record_are_counted() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    fs::remove_dir_all(last_file(&records, "C").parent().unwrap()).unwrap();
    let unseen = &validated(&records).nodes[0].unseen;
    assert!(unseen.get(&NodeId(2)).is_some_and(|count| *count > 0), "{unseen:?}");
}

#[test]
fn a_missing_file_is_no_fault_of_the_node() {
    let (_directory, records) = Cluster::start(&Rules::default(), 1 << 20).run();
    let files = files::list(&records.join("B")).unwrap();
    assert!(files.len() > 2, "{files:?}");
    fs::remove_file(&files[1].path).unwrap();
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let damage = report.nodes[1].damage.as_ref().unwrap().to_string();
    assert!(damage.contains("missing"), "{damage}");
}

#[test]
fn a_record_that_ends_amid_an_entry_is_validated_up_to_there() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let file = last_file(&records, "A");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let ending = report.nodes[0].ending;
    assert!(matches!(ending, Some(Ending::Torn | Ending::Open)), "{ending:?}");
}

/// A message that no record shows to have been sent, although its sender's record is complete.
#[test]
fn a_message_that_nobody_sent_is_a_fault() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (file, mut entries) = entries_of(&records, "B").swap_remove(0);
    for entry in &mut entries {
        if let Entry::Batch(Batch { events, .. }) = entry {
            events.retain(|event| !matches!(event, Event::Sent(to, _) if usize::from(*to) == 0));
        }
    }
    write(&file, &entries);
    let report = validated(&records);
    let is_unsent = |fault: &Fault| {
        fault.node == NodeId(0) && matches!(fault.what, Wrong::Unsent { from: NodeId(1), .. })
    };
    assert!(report.faults.iter().any(is_unsent), "{:?}", report.faults);
}

/// The files of a node's record, each with its entries. Each life of the node is one file.
fn entries_of(records: &Path, node: &str) -> Vec<(PathBuf, Vec<Entry>)> {
    let entries = |file: &Path| {
        let (bytes, mut offset, mut entries) = (fs::read(file).unwrap(), 0, Vec::new());
        while let frame::Found::Content(content, next) = frame::find(&bytes, offset) {
            entries.push(entry::decode(content).unwrap());
            offset = next;
        }
        entries
    };
    let files = files::list(&records.join(node)).unwrap().into_iter();
    files.map(|file| (file.path.clone(), entries(&file.path))).collect()
}

fn write(file: &Path, entries: &[Entry]) {
    let mut bytes = Vec::new();
    for entry in entries {
        match entry {
            Entry::Head(head) => entry::append_head(&mut bytes, head),
            Entry::Start(start) => entry::append_start(&mut bytes, start),
            Entry::Snapshot(snapshot) => entry::append_snapshot(&mut bytes, snapshot),
            Entry::Batch(Batch { events, saves, changed }) => {
                entry::append_batch(&mut bytes, events, *saves, changed);
            }
            Entry::Stop => entry::append_stop(&mut bytes),
        }
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn after_a_power_failure_the_disk_may_know_more_than_the_record() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (file, mut entries) = entries_of(&records, "C").swap_remove(0);
    entries.truncate(entries.len() / 2);
    write(&file, &entries);
    let report = validated(&records);
    assert!(report.faults.is_empty(), "{}", report.faults[0]);
    let gaps: Vec<&Gap> = report.nodes[2].gaps.iter().map(|(_, gap)| gap).collect();
    assert_eq!(gaps, [&Gap::DiskIsAhead]);
}

#[test]
fn a_disk_that_lacks_what_was_committed_is_a_fault() {
    let (_directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let (file, mut entries) = entries_of(&records, "C").swap_remove(1);
    let Entry::Start(start) = &mut entries[1] else { panic!("{:?}", entries[1]) };
    let lost = start.durable.store.keys().next().unwrap().clone();
    start.durable.store.remove(&lost);
    write(&file, &entries);
    let first = validated(&records).faults.swap_remove(0);
    assert_eq!((first.node, &first.what), (NodeId(2), &Wrong::DiskLacks), "{first}");
}

/// Entries with wrong bytes and right checksums, as somebody may make them on purpose.
#[test]
fn a_forged_record_never_stops_the_validator() {
    let (directory, records) = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT).run();
    let bytes = fs::read(last_file(&records, "C")).unwrap();
    let (mut contents, mut offset) = (Vec::new(), 0);
    while let frame::Found::Content(content, next) = frame::find(&bytes, offset) {
        contents.push(content.to_vec());
        offset = next;
    }
    contents.truncate(150);
    let forged = directory.path().join("forged");
    fs::create_dir(&forged).unwrap();
    let mut chance = StdRng::seed_from_u64(1);
    let mut faults = 0;
    for _ in 0..300 {
        let mut file = Vec::new();
        let wrong = chance.random_range(0..contents.len());
        for (index, content) in contents.iter().enumerate() {
            let start = frame::begin(&mut file);
            file.extend(content);
            if index == wrong {
                let at = file.len() - 1 - chance.random_range(0..content.len());
                file[at] = chance.random();
            }
            frame::end(&mut file, start);
        }
        fs::write(forged.join("record-0000000001.log"), file).unwrap();
        let reader = Reader::open(&forged).unwrap().unwrap();
        let join = Join::new(vec![(NodeId(2), reader)], |_| Rules::default());
        let report = join.run(&mut Heard::default(), &|| true).unwrap();
        report.faults.iter().for_each(|fault| assert!(!fault.to_string().is_empty()));
        faults += usize::from(!report.faults.is_empty() || report.nodes[0].damage.is_some());
    }
    assert!(faults > 100, "{faults}");
}
