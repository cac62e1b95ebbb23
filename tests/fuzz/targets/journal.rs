//! A node's data: a damaged file, or an entry of its database with a corrected checksum. A start
//! refuses it, or finds everything that was committed.

use super::{Execute, Outcome};
use crate::chance::Chance;
use crate::{mutate, seeds};
use dynamo::store::Store;
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Key, NodeId};
use dynamo_model::node::{Decision, Durable, Issued};
use dynamo_model::version::Epoch;
use fjall::{Database, KeyspaceCreateOptions};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

const NODE: NodeId = NodeId(0);
/// The database in a node's directory.
const DATABASE: &str = "store";
/// Its keyspaces.
const KEYSPACES: [&str; 9] =
    ["meta", "store", "epochs", "issued", "hints", "since", "ring", "heard", "settling"];
/// The longest file that a failure shows in full, in bytes.
const REPORTED_BYTES_MAX: usize = 1 << 16;

/// A small directory as a node left it.
struct Original {
    /// Each file with its path relative to the directory.
    files: Vec<(PathBuf, Vec<u8>)>,
    durable: Durable,
}

static ORIGINAL: LazyLock<Original> = LazyLock::new(Original::new);

/// A directory in memory if possible, because a start syncs its files.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("room for a directory")
}

/// The state with one more entry in every table.
fn after(mut durable: Durable, index: u64) -> Durable {
    let key = Key::new(&format!("key-{index}")).expect("a key");
    durable.counter += 1;
    durable.store.insert(key.clone(), seeds::siblings());
    durable.epochs.insert(key.clone(), Epoch { number: index, issued: durable.counter });
    durable.hints.insert(HintId { recipient: NodeId(2), key }, seeds::siblings());
    let answer = Decision::Put(Ok(seeds::context()));
    let issued = Issued { number: index, counter: durable.counter, answer };
    durable.issued.insert(ClientId(index), issued);
    durable.history = seeds::history();
    durable
}

impl Original {
    fn new() -> Self {
        let directory = directory();
        let mut durable = Durable::default();
        for index in 0..3 {
            let mut store = Store::open(directory.path(), NODE).expect("a good directory");
            durable = after(store.committed().clone(), index);
            store.commit(&durable).expect("a good directory");
        }
        let mut files = Vec::new();
        read(directory.path(), Path::new(""), &mut files);
        files.sort();
        Original { files, durable }
    }

    /// A copy with one file changed or left out.
    fn copy(&self, changed: Option<(&Path, Option<&[u8]>)>) -> TempDir {
        let directory = directory();
        for (path, content) in &self.files {
            let content = match changed {
                Some((file, changed)) if file == path => changed,
                _ => Some(&content[..]),
            };
            let target = directory.path().join(path);
            fs::create_dir_all(target.parent().expect("a file is in a directory"))
                .expect("room for a directory");
            if let Some(content) = content {
                fs::write(target, content).expect("room for a file");
            }
        }
        directory
    }

    /// Starts on the directory. Returns false if the start is refused; otherwise everything must be
    /// there.
    fn start(&self, directory: &Path) -> bool {
        let Ok(store) = Store::open(directory, NODE) else { return false };
        assert!(*store.committed() == self.durable, "a start accepted damaged data as complete");
        true
    }
}

fn read(directory: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory.join(below)).expect("a directory") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.file_type().expect("a file").is_dir() {
            read(directory, &path, files);
        } else {
            files.push((path, fs::read(entry.path()).expect("a file")));
        }
    }
}

/// [`Store::open`] after one file was damaged.
pub(super) fn files(_: &mut Chance) -> Execute {
    Box::new(|chance, input| {
        let (path, content) = chance.pick(&ORIGINAL.files);
        input.clone_from(content);
        for _ in 0..=chance.below(3) {
            mutate::bytes(chance, input, std::slice::from_ref(content));
        }
        let changed = (!chance.one_in(16)).then_some(&input[..]);
        let directory = ORIGINAL.copy(Some((path, changed)));
        // What to show if a panic occurs.
        let mut report = path.display().to_string().into_bytes();
        report.extend(changed.unwrap_or_default().iter().take(REPORTED_BYTES_MAX));
        *input = report;
        if ORIGINAL.start(directory.path()) { Outcome::Taken } else { Outcome::Refused }
    })
}

/// [`Store::open`] after one entry was changed or moved.
pub(super) fn entries(_: &mut Chance) -> Execute {
    Box::new(|chance, input| {
        let directory = ORIGINAL.copy(None);
        let is_repaired = change(chance, input, directory.path());
        match (ORIGINAL.start(directory.path()), is_repaired) {
            (true, _) => Outcome::Taken,
            (false, true) => Outcome::Checked,
            (false, false) => Outcome::Refused,
        }
    })
}

/// Changes an entry. Returns whether its checksum is right.
fn change(chance: &mut Chance, input: &mut Vec<u8>, directory: &Path) -> bool {
    let database = Database::builder(directory.join(DATABASE))
        .worker_threads(1)
        .open()
        .expect("a good database");
    let open =
        |name| database.keyspace(name, KeyspaceCreateOptions::default).expect("a good keyspace");
    let tables = KEYSPACES.map(|name| {
        let entries = open(name).iter().map(|entry| entry.into_inner().expect("a good entry"));
        entries.map(|(name, entry)| (name.to_vec(), entry.to_vec())).collect::<Vec<_>>()
    });
    let contents: Vec<_> = tables.iter().flatten().map(|(_, entry)| entry[4..].to_vec()).collect();
    let filled: Vec<_> = (0..KEYSPACES.len()).filter(|table| !tables[*table].is_empty()).collect();
    let table = *chance.pick(&filled);
    let (mut name, entry) = chance.pick(&tables[table]).clone();
    input.clear();
    input.extend(&entry[4..]);
    (0..chance.below(4)).for_each(|_| mutate::bytes(chance, input, &contents));
    if chance.one_in(8) {
        mutate::bytes(chance, &mut name, &[b"key-9".to_vec()]);
    }
    let is_repaired = !chance.one_in(4);
    let checksum = crc32fast::hash(&[&name[..], input].concat()).to_le_bytes();
    let checksum = if is_repaired { checksum } else { [entry[0], entry[1], entry[2], entry[3]] };
    input.splice(..0, checksum);
    if !name.is_empty() {
        open(KEYSPACES[table]).insert(&name, &*input).expect("room for an entry");
    }
    is_repaired
}
