//! Random damage to a directory while no node uses it. A start refuses the directory, or has
//! everything that was committed.

use super::*;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::fs;

const SEED: &str = "DYNAMO_SEED";
/// How many times a directory is damaged.
const DAMAGES: &str = "DYNAMO_DAMAGES";
const DAMAGES_DEFAULT: usize = 60;
/// How many damages are done to copies of one directory.
const DAMAGES_EACH: usize = 20;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All non-empty files below a directory, by their relative paths.
fn files(directory: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else if entry.metadata().unwrap().len() > 0 {
                found.push(entry.path().strip_prefix(directory).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jnl")
}

/// A node's directory, and an older copy of it.
struct Original {
    directory: TempDir,
    older: TempDir,
    durable: Durable,
    sequence: u64,
}

impl Original {
    /// Some dozens of commits. Each table has entries in the journal only. Some tables also have
    /// entries in files of their own.
    fn new(random: &mut SmallRng) -> Self {
        let (path, older) = (directory(), directory());
        let (mut durable, mut sequence) = (Durable::default(), 0);
        for session in 0..3 {
            let mut store = Store::open(path.path(), A).unwrap();
            durable = store.committed().clone();
            for _ in 0..random.random_range(5..25) {
                durable =
                    after_put(durable, random.random_range(0..40), random.random_range(0..16));
                if random.random_ratio(1, 6) {
                    durable.store.remove(&key(random.random_range(0..40)));
                }
                store.commit(&durable).unwrap();
                sequence = store.sequence();
                if random.random_ratio(1, 12) {
                    let Tables { meta, replicas, epochs, issued, hints, .. } = &store.tables;
                    let all = [
                        &meta.keyspace,
                        &replicas.keyspace,
                        &epochs.keyspace,
                        &issued.keyspace,
                        &hints.keyspace,
                    ];
                    for keyspace in all.into_iter().filter(|_| random.random()) {
                        keyspace.rotate_memtable_and_wait().unwrap();
                    }
                }
            }
            drop(store);
            if session == 1 {
                copy(path.path(), older.path());
            }
        }
        Original { directory: path, older, durable, sequence }
    }

    /// Does the store have exactly what was committed?
    fn is_whole(&self, store: &Store) -> bool {
        *store.committed() == self.durable && store.sequence() == self.sequence
    }
}

/// Damages one file. Returns a description.
fn damage(original: &Original, copy: &Path, random: &mut SmallRng) -> String {
    let (journals, others): (Vec<_>, Vec<_>) =
        files(copy).into_iter().partition(|name| is_journal(name));
    // There are few journals and many other files.
    let name =
        if random.random() { journals.choose(random) } else { others.choose(random) }.unwrap();
    let path = copy.join(name);
    let mut bytes = fs::read(&path).unwrap();
    // Journals are longer than their content: damage after the content has no effect.
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    let at = random.random_range(0..length);
    let what = match random.random_range(0..10) {
        0..4 => {
            bytes[at] ^= 1 << random.random_range(0..8);
            "a flipped bit"
        }
        4..6 => {
            let end = bytes.len().min(at + [16, 512, 4096].choose(random).unwrap());
            bytes[at..end].fill(0);
            "zeros"
        }
        6 => {
            bytes.truncate(at);
            "cut off"
        }
        7 => {
            fs::remove_file(&path).unwrap();
            return format!("{}: deleted", name.display());
        }
        _ => {
            let old = self::files(original.older.path());
            let old_name = old.choose(random).unwrap();
            fs::create_dir_all(copy.join(old_name).parent().unwrap()).unwrap();
            fs::copy(original.older.path().join(old_name), copy.join(old_name)).unwrap();
            return format!("{}: an older copy", old_name.display());
        }
    };
    fs::write(&path, bytes).unwrap();
    format!("{} from {at} of {length}: {what}", name.display())
}

#[test]
fn damage_is_refused_or_harmless() {
    let seed = number(SEED).unwrap_or_else(rand::random);
    let damages = number(DAMAGES).map_or(DAMAGES_DEFAULT, |count| count as usize);
    println!(
        "{damages} damages with seed {seed}; to repeat: {SEED}={seed}; for more: {DAMAGES}=1000"
    );
    let mut random = SmallRng::seed_from_u64(seed);
    let (mut original, mut refused, mut harmless) = (Original::new(&mut random), 0, 0);
    for round in 0..damages {
        if round > 0 && round.is_multiple_of(DAMAGES_EACH) {
            original = Original::new(&mut random);
        }
        let directory = directory();
        copy(original.directory.path(), directory.path());
        let what = damage(&original, directory.path(), &mut random);
        println!("{what}");
        // A refused start changes nothing for the next one.
        for start in 0..2 {
            match Store::open(directory.path(), A) {
                Ok(store) => assert!(
                    original.is_whole(&store),
                    "seed {seed}, {what}: start {start} has less or more"
                ),
                Err(error) => println!("  {error}"),
            }
        }
        let Ok(mut store) = Store::open(directory.path(), A) else {
            refused += 1;
            continue;
        };
        harmless += 1;
        // The node can continue with the data.
        let next = after_put(store.committed().clone(), 1, 1);
        store.commit(&next).unwrap();
        drop(store);
        let again = Store::open(directory.path(), A).map(|store| *store.committed() == next);
        assert!(matches!(again, Ok(true)), "seed {seed}, {what}: {again:?} after one more commit");
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(refused > 0 || damages < DAMAGES_DEFAULT, "seed {seed}: nothing was refused");
}

/// A kill of the node or a power failure may cut the last batch short. That is not damage.
#[test]
fn a_last_batch_cut_short_is_not_damage() {
    let directory = directory();
    let mut store = Store::open(directory.path(), A).unwrap();
    let journal = || files(directory.path()).into_iter().rfind(|name| is_journal(name)).unwrap();
    let length = |path: &Path| {
        let bytes = fs::read(directory.path().join(path)).unwrap();
        bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
    };
    let before = after_put(store.committed().clone(), 1, 1);
    store.commit(&before).unwrap();
    let (copied, start) = (super::directory(), length(&journal()));
    copy(directory.path(), copied.path());
    let after = after_put(before.clone(), 2, 2);
    store.commit(&after).unwrap();
    drop(store);
    let bytes = fs::read(directory.path().join(journal())).unwrap();
    // The file of numbers is older than that commit, which had not returned.
    for end in start..=length(&journal()) {
        let torn = super::directory();
        copy(copied.path(), torn.path());
        fs::write(torn.path().join(journal()), &bytes[..end]).unwrap();
        let store = Store::open(torn.path(), A).unwrap();
        let expected = if end == length(&journal()) { &after } else { &before };
        assert!(*store.committed() == *expected, "cut off at {end}");
    }
}
