//! The architecture invariants of CONTRIBUTING.md, and the guarantees in invariants/README.md, as
//! far as a test can check them.

use dynamo_invariants::catalogue::LIMITS;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust source below a folder of the project.
pub(crate) fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

#[test]
fn dependencies_point_one_way() {
    let arrows = [
        ("model", ["dynamo-invariants", "dynamo.workspace"].as_slice()),
        ("invariants", &["dynamo.workspace"]),
        ("invariants/engine", &["dynamo"]),
    ];
    for (package, forbidden) in arrows {
        let manifest = read(format!("{package}/Cargo.toml"));
        for dependency in forbidden {
            assert!(!manifest.contains(dependency), "{package} must not depend on {dependency}");
        }
    }
}

/// `model/clippy.toml` lists what the protocol may not name. Clippy does not see two things: a new
/// dependency that does what the list forbids, and a line that switches the list off.
#[test]
fn the_protocol_is_pure() {
    let manifest = read("model/Cargo.toml");
    let dependencies = manifest.split("[dependencies]\n").nth(1).unwrap();
    let dependencies = dependencies.split("\n\n").next().unwrap().lines();
    let names: Vec<&str> =
        dependencies.map(|line| line.split(['.', ' ']).next().unwrap()).collect();
    let pure = ["stateright", "im", "serde", "serde_bytes", "xxhash-rust", "strum", "thiserror"];
    assert_eq!(names, pure, "a new dependency of model/ must be as pure: no I/O, clock or chance");
    for path in sources("model/src") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("clippy::disallowed"), "{} hides from clippy", path.display());
    }
}

#[test]
fn files_stay_short() {
    for folder in ["model", "invariants", "impl", "tests"] {
        for path in sources(folder) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines: split it", path.display());
        }
    }
}

/// Printing an error prints the chain of its sources too. So a message that contains its source
/// would print it twice.
#[test]
fn no_error_repeats_its_source() {
    for folder in ["model/src", "invariants/src", "impl/src"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("{source}"), "{}", path.display());
            // From a variant's message to its only field.
            let messages = text
                .split("#[error(")
                .skip(1)
                .map(|rest| rest.split_inclusive(")]").take(2).collect::<String>());
            let repeats = |variant: &String| variant.contains("{0}") && variant.contains("(#[from");
            assert_eq!(messages.into_iter().find(repeats), None, "{}", path.display());
        }
    }
}

#[test]
fn every_ignored_test_gives_its_reason() {
    let attribute = concat!("#[", "ignore]");
    for folder in ["model", "invariants", "impl", "tests"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains(attribute),
                "{}: an ignored test must give its reason",
                path.display()
            );
        }
    }
}

/// The file of guarantees names every known limit.
#[test]
fn every_known_limit_is_told() {
    let file = "invariants/README.md";
    let guarantees = read(file);
    for limit in LIMITS {
        assert!(
            guarantees.contains(limit.name),
            "{file} does not name the known limit {}",
            limit.name
        );
    }
}
