use super::*;
use damage::copy;
use dynamo_model::ids::{Content, RequestId, Value};
use dynamo_model::membership::{Act, Change};
use dynamo_model::node::{Decision, Issued};
use dynamo_model::siblings::Version;
use dynamo_model::version::{Context, Dot, Epoch};
use quickcheck::quickcheck;
use tempfile::TempDir;

mod damage;

const A: NodeId = NodeId(0);

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn key(index: u8) -> Key {
    Key::new(&format!("key-{index}")).unwrap()
}

/// The durable state after one more put.
fn after_put(mut durable: Durable, index: u8, client: u8) -> Durable {
    durable.counter += 1;
    let dot = Dot { issuer: A.into(), counter: durable.counter };
    let context = Context::new().with(dot);
    let version = Version {
        dot,
        clock: context.clone(),
        content: Content::Value(Value::new(&[index; 20]).unwrap()),
    };
    let held = durable.store.get(&key(index)).cloned().unwrap_or_default();
    durable.store.insert(key(index), held.put(version, |_| index.is_multiple_of(2)));
    durable.epochs.insert(key(index), Epoch { number: u64::from(client), issued: durable.counter });
    if index.is_multiple_of(3) {
        let hint = HintId { recipient: NodeId(u16::from(client % 3)), key: key(index) };
        durable.hints.insert(hint, durable.store[&key(index)].clone());
    }
    durable.history.insert(Change {
        node: NodeId(u16::from(client)),
        time: u32::from(index),
        act: Act::Join,
    });
    let request = RequestId { client: ClientId(u64::from(client)), number: durable.counter };
    durable.issued.insert(
        request.client,
        Issued { number: request.number, counter: dot.counter, answer: Decision::Put(Ok(context)) },
    );
    durable
}

fn error_of(path: &Path, node: NodeId) -> String {
    Store::open(path, node).unwrap_err().to_string()
}

quickcheck! {
    fn what_was_committed_is_read_back(commits: Vec<Vec<(u8, u8, bool)>>) -> bool {
        let directory = directory();
        let mut store = Store::open(directory.path(), A).unwrap();
        let mut durable = store.committed().clone();
        for steps in commits.into_iter().take(4) {
            for (index, client, removes) in steps {
                durable = after_put(durable, index % 16, client % 16);
                if removes {
                    durable.store.remove(&key(client % 16));
                    durable.epochs.remove(&key(client % 16));
                    durable.issued.remove(&ClientId(u64::from(index % 16)));
                    let is_kept = |hint: &HintId| hint.recipient.0 != u16::from(client % 3);
                    let hints = durable.hints.into_iter().filter(|(hint, _)| is_kept(hint));
                    durable.hints = hints.collect();
                }
            }
            store.commit(&durable).unwrap();
            drop(store);
            store = Store::open(directory.path(), A).unwrap();
            let have_ages = store.hints_since.keys().eq(durable.hints.keys());
            if *store.committed() != durable || !have_ages {
                return false;
            }
        }
        true
    }
}

#[test]
fn a_commit_that_changes_nothing_writes_nothing() {
    let directory = directory();
    let mut store = Store::open(directory.path(), A).unwrap();
    let durable = after_put(store.committed().clone(), 1, 1);
    store.commit(&durable).unwrap();
    let before = store.tables.database.seqno();
    store.commit(&durable.clone()).unwrap();
    assert_eq!(store.tables.database.seqno(), before);
}

#[test]
fn a_directory_is_made_and_kept_for_its_node() {
    let directory = directory();
    let path = directory.path().join("deep/down");
    drop(Store::open(&path, A).unwrap());
    let error = error_of(&path, NodeId(1));
    assert!(error.contains("holds the data of node A, not of node B"), "{error}");
}

#[test]
fn a_file_is_not_a_data_directory() {
    let directory = directory();
    let path = directory.path().join("file");
    std::fs::write(&path, "").unwrap();
    assert!(error_of(&path, A).contains("is not a directory"));
    assert!(error_of(&path.join("below"), A).contains("cannot be used"));
}

