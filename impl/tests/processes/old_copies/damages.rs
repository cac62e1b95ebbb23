//! Random damage to the directories of stopped nodes, in a cluster that clients use. No
//! acknowledged put is lost, and no node starts with less data than it had without saying so.

use super::{Backup, copy};
use crate::cluster::{Cluster, PATIENCE, run};
use crate::handoff::{Stopping, until, until_more};
use crate::replacement::ledger::{Operation, problems};
use crate::replacement::{Seed, Shared, read, work};
use dynamo::client::Client;
use dynamo::store::Store;
use dynamo_model::ids::NodeId;
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

const DAMAGES: &str = "DYNAMO_OLD_DAMAGES";
const DAMAGES_DEFAULT: usize = 30;
/// After this many damages the clients stop, their puts are checked, and a new cluster is made.
const DAMAGES_EACH: usize = 20;
const CLIENTS: usize = 3;
const OPTIONS: &[&str] =
    &["--exchange-every=0.1", "--gossip-every=0.1", "--answer-within=0.05", "--handoff-after=0.1"];

/// The results of the damages.
#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    found_old: usize,
    harmless: usize,
    silent: Vec<String>,
    lost: Vec<String>,
    acknowledged: usize,
}

/// All files of a directory except locks and data that was moved aside.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name != "lock" && !name.starts_with("damaged-")
    };
    let nested = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.filter(is_ours).flat_map(nested).collect()
}

/// Damages a directory, perhaps with an older copy. Returns a description.
fn damage(data: &Path, older: Option<&Backup>, random: &mut SmallRng) -> String {
    let all = files(data);
    let path = all.choose(random).unwrap();
    let name = path.strip_prefix(data).unwrap().display().to_string();
    let mut bytes = fs::read(path).unwrap();
    // Journals are longer than their content.
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    let at = random.random_range(0..length);
    // The cluster id in the file DIR/cluster is damaged too: then the node belongs to another
    // cluster, and all others refuse it.
    let has_checksum = name != "cluster";
    let what = match (random.random_range(0..10), older) {
        (0..2, _) if !bytes.is_empty() && has_checksum => {
            bytes[at.min(length - 1)] ^= 1 << random.random_range(0..8);
            "a flipped bit"
        }
        (2, _) if has_checksum => {
            let end = bytes.len().min(at + [16, 512, 4096].choose(random).unwrap());
            bytes[at..end].fill(0);
            "zeros"
        }
        (3, _) => {
            bytes.truncate(at);
            "cut off"
        }
        (4, _) => {
            fs::remove_file(path).unwrap();
            return format!("{name}: deleted");
        }
        (5..7, Some(older)) if older.0.path().join(&name).exists() => {
            older.restore(data, &[&name]);
            return format!("{name}: an older copy");
        }
        (7, Some(older)) => {
            older.restore(data, &["store", "sequence"]);
            return "store and sequence: an older copy".to_owned();
        }
        (_, Some(older)) => {
            older.restore(data, &[]);
            return "all: an older copy".to_owned();
        }
        (_, None) => "nothing",
    };
    fs::write(path, bytes).unwrap();
    format!("{name} from {at} of {length}: {what}")
}

/// Does a start on this data have everything that was there? `None` if the start is refused.
fn is_whole(data: &Path, node: usize, intact: &Path) -> Option<bool> {
    let look = |data: &Path| {
        let tried = crate::folders::folder();
        copy(data, tried.path());
        let store = Store::open(tried.path(), NodeId(node as u16)).ok()?;
        Some((store.committed().clone(), store.past().last().map(|last| last.start)))
    };
    let there = look(intact).unwrap();
    look(data).map(|found| found == there)
}

/// How often data was moved aside in a directory.
fn put_aside(data: &Path) -> usize {
    let names = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with("damaged-")).count()
}

/// Starts a node on damaged data as an operator would: if the data is refused, forgets the disk.
fn start(cluster: &mut Cluster, node: usize, intact: &Backup) -> Result<(), String> {
    let mut child =
        cluster.command(node, &cluster.data(node)).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let runs = line.starts_with("node ");
    let _ = child.kill();
    child.wait().unwrap();
    if runs {
        return Ok(());
    }
    let output = run(&mut cluster.command(node, &cluster.data(node)));
    let stderr = String::from_utf8(output.stderr).unwrap();
    // An operator can write these two files again by hand.
    intact.restore(&cluster.data(node), &["cluster", "identity"]);
    Err(stderr)
}

fn status(cluster: &Cluster, node: usize) -> Option<dynamo::inspect::Status> {
    Client::connect(cluster.addresses[node]).and_then(|client| client.status()).ok()
}

/// Waits until a node that was away holds what the others hold.
fn until_equal(cluster: &Cluster) {
    until("the nodes hold the same", || {
        let agree = |node: usize| {
            let status = status(cluster, node)?;
            let lines = &status.exchanges;
            let is_equal = !status.planting
                && lines.iter().all(|line| line.agreed_ms.is_some())
                && !lines.is_empty();
            (is_equal && status.hints == 0 && status.suspected.is_empty()).then_some(())
        };
        (0..3).map(agree).collect::<Option<Vec<()>>>().map(drop)
    });
}

fn one_damage(
    cluster: &mut Cluster,
    olders: &mut [Option<Backup>; 3],
    shared: &Shared,
    random: &mut SmallRng,
    tally: &mut Tally,
) {
    let node = random.random_range(0..3);
    until_more(&shared.acknowledged, random.random_range(1..30));
    if random.random() {
        cluster.kill(node);
    } else {
        cluster.terminate(node);
    }
    let (data, intact) = (cluster.data(node), Backup::of(&cluster.data(node)));
    let what = damage(&data, olders[node].as_ref(), random);
    let whole = is_whole(&data, node, intact.0.path());
    let before = put_aside(&data);
    let name = NodeId(node as u16);
    if let Err(refusal) = start(cluster, node, &intact) {
        tally.refused += 1;
        println!("{name}: {what}: refused: {}", refusal.lines().last().unwrap_or_default());
        cluster.start_on_an_empty_disk(node);
        olders[node] = None;
    } else {
        // The first start has already reported the damage, and has moved the data aside.
        cluster.start_node(node);
        let aside = put_aside(&data) > before;
        if aside {
            tally.found_old += 1;
            println!("{name}: {what}: found to be old");
            olders[node] = None;
        } else if whole == Some(true) {
            tally.harmless += 1;
            println!("{name}: {what}: harmless");
        } else {
            println!("{name}: {what}: STARTED SILENTLY WITH LESS ({whole:?})");
            tally.silent.push(what);
        }
    }
    // Some copies are kept for long.
    if olders[node].is_none() || random.random_range(0..3) == 0 {
        olders[node] = Some(intact);
    }
}

fn segment(damages: usize, seed: &Seed, random: &mut SmallRng, tally: &mut Tally) {
    let mut cluster = Cluster::of(3, OPTIONS);
    let shared = Shared {
        nodes: Mutex::new(cluster.addresses.clone()),
        stop: AtomicBool::new(false),
        acknowledged: AtomicUsize::new(0),
        start: Instant::now(),
    };
    let salt = random.random_range(1..1_000_000);
    let operations: Vec<Operation> = thread::scope(|scope| {
        let stopping = Stopping(&shared.stop);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (random, shared) = (seed.random(salt + client), &shared);
                scope.spawn(move || work(client, random, shared))
            })
            .collect();
        let mut olders = [const { None }; 3];
        for _ in 0..damages {
            one_damage(&mut cluster, &mut olders, &shared, random, tally);
            until_close(&cluster);
        }
        drop(stopping);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    until_equal(&cluster);
    let mut by_key: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in &operations {
        by_key.entry(&operation.key).or_default().push(operation);
    }
    tally.acknowledged +=
        operations.iter().filter(|operation| operation.acknowledged.is_some()).count();
    let deadline = Instant::now() + PATIENCE;
    for (key, operations) in &by_key {
        let (answer, disagreement) = read(&cluster.addresses, key, deadline);
        let all = disagreement.into_iter().chain(problems(operations, &answer));
        tally.lost.extend(all.map(|problem| format!("{key}: {problem}")));
    }
}

/// Waits under load until every node has its data back: it has compared every partition with both
/// others since, and has about as many keys. No more than W-1 disks may be lost at a time.
fn until_close(cluster: &Cluster) {
    until("every node holds about as many keys", || {
        let all: Option<Vec<_>> = (0..3).map(|node| status(cluster, node)).collect();
        let all = all?;
        let is_done = |status: &dynamo::inspect::Status| {
            !status.planting && status.exchanges.iter().all(|line| line.last_ms.is_some())
        };
        let most = all.iter().map(|status| status.keys).max()?;
        let is_close =
            |status: &dynamo::inspect::Status| status.keys + 3 >= most && status.hints == 0;
        all.iter().all(|status| is_done(status) && is_close(status)).then_some(())
    });
    // Puts in flight arrive.
    thread::sleep(Duration::from_millis(300));
}

#[test]
#[ignore = "takes long: \
    DYNAMO_OLD_DAMAGES=1000 cargo test -p dynamo --test processes -- --ignored random_damage"]
fn random_damage_loses_nothing_and_no_node_starts_silently_with_less() {
    let count = std::env::var(DAMAGES).map_or(DAMAGES_DEFAULT, |count| count.parse().unwrap());
    let seed = Seed::choose();
    let (mut random, mut tally) = (seed.random(0), Tally::default());
    let mut left = count;
    while left > 0 {
        let next = left.min(DAMAGES_EACH);
        segment(next, &seed, &mut random, &mut tally);
        left -= next;
        let Tally { refused, found_old, harmless, silent, lost, acknowledged } = &tally;
        println!(
            "{} damages of {count}: {refused} refused, {found_old} found to be old, \
             {harmless} harmless, {} silent; {acknowledged} acknowledged, {} problems",
            count - left,
            silent.len(),
            lost.len()
        );
    }
    assert!(tally.silent.is_empty() && tally.lost.is_empty(), "seed {}: {tally:#?}", seed.0);
}