#[test]
fn a_directory_of_other_files_is_left_alone() {
    let directory = directory();
    std::fs::write(directory.path().join("thesis.tex"), "").unwrap();
    assert!(error_of(directory.path(), A).contains("no node's data"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn newer_and_nonsensical_formats_are_refused() {
    let directory = directory();
    drop(Store::open(directory.path(), A).unwrap());
    let identity = directory.path().join("identity");
    let newer = FORMAT + 1;
    std::fs::write(&identity, format!("dynamo data format {newer}, node A\n")).unwrap();
    assert!(
        error_of(directory.path(), A)
            .contains(&format!("has data format {newer}, but this program reads"))
    );
    std::fs::write(&identity, "dynamo data format 1, node A\n").unwrap();
    assert!(
        error_of(directory.path(), A)
            .contains("has data format 1, which this program no longer reads")
    );
    std::fs::write(&identity, "dynamo").unwrap();
    assert!(error_of(directory.path(), A).contains("is damaged"));
}

#[test]
fn a_directory_in_use_is_refused() {
    let directory = directory();
    let _store = Store::open(directory.path(), A).unwrap();
    assert!(error_of(directory.path(), A).contains("in use by another process"));
}

#[test]
fn data_without_its_identity_is_damaged_but_a_first_start_cut_short_is_not() {
    let directory = directory();
    let identity = directory.path().join("identity");
    drop(Store::open(directory.path(), A).unwrap());
    std::fs::remove_file(&identity).unwrap();
    let mut store = Store::open(directory.path(), A).unwrap();
    store.commit(&after_put(Durable::default(), 1, 1)).unwrap();
    drop(store);
    std::fs::remove_file(&identity).unwrap();
    assert!(error_of(directory.path(), A).contains("\"identity\" is missing"));
}

#[test]
fn a_missing_database_is_not_taken_for_an_empty_one() {
    let directory = directory();
    drop(Store::open(directory.path(), A).unwrap());
    std::fs::remove_dir_all(directory.path().join("store")).unwrap();
    assert!(error_of(directory.path(), A).contains("its file \"store/version\" is missing"));
}

#[test]
fn every_flipped_bit_of_an_entry_is_found() {
    let directory = directory();
    let mut store = Store::open(directory.path(), A).unwrap();
    let durable = after_put(store.committed().clone(), 1, 1);
    store.commit(&durable).unwrap();
    let name = key(1);
    let good = store.tables.replicas.keyspace.get(name.as_str()).unwrap().unwrap().to_vec();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        store.tables.replicas.keyspace.insert(name.as_str(), bad).unwrap();
        let what = store.tables.read().err().unwrap();
        assert!(what.contains("entry \"key-1\" of table \"store\" cannot be decoded"), "{what}");
    }
    // A valid entry under a wrong name.
    store.tables.replicas.keyspace.insert(name.as_str(), good.clone()).unwrap();
    store.tables.replicas.keyspace.insert("key-2", good).unwrap();
    assert!(store.tables.read().is_err());
    drop(store);
    assert!(error_of(directory.path(), A).contains("entry \"key-2\""));
}

/// A start that was cut short leaves the files of some of its steps. `kill -9` at random times
/// reaches few of these states.
#[test]
fn a_first_start_cut_short_anywhere_is_repeated() {
    let whole = directory();
    drop(Store::open(whole.path(), A).unwrap());
    let names = ["lock", "store.new", "store", "sequence", "identity.new"];
    // The first `steps` files exist. A new database may lack any part.
    for steps in 0..=names.len() {
        let cut = directory();
        for name in &names[..steps] {
            match *name {
                "store.new" => {
                    std::fs::create_dir_all(cut.path().join(name).join("keyspaces/3")).unwrap();
                }
                "identity.new" => std::fs::write(cut.path().join(name), "dynamo da").unwrap(),
                "store" => copy(&whole.path().join(name), &cut.path().join(name)),
                _ => {
                    std::fs::copy(whole.path().join(name), cut.path().join(name)).unwrap();
                }
            }
        }
        let store = Store::open(cut.path(), A).unwrap();
        assert_eq!((store.sequence(), store.committed().counter), (FIRST, 0), "{steps} steps");
        assert!(!cut.path().join("store.new").exists());
    }
}

#[test]
fn data_moved_aside_is_kept_and_the_node_begins_under_a_new_incarnation() {
    let directory = directory();
    assert_eq!(put_aside(directory.path(), A).unwrap(), None);
    let mut incarnations = Vec::new();
    for number in 1..=2 {
        let mut store = Store::open(directory.path(), A).unwrap();
        assert_eq!(store.committed().counter, 0);
        store.commit(&after_put(store.committed().clone(), 1, 1)).unwrap();
        incarnations.push(store.committed().incarnation);
        assert!(matches!(put_aside(directory.path(), A), Err(StoreError::Locked(_))));
        drop(store);
        assert!(matches!(
            put_aside(directory.path(), NodeId(1)),
            Err(StoreError::OtherNode { .. })
        ));
        let aside = directory.path().join(format!("damaged-{number}"));
        assert_eq!(put_aside(directory.path(), A).unwrap(), Some(aside.clone()));
        // The data moved aside is a whole data directory.
        assert_eq!(
            Store::open(&aside, A).unwrap().committed().incarnation,
            incarnations[number - 1]
        );
    }
    assert_ne!(incarnations[0], incarnations[1]);
}

#[test]
fn a_directory_that_is_replaced_while_it_is_open_is_noticed() {
    type Harm = fn(&Path);
    let cases: [(&str, Harm); 4] = [
        ("is another one", |path| {
            std::fs::rename(path, path.with_extension("old")).unwrap();
            drop(Store::open(path, A).unwrap());
        }),
        ("No such file", |path| std::fs::remove_dir_all(path).unwrap()),
        ("No such file", |path| std::fs::rename(path, path.with_extension("old")).unwrap()),
        ("store/version", |path| std::fs::remove_dir_all(path.join("store")).unwrap()),
    ];
    for (says, harm) in cases {
        let directory = directory();
        let path = directory.path().join("data");
        let mut store = Store::open(&path, A).unwrap();
        let later = Instant::now() + Duration::from_secs(2);
        store.check_directory(later).unwrap();
        harm(&path);
        // Not every call checks the files.
        store.check_directory(later + Duration::from_millis(10)).unwrap();
        let error = store.check_directory(later + Duration::from_secs(2)).unwrap_err().to_string();
        assert!(
            error.contains("was deleted or replaced while it ran") && error.contains(says),
            "{error}"
        );
    }
}
